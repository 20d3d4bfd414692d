#!/usr/bin/env bash
# socat 1.7.4.4, nginx 1.22.1 (stream), HAProxy 2.6.12 (mode tcp), tinyproxy
# 1.11.1 (CONNECT) and microsocks 1.0.3 (SOCKS5), of Debian 12, as they come.
#
# A server that sends "hello" and then resets its connection (SO_LINGER 0) is
# seen as a reset by a client that is connected directly. Through each of the
# five the client reads "hello" and an orderly end of stream: behind a proxy of
# this kind FIN does not tell that the other side has finished.
set -euo pipefail
for package in socat=1.7.4.4 nginx=1.22.1 libnginx-mod-stream=1.22.1 haproxy=2.6.12 tinyproxy=1.11.1 microsocks=1.0.3; do
  name=${package%=*} version=${package#*=}
  found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
  if [[ $found != "$version"* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
    found=$(dpkg-query -W -f '${Version}' "$name")
    [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"

cat >nginx.conf <<'CONF'
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; pid nginx.pid; error_log nginx.log; events {}
stream { server { listen 127.0.0.1:18403; proxy_pass 127.0.0.1:18401; } }
CONF
cat >haproxy.cfg <<'CONF'
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen through
  bind 127.0.0.1:18404
  server backend 127.0.0.1:18401
CONF
cat >tinyproxy.conf <<CONF
Port 18405
Listen 127.0.0.1
Allow 127.0.0.1
LogFile "$folder/tinyproxy.log"
PidFile "$folder/tinyproxy.pid"
CONF
socat TCP-LISTEN:18402,bind=127.0.0.1,reuseaddr,fork TCP:127.0.0.1:18401 2>/dev/null &
nginx -p "$folder/" -c nginx.conf -e nginx.log &
haproxy -db -f haproxy.cfg >/dev/null 2>&1 &
tinyproxy -d -c tinyproxy.conf >/dev/null 2>&1 &
microsocks -i 127.0.0.1 -p 18406 >/dev/null 2>&1 &

cat >try.py <<'PY'
import socket, struct, threading, time

BACKEND = 18401
PORTS = {"direct": BACKEND, "socat": 18402, "nginx": 18403, "haproxy": 18404, "tinyproxy": 18405, "microsocks": 18406}

def backend(server):
    client, _ = server.accept()
    client.recv(1)
    client.sendall(b"hello")
    client.recv(1)  # the client says that it has read all of it
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()

def dial(name):
    deadline = time.monotonic() + 10
    while True:
        try:
            sock = socket.create_connection(("127.0.0.1", PORTS[name]))
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    sock.settimeout(10)
    if name == "tinyproxy":
        sock.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (BACKEND, BACKEND))
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += sock.recv(1)
    if name == "microsocks":
        sock.sendall(b"\5\1\0")
        sock.recv(2, socket.MSG_WAITALL)
        sock.sendall(b"\5\1\0\1" + socket.inet_aton("127.0.0.1") + struct.pack(">H", BACKEND))
        sock.recv(10, socket.MSG_WAITALL)
    return sock

for name in PORTS:
    server = socket.create_server(("127.0.0.1", BACKEND), reuse_port=True)
    thread = threading.Thread(target=backend, args=(server,))
    thread.start()
    client = dial(name)
    client.sendall(b"q")
    got = client.recv(5, socket.MSG_WAITALL)
    client.sendall(b"r")
    try:
        end = "end of stream" if client.recv(1) == b"" else "more"
    except ConnectionResetError:
        end = "reset"
    print(f"{name}: {got.decode()}, then {end}")
    thread.join()
    server.close()
    client.close()
PY
seen=$(timeout 60 python3 try.py)
echo "$seen"
[ "$seen" = "direct: hello, then reset
socat: hello, then end of stream
nginx: hello, then end of stream
haproxy: hello, then end of stream
tinyproxy: hello, then end of stream
microsocks: hello, then end of stream" ] || { echo "changed" >&2; exit 1; }
