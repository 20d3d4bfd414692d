#!/usr/bin/env bash
# The global WebSocket of Node 24.21.0, beside Deno 2.9.6 and Bun 1.4.5.
#
# A client sends a Blob and a text and closes: send(blob), send("last"), close().
# The standard has the closing handshake start when what was sent before has gone.
# Deno and Bun do so. Node closes at once: neither the Blob nor the text behind it
# ever arrives, and the client is told code 1005 and wasClean true. With bytes in
# place of the Blob all of it arrives.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5 ws@8.18.3


cat >server.mjs <<'JS'
import { WebSocketServer } from "ws";
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
let last = Promise.resolve([]);
server.on("connection", (socket, { url }) => {
  if (url === "/got") return last.then((messages) => socket.send(messages.join(" ")));
  const messages = [];
  socket.on("message", (data) => messages.push(`"${data}"`));
  last = new Promise((resolve) => socket.on("close", () => resolve(messages)));
});
server.on("listening", () => console.log(server.address().port));
JS
cat >try.mjs <<'JS'
const seen = [];
for (const [name, data] of [["Blob", new Blob(["first"])], ["bytes", new TextEncoder().encode("first")]]) {
  const socket = new WebSocket(process.argv[2]);
  await new Promise((resolve) => socket.onopen = resolve);
  socket.send(data);
  socket.send("last");
  socket.close();
  const { code, wasClean } = await new Promise((resolve) => socket.onclose = resolve);
  const reader = new WebSocket(process.argv[2] + "/got");
  const got = await new Promise((resolve) => reader.onmessage = (event) => resolve(event.data));
  seen.push(`${name}: ${code} ${wasClean ? "clean" : "lost"}, arrived ${got || "nothing"}`);
}
console.log(seen.join("; "));
process.exit();
JS
coproc node_modules/.bin/node server.mjs
trap 'kill $COPROC_PID 2>/dev/null; rm -rf "$folder"' EXIT
read -r port <&"${COPROC[0]}"
seen="Deno  $(timeout 30 node_modules/.bin/deno run -A try.mjs "ws://127.0.0.1:$port")
Node  $(timeout 30 node_modules/.bin/node try.mjs "ws://127.0.0.1:$port")
Bun   $(timeout 30 node_modules/.bin/bun try.mjs "ws://127.0.0.1:$port")"
echo "$seen"
[ "$seen" = 'Deno  Blob: 1005 clean, arrived "first" "last"; bytes: 1005 clean, arrived "first" "last"
Node  Blob: 1005 clean, arrived nothing; bytes: 1005 clean, arrived "first" "last"
Bun   Blob: 1005 clean, arrived "first" "last"; bytes: 1005 clean, arrived "first" "last"' ] || { echo "changed" >&2; exit 1; }
