#!/usr/bin/env bash
# fetch of Deno 2.9.6, beside Node 24.21.0 and Bun 1.4.5.
#
# A server reads a POST to its last byte, works on it for 0.3 s and dies: the
# connection ends without an answer. Where that connection had been kept alive by
# an earlier request, fetch of Deno sends the POST again on a new one, on its own,
# and so too with PATCH, or with `connection: close`: the order is there twice.
# RFC 9110, section 9.2.2, has clients not do so unless they know that it is safe.
# Node sends nothing twice, and Bun only what is idempotent (DELETE). With
# Deno.createHttpClient({ poolMaxIdlePerHost: 0 }), or a body that is a stream,
# Deno does not either.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5


cat >server.py <<'PY'
import socket, threading, time
counts = {}


def serve(client):
    with client, client.makefile("rb") as lines:
        while line := lines.readline():
            method, path, _ = line.decode().split(" ")
            length = 0
            while (header := lines.readline()) != b"\r\n":
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            text = "ok"
            if path == "/count":
                text = str(counts.pop(lines.read(length).decode(), 0))
            elif path == "/order":
                lines.read(length)
                counts[method] = counts.get(method, 0) + 1
                time.sleep(0.3)
                client.shutdown(socket.SHUT_RDWR)
                return
            client.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())


server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
PY
cat >try.mjs <<'JS'
const url = process.argv[2];
const ask = async (path, init) => await (await fetch(url + path, init)).text();
const seen = [];
for (const method of ["POST", "PATCH", "DELETE"]) {
  await ask("/");
  const error = await ask("/order", { method, body: "one" }).catch(({ name }) => name);
  const times = await ask("/count", { method: "PUT", body: method });
  seen.push(`${method} ${times} (${error})`);
}
console.log(seen.join(", "));
process.exit();
JS
coproc python3 server.py
trap 'kill $COPROC_PID 2>/dev/null; rm -rf "$folder"' EXIT
read -r port <&"${COPROC[0]}"
seen="Deno: $(timeout 30 node_modules/.bin/deno run -A try.mjs "http://127.0.0.1:$port")
Node: $(timeout 30 node_modules/.bin/node try.mjs "http://127.0.0.1:$port")
Bun: $(timeout 30 node_modules/.bin/bun try.mjs "http://127.0.0.1:$port")"
echo "$seen"
[ "$seen" = "Deno: POST 2 (TypeError), PATCH 2 (TypeError), DELETE 2 (TypeError)
Node: POST 1 (TypeError), PATCH 1 (TypeError), DELETE 1 (TypeError)
Bun: POST 1 (TypeError), PATCH 1 (TypeError), DELETE 2 (TypeError)" ] || { echo "changed" >&2; exit 1; }
