#!/usr/bin/env bash
# stunnel 5.68 of Debian 12, as a server in front of a plain TCP program.
#
# A TLS client that ends its stream sends close_notify; one that is cut off does
# not, and that is how TLS tells the two apart. Behind stunnel nobody can: for
# both, the program sees an orderly end of stream. The option `reset` (default:
# yes, "attempt to use the TCP RST flag to indicate an error") does not change
# that, set to yes.
set -euo pipefail
found=$(dpkg-query -W -f '${Version}' stunnel4 2>/dev/null || true)
if [[ $found != 3:5.68* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install stunnel4 >/dev/null
  found=$(dpkg-query -W -f '${Version}' stunnel4)
  [[ $found == 3:5.68* ]] || { echo "stunnel4 is $found, expected 5.68" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
  -days 2 -keyout key.pem -out cert.pem 2>/dev/null
cat >stunnel.conf <<CONF
foreground = yes
pid =
[through]
accept = 127.0.0.1:18463
connect = 127.0.0.1:18464
cert = $folder/cert.pem
key = $folder/key.pem
reset = yes
CONF

cat >try.py <<'PY'
import socket, ssl, time
server = socket.create_server(("127.0.0.1", 18464))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
for name in ("ended by close_notify", "cut"):
    deadline = time.monotonic() + 10
    while True:
        try:
            plain = socket.create_connection(("127.0.0.1", 18463))
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    client = context.wrap_socket(plain)
    client.sendall(b"hello")
    backend, _ = server.accept()
    backend.settimeout(20)
    got = backend.recv(5, socket.MSG_WAITALL)
    if name == "cut":
        client.close()  # TCP ends, and TLS says nothing
    else:
        client.settimeout(1)
        try:
            client.unwrap()
        except (OSError, ssl.SSLError):
            pass  # close_notify is sent; nobody answers yet
    try:
        end = "end of stream" if backend.recv(1) == b"" else "more"
    except ConnectionResetError:
        end = "reset"
    print(f"{name}: {got.decode()}, then {end}")
    backend.close()
PY
stunnel4 stunnel.conf >stunnel.log 2>&1 &
seen=$(timeout 60 python3 try.py)
echo "$seen"
[ "$seen" = "ended by close_notify: hello, then end of stream
cut: hello, then end of stream" ] || { echo "changed" >&2; exit 1; }
