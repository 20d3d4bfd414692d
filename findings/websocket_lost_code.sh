#!/usr/bin/env bash
# The global WebSocket of Deno 2.9.6, Node 24.21.0 and Bun 1.4.5.
#
# A server opens a WebSocket and lets go of TCP without a Close frame. The
# standard has the code 1006 for that, and programs look for it to decide
# whether to connect again. Node and Bun say 1006; Deno says 0, a code that no
# list has.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5

cat >server.py <<'PY'
import base64, hashlib, re, socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(4096)
    key = re.search(rb"(?i)sec-websocket-key: (.*)\r", head)[1]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    client.recv(1)  # the client says that it is open
    client.close()
PY
cat >try.mjs <<'JS'
const socket = new WebSocket(process.argv[2]);
socket.onopen = () => socket.send("x");
socket.onclose = ({ code, wasClean }) => {
  console.log(`code ${code}, wasClean ${wasClean}`);
  process.exit();
};
JS
coproc python3 server.py
trap 'kill $COPROC_PID 2>/dev/null; rm -rf "$folder"' EXIT
read -r port <&"${COPROC[0]}"
seen="Deno: $(timeout 30 node_modules/.bin/deno run -A try.mjs ws://127.0.0.1:$port)
Node: $(timeout 30 node_modules/.bin/node try.mjs ws://127.0.0.1:$port)
Bun: $(timeout 30 node_modules/.bin/bun try.mjs ws://127.0.0.1:$port)"
echo "$seen"
[ "$seen" = "Deno: code 0, wasClean false
Node: code 1006, wasClean false
Bun: code 1006, wasClean false" ] || { echo "changed" >&2; exit 1; }
