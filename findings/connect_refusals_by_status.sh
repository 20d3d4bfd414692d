#!/usr/bin/env bash
# tinyproxy 1.11.1, Squid 5.7 and Apache httpd 2.4.71, of Debian 12: CONNECT.
#
# Clients decide by the status whether to try again, or to call the proxy or the
# target broken. For a port where nobody listens, a fault of the target, Squid and
# Apache say 503, and tinyproxy 500 "Unable to connect", which a client takes for
# a fault of the proxy itself; for a name that does not exist tinyproxy says the
# same, and Apache 502. A port that its rules do not allow is 403 in all three.
set -euo pipefail
for package in tinyproxy-bin squid apache2-bin; do
  dpkg-query -W "$package" >/dev/null 2>&1 && continue
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$package" >/dev/null
done
dpkg-query -W -f '${Package} ${Version}\n' tinyproxy-bin squid apache2-bin
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
chmod 777 .
printf 'Port 18461\nListen 127.0.0.1\nAllow 127.0.0.1\nConnectPort 18468\n' >tinyproxy.conf
cat >squid.conf <<CONF
http_port 127.0.0.1:18462
acl allowed port 18468
http_access allow allowed
http_access deny all
pid_filename none
access_log none
cache_log $folder/squid.log
coredump_dir $folder
netdb_filename none
cache deny all
shutdown_lifetime 1 seconds
CONF
cat >apache.conf <<CONF
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_connect_module /usr/lib/apache2/modules/mod_proxy_connect.so
ServerName localhost
Listen 127.0.0.1:18463
PidFile "$folder/apache.pid"
User nobody
Group nogroup
ErrorLog /dev/null
ProxyRequests On
AllowCONNECT 18468
CONF
tinyproxy -d -c tinyproxy.conf >/dev/null 2>&1 &
squid -N -f squid.conf >/dev/null 2>&1 &
apache2 -DFOREGROUND -d "$folder" -f apache.conf >/dev/null 2>&1 &

cat >try.py <<'PY'
import socket, time

def status(port, target):
    deadline = time.monotonic() + 20
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    client.settimeout(30)
    client.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    text = client.recv(4096)
    client.close()
    return text.split(b"\r\n")[0].split(b" ", 1)[1].decode()

for port, name in enumerate(["tinyproxy", "Squid", "Apache"], 18461):
    print(f"{name}: closed port {status(port, '127.0.0.1:18468')}; not allowed {status(port, '127.0.0.1:18469')[:3]}")
for port, name in [(18461, "tinyproxy"), (18463, "Apache")]:
    print(f"{name}: unknown name {status(port, 'nosuch.invalid:18468')}")
PY
seen=$(timeout 120 python3 try.py)
echo "$seen"
[ "$seen" = "tinyproxy: closed port 500 Unable to connect; not allowed 403
Squid: closed port 503 Service Unavailable; not allowed 403
Apache: closed port 503 Service Unavailable; not allowed 403
tinyproxy: unknown name 500 Unable to connect
Apache: unknown name 502 Proxy Error" ] || { echo "changed" >&2; exit 1; }
