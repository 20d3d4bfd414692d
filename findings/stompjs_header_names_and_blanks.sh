#!/usr/bin/env bash
# @stomp/stompjs 7.5.0, beside stompit 1.0.0, over STOMP 1.2.
#
# "Clients and servers MUST never trim or pad headers with spaces" (STOMP 1.2, "Value
# Encoding"), and names of headers have their colons, line ends and backslashes escaped
# as values have. stompjs takes blanks off both ends of names and values, and escapes
# values alone: a name with a colon is cut at it, and value and name are others to the
# server than what was sent; of what it receives, names keep their backslashes. Between
# two clients of stompit both arrive as they were.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @stomp/stompjs@7.5.0 stompit@1.0.0

cat >try.mjs <<'JS'
import { once } from "node:events";
import net from "node:net";
import { Client } from "@stomp/stompjs";
import stompit from "stompit";
// a server that sends each message back to its sender
const server = net.createServer((socket) => {
  let text = "";
  socket.on("data", (data) => {
    text += data;
    for (let end; (end = text.indexOf("\0")) >= 0; text = text.slice(end + 1)) {
      const frame = text.slice(0, end).trimStart();
      const headers = frame.slice(frame.indexOf("\n") + 1);
      if (frame.startsWith("CONNECT")) socket.write("CONNECTED\nversion:1.2\n\n\0");
      if (!frame.startsWith("SEND")) continue;
      console.log(`  sent: ${JSON.stringify(headers.split("\n").filter((line) => /^[ab]/.test(line)))}`);
      socket.write(`MESSAGE\nsubscription:1\nmessage-id:1\n${headers}\0`);
    }
  });
}).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address();
const headers = { a: " x ", "b:c": "y:z" };
const show = (received) => console.log(`  received: ${JSON.stringify(Object.fromEntries(Object.keys(received).filter((name) => /^[ab]/.test(name)).map((name) => [name, received[name]])))}`);

console.log(`stompit ${JSON.stringify(headers)}`);
const client = await new Promise((resolve, reject) => stompit.connect({ host: "127.0.0.1", port }, (error, connected) => (error ? reject(error) : resolve(connected))));
await new Promise((resolve) => {
  client.subscribe({ destination: "/q", ack: "auto" }, (_error, message) => {
    show(message.headers);
    message.readString("utf8", resolve);
  });
  client.send({ destination: "/q", ...headers }).end("text");
});

console.log(`stompjs ${JSON.stringify(headers)}`);
const webSocketFactory = () => {
  const socket = net.connect(port, "127.0.0.1");
  const fake = { readyState: 0, send: (data) => socket.write(data), close: () => socket.destroy() };
  socket.on("connect", () => { fake.readyState = 1; fake.onopen(); });
  socket.on("data", (data) => fake.onmessage({ data: data.toString() }));
  return fake;
};
const other = new Client({ webSocketFactory, reconnectDelay: 0, heartbeatIncoming: 0, heartbeatOutgoing: 0 });
other.onConnect = () => {
  other.subscribe("/q", (message) => { show(message.headers); process.exit(); }, { id: "1" });
  other.publish({ destination: "/q", headers, body: "text" });
};
other.activate();
JS
seen=$(timeout 20 node try.mjs)
echo "$seen"
[ "$seen" = 'stompit {"a":" x ","b:c":"y:z"}
  sent: ["a: x ","b\\cc:y\\cz"]
  received: {"a":" x ","b:c":"y:z"}
stompjs {"a":" x ","b:c":"y:z"}
  sent: ["a: x ","b:c:y\\cz"]
  received: {"b":"c:y:z","a":"x"}' ] || { echo "changed" >&2; exit 1; }
