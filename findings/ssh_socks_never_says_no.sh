#!/usr/bin/env bash
# OpenSSH 9.2p1 of Debian 12, `ssh -D` (SOCKS5).
#
# RFC 1928 has reply codes for "refused", "unreachable" and the like, and its
# clients turn them into words. `ssh -D` sends none of them: where the far end
# could not connect, for whatever reason, the client's connection just ends,
# with not a byte behind the choice of a method. Only a success is replied to.
set -euo pipefail
for package in openssh-server openssh-client; do
  found=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
  if [[ $found != 1:9.2p1* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install $package >/dev/null
    found=$(dpkg-query -W -f '${Version}' $package)
    [[ $found == 1:9.2p1* ]] || { echo "$package is $found, expected 9.2p1" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N "" -f host
ssh-keygen -q -t ed25519 -N "" -f user
cat >sshd_config <<CONF
Port 18461
ListenAddress 127.0.0.1
HostKey $folder/host
AuthorizedKeysFile $folder/user.pub
StrictModes no
PidFile none
CONF
/usr/sbin/sshd -D -e -f "$folder/sshd_config" 2>sshd.log &
for _ in $(seq 100); do (: >/dev/tcp/127.0.0.1/18461) 2>/dev/null && break; sleep 0.1; done
ssh -N -F none -p 18461 -i user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
  -D 127.0.0.1:18462 root@127.0.0.1 2>ssh.log &
for _ in $(seq 100); do (: >/dev/tcp/127.0.0.1/18462) 2>/dev/null && break; sleep 0.1; done

cat >try.py <<'PY'
import socket, struct
server = socket.create_server(("127.0.0.1", 0))
here = socket.inet_aton("127.0.0.1")
targets = {
    "open port": b"\1" + here + struct.pack(">H", server.getsockname()[1]),
    "closed port": b"\1" + here + struct.pack(">H", 1),
    "unknown host": b"\3\x0fnowhere.invalid" + struct.pack(">H", 80),
}
for name, target in targets.items():
    with socket.create_connection(("127.0.0.1", 18462)) as client:
        client.settimeout(30)
        client.sendall(b"\5\1\0")
        client.recv(2, socket.MSG_WAITALL)
        client.sendall(b"\5\1\0" + target)
        reply = client.recv(10)
        print(f"{name}: {f'reply {reply[1]}' if reply else 'end of stream'}")
PY
seen=$(timeout 90 python3 try.py)
echo "$seen"
[ "$seen" = "open port: reply 0
closed port: end of stream
unknown host: end of stream" ] || { echo "changed" >&2; exit 1; }
