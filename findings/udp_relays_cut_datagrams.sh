#!/usr/bin/env bash
# socat 1.7.4.4, nginx 1.22.1 (stream, `listen ... udp`), netcat-openbsd 1.219,
# netcat-traditional 1.10 and ncat 7.93, of Debian 12.
#
# A datagram may have 65,507 bytes over loopback, and a relay that cannot take one
# would have to say so. These cut it and pass on the first part as if it were all,
# without a word to the sender or the log:
# - socat (UDP-LISTEN to UDP) and netcat-traditional behind 8,192 bytes;
# - netcat-openbsd behind 16,384;
# - nginx behind 16,384 (proxy_buffer_size, which its manual calls the size of a
#   buffer), but for the first datagram of a client, which is passed on whole: a
#   test with one datagram sees nothing.
# ncat takes all of it, and with `socat -b 65536` or `proxy_buffer_size 64k` those do.
set -euo pipefail
for package in socat nginx-light libnginx-mod-stream netcat-openbsd netcat-traditional ncat; do
  dpkg-query -W "$package" >/dev/null 2>&1 && continue
  [ "$package" = nginx-light ] && command -v nginx >/dev/null && continue
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$package" >/dev/null
done
dpkg-query -W -f '${Package} ${Version}\n' socat libnginx-mod-stream netcat-openbsd netcat-traditional ncat
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT
cd "$folder"
cat >nginx.conf <<'CONF'
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; pid nginx.pid; error_log error.log info; events {}
stream { server { listen 127.0.0.1:18451 udp; proxy_pass 127.0.0.1:18450; } }
CONF
nginx -p "$folder" -c nginx.conf -e error.log &
socat -lf socat.log UDP4-LISTEN:18452,bind=127.0.0.1 UDP4:127.0.0.1:18450 &


cat >try.py <<'PY'
import socket, subprocess


def udp(port):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(10)
    one.bind(("127.0.0.1", port))
    return one


def wait_for(port):  # /proc/net/udp has what is bound, in hexadecimal digits
    while f"0100007F:{port:04X}" not in open("/proc/net/udp").read():
        pass


echo, client = udp(18450), udp(0)
for name, port in [("directly", 18450), ("nginx", 18451), ("socat", 18452)]:
    wait_for(port)
    there = []
    for _ in range(2):
        client.sendto(bytes(65507), ("127.0.0.1", port))
        data, source = echo.recvfrom(65536)
        there.append(str(len(data)))
    echo.sendto(bytes(65507), source)
    print(f"{name}: {', '.join(there)} there, {len(client.recv(65536))} back")
for command in ["nc.openbsd -u -l 127.0.0.1 18453", "nc.traditional -u -l -s 127.0.0.1 -p 18453", "ncat -u -l 127.0.0.1 18453"]:
    listener = subprocess.Popen(command.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    wait_for(18453)
    for data in [bytes(65507), b"next"]:
        client.sendto(data, ("127.0.0.1", 18453))
    text = b""
    while not text.endswith(b"next"):
        text += listener.stdout.read1()
    listener.kill()
    listener.wait()
    print(f"{command.split()[0]}: {len(text) - 4}")
PY
seen=$(timeout 40 python3 try.py)
echo "$seen"
words=$(grep -ciE "trunc|large|cut|exceed" error.log socat.log || true)
echo "$words"
[ "$seen" = "directly: 65507, 65507 there, 65507 back
nginx: 65507, 16384 there, 16384 back
socat: 8192, 8192 there, 8192 back
nc.openbsd: 16384
nc.traditional: 8192
ncat: 65507" ] && [ "$words" = "error.log:0
socat.log:0" ] || { echo "changed" >&2; exit 1; }
