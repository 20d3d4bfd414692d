#!/usr/bin/env bash
# HAProxy 2.6.12 of Debian 12, mode tcp.
#
# A client shuts down its sending half and waits; the server answers after 2.5 s.
# One would expect `timeout client-fin` ("inactivity timeout on the client side
# for half-closed connections") of 1 s to end that. It does not: the answer
# arrives. `timeout server-fin` of 1 s ends it, before the answer, though it is
# the client that has half-closed, and what the client sees is an orderly end.
set -euo pipefail
found=$(dpkg-query -W -f '${Version}' haproxy 2>/dev/null || true)
if [[ $found != 2.6.12* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install haproxy >/dev/null
  found=$(dpkg-query -W -f '${Version}' haproxy)
  [[ $found == 2.6.12* ]] || { echo "haproxy is $found, expected 2.6.12" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
port=18430
for side in none client server; do
  port=$((port + 1))
  {
    printf 'defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n'
    [ $side = none ] || printf '  timeout %s-fin 1s\n' $side
    printf 'listen through\n  bind 127.0.0.1:%s\n  server backend 127.0.0.1:18430\n' $port
  } >$side.cfg
  haproxy -db -f $side.cfg >/dev/null 2>&1 &
done

cat >try.py <<'PY'
import socket, threading, time

def backend(server):
    client, _ = server.accept()
    with client:
        while client.recv(100):
            pass
        time.sleep(2.5)  # the server's work
        try:
            client.sendall(b"answer")
        except OSError:
            pass

for port, name in enumerate(["none", "client-fin", "server-fin"], 18431):
    server = socket.create_server(("127.0.0.1", 18430), reuse_port=True)
    thread = threading.Thread(target=backend, args=(server,))
    thread.start()
    deadline = time.monotonic() + 10
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    client.settimeout(10)
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    print(f"{name}: {client.recv(6, socket.MSG_WAITALL).decode() or 'end of stream'}")
    client.close()
    thread.join()
    server.close()
PY
seen=$(timeout 60 python3 try.py)
echo "$seen"
[ "$seen" = "none: answer
client-fin: answer
server-fin: end of stream" ] || { echo "changed" >&2; exit 1; }
