#!/usr/bin/env bash
# bindfs 1.14.7 (libfuse 3.14) beside fuse-overlayfs 1.10, of Debian 12.
#
# A program binds its Unix socket under a private name and gives it its real one
# by link(2), so that nobody sees it before it is ready. Under bindfs both names
# say the same inode number and two links, and connect(2) to the first succeeds;
# to the second it is refused (ECONNREFUSED), as if nobody listened. The kernel
# finds a listener by its own inode, and here each name has one, whatever stat(2)
# says. Under fuse-overlayfs, FUSE as well, both names lead to the listener.
# Renaming the socket instead works under both.
set -euo pipefail
if ! command -v bindfs >/dev/null || ! command -v fuse-overlayfs >/dev/null; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install bindfs fuse-overlayfs >/dev/null
fi
[ -e /dev/fuse ] || { echo "no /dev/fuse here" >&2; exit 1; }
dpkg-query -W -f '${Package} ${Version}\n' bindfs fuse-overlayfs
folder=$(mktemp -d)
trap 'umount -l "$folder"/bindfs "$folder"/overlay 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
mkdir below bindfs lower upper work overlay
bindfs below bindfs
fuse-overlayfs -o lowerdir=lower,upperdir=upper,workdir=work overlay 2>/dev/null

cat >try.py <<'PY'
import os, socket, sys

def reached(path):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
            return "connected"
        except OSError as error:
            return error.strerror

for folder in ["below", "bindfs", "overlay"]:
    first, linked, renamed = (f"{folder}/{name}" for name in ["first", "linked", "renamed"])
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(first)
        server.listen()
        os.link(first, linked)
        one, other = os.stat(first), os.stat(linked)
        print(f"{folder}: same inode {one.st_ino == other.st_ino}, {other.st_nlink} links;",
              f"first {reached(first)}, linked {reached(linked)},", end=" ")
        os.unlink(linked)
        os.rename(first, renamed)
        print(f"renamed {reached(renamed)}")
PY
seen=$(timeout 30 python3 try.py)
echo "$seen"
[ "$seen" = "below: same inode True, 2 links; first connected, linked connected, renamed connected
bindfs: same inode True, 2 links; first connected, linked Connection refused, renamed connected
overlay: same inode True, 2 links; first connected, linked connected, renamed connected" ] || { echo "changed" >&2; exit 1; }
