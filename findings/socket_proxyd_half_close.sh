#!/usr/bin/env bash
# systemd-socket-proxyd of systemd 252 (Debian 12).
#
# It is what systemd offers for programs that cannot take over a socket, to
# have them started by the first client. A client that sends a question, shuts
# down its sending half and waits for the answer gets an end of stream: the
# first end of one direction ends both. The manual speaks of connections and of
# idle times, and not of that.
set -euo pipefail
found=$(dpkg-query -W -f '${Version}' systemd 2>/dev/null || true)
if [[ $found != 252.* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install systemd >/dev/null
  found=$(dpkg-query -W -f '${Version}' systemd)
  [[ $found == 252.* ]] || { echo "systemd is $found, expected 252" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"

cat >try.py <<'PY'
import socket, threading, time

def backend(server, ended):
    client, _ = server.accept()
    with client:
        while client.recv(100):
            pass
        ended.wait(2)  # longer than it takes to end both
        try:
            client.sendall(b"answer")
        except OSError:
            pass

for name, port in (("direct", 18466), ("systemd-socket-proxyd", 18465)):
    server = socket.create_server(("127.0.0.1", 18466), reuse_port=True)
    ended = threading.Event()
    thread = threading.Thread(target=backend, args=(server, ended))
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
    if name == "direct":
        ended.set()
    print(f"{name}: {client.recv(6, socket.MSG_WAITALL).decode() or 'end of stream'}")
    thread.join()
    client.close()
    server.close()
PY
systemd-socket-activate -l 127.0.0.1:18465 /lib/systemd/systemd-socket-proxyd 127.0.0.1:18466 >log 2>&1 &
seen=$(timeout 60 python3 try.py)
echo "$seen"
[ "$seen" = "direct: answer
systemd-socket-proxyd: end of stream" ] || { echo "changed" >&2; exit 1; }
