#!/usr/bin/env bash
# tinyproxy 1.11.1 (HTTP CONNECT) and microsocks 1.0.3 (SOCKS5), of Debian 12.
#
# A client that sends a question, shuts down its sending half and waits for the
# answer gets the answer when it is connected directly. Through either proxy it
# gets an end of stream instead, at once: the first end of one direction ends
# both. Neither manual speaks of it, and neither has an option for it. (ssh -L
# and HAProxy pass the half-close on.)
set -euo pipefail
for package in tinyproxy=1.11.1 microsocks=1.0.3; do
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
cat >tinyproxy.conf <<CONF
Port 18425
Listen 127.0.0.1
Allow 127.0.0.1
LogFile "$folder/tinyproxy.log"
PidFile "$folder/tinyproxy.pid"
CONF
tinyproxy -d -c tinyproxy.conf >/dev/null 2>&1 &
microsocks -i 127.0.0.1 -p 18426 >/dev/null 2>&1 &

cat >try.py <<'PY'
import socket, struct, threading, time

BACKEND = 18421
PORTS = {"direct": BACKEND, "tinyproxy": 18425, "microsocks": 18426}

def backend(server, asked):
    client, _ = server.accept()
    with client:
        while client.recv(100):
            pass
        asked.wait(3)  # longer than any of the two takes to end it
        try:
            client.sendall(b"answer")
        except OSError:
            pass

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
    asked = threading.Event()
    thread = threading.Thread(target=backend, args=(server, asked))
    thread.start()
    client = dial(name)
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    if name == "direct":
        asked.set()
    got = client.recv(6, socket.MSG_WAITALL)
    print(f"{name}: {got.decode() or 'end of stream'}")
    asked.set()
    thread.join()
    server.close()
    client.close()
PY
seen=$(timeout 60 python3 try.py)
echo "$seen"
[ "$seen" = "direct: answer
tinyproxy: end of stream
microsocks: end of stream" ] || { echo "changed" >&2; exit 1; }
