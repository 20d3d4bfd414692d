#!/usr/bin/env bash
# microsocks 1.0.3 and Dante 1.4.2, of Debian 12, as SOCKS5 servers.
#
# A client asks for a name that does not exist. RFC 1928 has no code of its own for
# that: microsocks says 1, "general failure", Dante 4, "host unreachable". And the
# reply is not of the size that clients which read 10 bytes expect: Dante puts
# the name that was asked for where the address that it bound would stand
# (type 3), which makes 21 bytes here: such a client finds the rest of it in front
# of whatever it reads next. For a port where nobody listens both say 5 in 10 bytes,
# Dante with an address and a port that it has bound.
set -euo pipefail
for package in microsocks dante-server; do
  dpkg-query -W "$package" >/dev/null 2>&1 && continue
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$package" >/dev/null
done
dpkg-query -W -f '${Package} ${Version}\n' microsocks dante-server
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
cat >danted.conf <<'CONF'
logoutput: /dev/null
internal: 127.0.0.1 port = 18452
external: lo
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 127.0.0.1/32 to: 0.0.0.0/0 }
socks pass { from: 127.0.0.1/32 to: 0.0.0.0/0 }
CONF
microsocks -i 127.0.0.1 -p 18451 >/dev/null 2>&1 &
danted -f danted.conf >/dev/null 2>&1 &

cat >try.py <<'PY'
import socket, time

def reply(port, name, target):
    deadline = time.monotonic() + 15
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    client.settimeout(30)
    client.sendall(b"\x05\x01\x00")
    assert client.recv(2, socket.MSG_WAITALL) == b"\x05\x00"
    client.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + target.to_bytes(2, "big"))
    head = client.recv(4, socket.MSG_WAITALL)
    size = 4 if head[3] == 1 else client.recv(1, socket.MSG_WAITALL)[0]
    address = client.recv(size, socket.MSG_WAITALL)
    port = client.recv(2, socket.MSG_WAITALL)
    whole = 4 + (head[3] == 3) + size + 2
    shown = address.decode() if head[3] == 3 else socket.inet_ntoa(address)
    return f"code {head[1]}, {whole} bytes, {shown}:{'a port' if any(port) else 0}"

for name, port in [("microsocks", 18451), ("Dante", 18452)]:
    print(f"{name}, unknown name: {reply(port, b'nosuch.invalid', 443)}")
    print(f"{name}, closed port: {reply(port, b'127.0.0.1', 18453)}")
PY
seen=$(timeout 90 python3 try.py)
echo "$seen"
[ "$seen" = "microsocks, unknown name: code 1, 10 bytes, 0.0.0.0:0
microsocks, closed port: code 5, 10 bytes, 0.0.0.0:0
Dante, unknown name: code 4, 21 bytes, nosuch.invalid:a port
Dante, closed port: code 5, 10 bytes, 127.0.0.1:a port" ] || { echo "changed" >&2; exit 1; }
