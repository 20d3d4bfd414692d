#!/usr/bin/env bash
# Apache httpd 2.4.71 of Debian 12, mod_proxy with upgrade=websocket.
#
# ProxyTimeout is described as the "network timeout for proxied requests". Of a
# WebSocket that is silent it is not the limit: the longer of ProxyTimeout and
# Timeout is. With 1 and 4 s, whichever way round, the connection is closed
# after 4 s; so a ProxyTimeout below the Timeout of 60 s, the default, has no
# effect there.
set -euo pipefail
found=$(dpkg-query -W -f '${Version}' apache2-bin 2>/dev/null || true)
if [[ $found != 2.4.71* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install apache2-bin >/dev/null
  found=$(dpkg-query -W -f '${Version}' apache2-bin)
  [[ $found == 2.4.71* ]] || { echo "apache2 is $found, expected 2.4.71" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .
start() { # port, Timeout, ProxyTimeout
  {
    for module in mpm_event authz_core proxy proxy_http; do
      echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
    printf 'ServerName localhost\nListen 127.0.0.1:%s\nPidFile %s.pid\nErrorLog /dev/null\n' "$1" "$1"
    printf 'User nobody\nGroup nogroup\nTimeout %s\nProxyTimeout %s\n' "$2" "$3"
    echo 'ProxyPass / http://127.0.0.1:18470/ upgrade=websocket'
  } >"$1.conf"
  apache2 -DFOREGROUND -d "$folder" -f "$1.conf" >/dev/null 2>&1 &
}
start 18471 4 1
start 18472 1 4

cat >try.py <<'PY'
import socket, threading, time

def backend(server):
    while True:
        client, _ = server.accept()
        threading.Thread(target=answer, args=(client,), daemon=True).start()

def answer(client):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(4096)
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    client.recv(1)

server = socket.create_server(("127.0.0.1", 18470))
threading.Thread(target=backend, args=(server,), daemon=True).start()
for port, name in ((18471, "Timeout 4, ProxyTimeout 1"), (18472, "Timeout 1, ProxyTimeout 4")):
    deadline = time.monotonic() + 20
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    client.settimeout(20)
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    began = time.monotonic()
    while client.recv(100):
        pass
    took = time.monotonic() - began
    print(f"{name}: status {head.split()[1].decode()}, closed {'after 3 s or more' if took >= 3 else 'within 3 s'}")
PY
seen=$(timeout 80 python3 try.py)
echo "$seen"
[ "$seen" = "Timeout 4, ProxyTimeout 1: status 101, closed after 3 s or more
Timeout 1, ProxyTimeout 4: status 101, closed after 3 s or more" ] || { echo "changed" >&2; exit 1; }
