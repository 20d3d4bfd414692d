#!/usr/bin/env bash
# Python 3.11 of Debian 12.
#
# A program that says "ready" to the one that started it writes
# print("ready", flush=True), which is one write(2), "ready\n". Where the
# environment has PYTHONUNBUFFERED=1, as most container images do, it is two:
# "ready" and "\n". Who waits for "ready" and then closes the pipe has the
# program end with BrokenPipeError, now and then. A socket that keeps the
# borders of writes shows them here.
set -euo pipefail
python3 --version | grep -q "^Python 3\.11\." || { python3 --version >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >try.py <<'PY'
import os, socket, subprocess, sys
plain = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
for name, env in (("plain", plain), ("unbuffered", {**plain, "PYTHONUNBUFFERED": "1"})):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    subprocess.run([sys.executable, "-c", 'print("ready", flush=True)'], stdout=theirs, env=env)
    theirs.close()
    writes = []
    while data := ours.recv(100):
        writes.append(data)
    print(f"{name}: {writes}")
PY
seen=$(python3 try.py)
echo "$seen"
[ "$seen" = "plain: [b'ready\\n']
unbuffered: [b'ready', b'\\n']" ] || { echo "changed" >&2; exit 1; }
