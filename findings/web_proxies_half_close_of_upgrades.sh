#!/usr/bin/env bash
# nginx 1.22.1, HAProxy 2.6.12, Apache httpd 2.4.71 and Caddy 2.6.2, of Debian 12.
#
# Behind `101 Switching Protocols` a proxy passes two streams of bytes on. A
# client sends a question there, shuts down its sending half and waits for the
# answer, which takes the server 1 s. HAProxy and Apache bring it; nginx and Caddy
# end both directions at once, and the client sees an orderly end of stream.
# nginx has `proxy_half_close` for that, in `stream` only; its `http` has none.
set -euo pipefail
need=(nginx-light haproxy apache2 caddy)
for package in "${need[@]}"; do
  dpkg-query -W "$package" >/dev/null 2>&1 && continue
  [ "$package" = nginx-light ] && command -v nginx >/dev/null && continue
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$package" >/dev/null
done
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .
echo "$(nginx -v 2>&1 | grep -o 'nginx/[0-9.]*'), HAProxy $(haproxy -v | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1), $(apache2 -v | grep -o 'Apache/[0-9.]*'), Caddy $(caddy version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1)"

cat >nginx.conf <<'CONF'
daemon off; pid nginx.pid; error_log stderr; events {}
http { access_log off;
  server { listen 127.0.0.1:18441;
    location / {
      proxy_pass http://127.0.0.1:18440;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "Upgrade";
    } } }
CONF
cat >haproxy.cfg <<'CONF'
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
listen through
  bind 127.0.0.1:18442
  server backend 127.0.0.1:18440
CONF
cat >apache.conf <<CONF
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ServerName localhost
Listen 127.0.0.1:18443
PidFile "$folder/apache.pid"
User nobody
Group nogroup
ErrorLog /dev/null
ProxyPass / http://127.0.0.1:18440/ upgrade=websocket
CONF
printf '{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:18444 {\n reverse_proxy 127.0.0.1:18440\n}\n' >Caddyfile
nginx -p "$folder" -c nginx.conf -e stderr >/dev/null 2>&1 &
haproxy -db -f haproxy.cfg >/dev/null 2>&1 &
apache2 -DFOREGROUND -d "$folder" -f apache.conf >/dev/null 2>&1 &
HOME=$folder caddy run --config Caddyfile --adapter caddyfile >/dev/null 2>&1 &

cat >try.py <<'PY'
import socket, threading, time

HEAD = ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n").encode()

def head_of(connection):
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        text += connection.recv(1)
    return text

def backend(server):
    client, _ = server.accept()
    with client:
        head_of(client)
        client.sendall(HEAD)
        while client.recv(100):
            pass
        time.sleep(1)
        try:
            client.sendall(b"answer")
        except OSError:
            pass

server = socket.create_server(("127.0.0.1", 18440))
for port, name in enumerate(["directly", "nginx", "HAProxy", "Apache", "Caddy"], 18440):
    thread = threading.Thread(target=backend, args=(server,))
    thread.start()
    deadline = time.monotonic() + 15
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    client.settimeout(15)
    client.sendall(b"GET /lekt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    assert b" 101 " in head_of(client), name
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    answer = client.recv(6, socket.MSG_WAITALL).decode()
    print(f"{name}: {answer or 'end of stream'}")
    client.close()
    thread.join()
PY
seen=$(timeout 90 python3 try.py)
echo "$seen"
[ "$seen" = "directly: answer
nginx: end of stream
HAProxy: answer
Apache: answer
Caddy: end of stream" ] || { echo "changed" >&2; exit 1; }
