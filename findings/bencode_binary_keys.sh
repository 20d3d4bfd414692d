#!/usr/bin/env bash
# bencode 4.0.1 (under parse-torrent and WebTorrent), on torrents of libtorrent 2.0.8 of
# Debian 12.
#
# In bencoding keys are strings of bytes, sorted as such, and a torrent of version 2
# has hashes as keys ("piece layers", BEP 52). bencode decodes keys as UTF-8, and
# where that fails puts the hexadecimal digits in their place: a torrent that is
# decoded and encoded again is longer, and libtorrent says "a piece layer is
# invalid". It sorts by UTF-16 too, so that U+FF5E comes behind U+1D11E, and
# i9007199254740993e comes out as ...992. Nothing throws.
set -euo pipefail
name=python3-libtorrent version=2.0.8
found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
if [[ $found != "$version"* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
  found=$(dpkg-query -W -f '${Version}' "$name")
  [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund bencode@4.0.1

cat >make.py <<'PY'
import libtorrent
with open("file.bin", "wb") as file:
    file.write(bytes(40000))
files = libtorrent.file_storage()
libtorrent.add_files(files, "file.bin")
torrent = libtorrent.create_torrent(files, 16384)
libtorrent.set_piece_hashes(torrent, ".")
with open("made.torrent", "wb") as file:
    file.write(libtorrent.bencode(torrent.generate()))
PY
cat >read.py <<'PY'
import libtorrent, sys
try:
    print("a torrent of", libtorrent.torrent_info(sys.argv[1]).total_size(), "bytes")
except RuntimeError as error:
    print(error)
PY
cat >again.mjs <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import bencode from "bencode";
writeFileSync("again.torrent", bencode.encode(bencode.decode(readFileSync("made.torrent"))));
const again = (text) => Buffer.from(bencode.encode(bencode.decode(Buffer.from(text)))).toString();
for (const text of ["i9007199254740993e", "d3:\uff5ei1e4:\u{1d11e}i2ee"]) console.log(`${text}: ${again(text)}`);
JS
/usr/bin/python3 make.py
seen="$(node again.mjs)
made: $(wc -c <made.torrent) bytes, $(/usr/bin/python3 read.py made.torrent)
again: $(wc -c <again.torrent) bytes, $(/usr/bin/python3 read.py again.torrent)"
echo "$seen"
[ "$seen" = "i9007199254740993e: i9007199254740992e
d3:～i1e4:𝄞i2ee: d4:𝄞i2e3:～i1ee
made: 424 bytes, a torrent of 40000 bytes
again: 456 bytes, a piece layer is invalid" ] || { echo "changed" >&2; exit 1; }
