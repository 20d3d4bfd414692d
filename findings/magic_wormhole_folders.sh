#!/usr/bin/env bash
# magic-wormhole 0.12.0 (Debian 12), with its own mailbox on loopback: folders.
#
# A folder goes as a zip file that is made before the first byte is sent. What
# comes out of it: permissions are kept; times of change are not, an empty
# folder is not there, and what a symbolic link leads to, here a file outside of
# the folder that was named, has been sent as a file without a word.
set -euo pipefail
export LC_ALL=C.UTF-8
apt-get install -y -qq magic-wormhole python3-magic-wormhole-mailbox-server >/dev/null
folder=$(mktemp -d)
mailbox=
trap '[ -z "$mailbox" ] || kill "$mailbox"; rm -rf "$folder"' EXIT
cd "$folder"
port=14099
twist3 wormhole-mailbox --port "tcp:$port:interface=127.0.0.1" >mailbox.log 2>&1 &
mailbox=$!
until grep -q "starting on $port" mailbox.log; do sleep 0.1; done
echo "a secret" >outside
mkdir -p tree/empty tree/sub in
echo hi >tree/sub/.hidden
echo x >tree/run.sh
chmod 750 tree/run.sh
touch -d 2001-01-01 tree/run.sh
ln -s ../outside tree/link
use=(--relay-url "ws://127.0.0.1:$port/v1" --transit-helper tcp:127.0.0.1:1)
wormhole "${use[@]}" send --hide-progress --code 11-any-words tree 2>sent.log &
(cd in && wormhole "${use[@]}" receive --hide-progress --accept-file 11-any-words 2>/dev/null)
wait %2
seen=$(cd in/tree && find . -mindepth 1 -printf '%p %y %m\n' | sort)
echo "$seen"
echo "link: $(cat in/tree/link)"
year=$(date -r in/tree/run.sh +%Y)
echo "run.sh is of $year"
[ "$(sed 's/ [0-9]*$//' <<<"$seen")" = './link f
./run.sh f
./sub d
./sub/.hidden f' ] && [ "$(cat in/tree/link)" = "a secret" ] && [ "$year" != 2001 ] || { echo "changed" >&2; exit 1; }
