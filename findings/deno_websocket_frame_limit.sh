#!/usr/bin/env bash
# The global WebSocket of Deno 2.9.6, beside Node 24.21.0, as clients of ws 8.18.3.
#
# Deno refuses a message of 64 MiB in one frame ("Frame too large"), and sends no
# Close frame with code 1009 for it, as RFC 6455 has it: the server sees 1006. It
# is no limit of what a message may hold: one of 136 MiB in four fragments, which
# any sender may choose, is handed out whole. Node has a limit of messages, 128 MiB
# in whatever fragments, and says 1009.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 ws@8.18.3


cat >server.mjs <<'JS'
import { WebSocketServer } from "ws";
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
let code = Promise.resolve(0);
server.on("connection", (socket, { url }) => {
  const [mebibytes, parts] = url.slice(1).split("x").map(Number);
  if (url === "/code") return code.then((code) => socket.send(`${code}`));
  code = new Promise((resolve) => socket.on("close", resolve));
  const part = new Uint8Array(mebibytes / parts * 2 ** 20);
  for (let i = 1; i <= parts; i++) socket.send(part, { fin: i === parts });
});
server.on("listening", () => console.log(server.address().port));
JS
cat >try.mjs <<'JS'
for (const kind of ["63x1", "64x1", "136x4"]) {
  const socket = new WebSocket(`${process.argv[2]}/${kind}`);
  socket.binaryType = "arraybuffer";
  const got = await new Promise((resolve) => {
    socket.onmessage = ({ data }) => resolve(`got ${data.byteLength / 2 ** 20} MiB`);
    socket.onclose = () => resolve("lost");
  });
  socket.close();
  const reader = new WebSocket(`${process.argv[2]}/code`);
  const code = await new Promise((resolve) => reader.onmessage = ({ data }) => resolve(data));
  console.log(`${kind}: ${got}, the server saw ${code}`);
}
process.exit();
JS
coproc node_modules/.bin/node server.mjs
trap 'kill $COPROC_PID 2>/dev/null; rm -rf "$folder"' EXIT
read -r port <&"${COPROC[0]}"
seen="Deno
$(timeout 60 node_modules/.bin/deno run -A try.mjs "ws://127.0.0.1:$port")
Node
$(timeout 60 node_modules/.bin/node try.mjs "ws://127.0.0.1:$port")"
echo "$seen"
[ "$seen" = "Deno
63x1: got 63 MiB, the server saw 1005
64x1: lost, the server saw 1006
136x4: got 136 MiB, the server saw 1005
Node
63x1: got 63 MiB, the server saw 1005
64x1: got 64 MiB, the server saw 1005
136x4: lost, the server saw 1009" ] || { echo "changed" >&2; exit 1; }
