#!/usr/bin/env bash
# @ably/vcdiff-decoder 1.0.6, reading what xdelta3 3.0.11 of Debian 12 writes.
#
# By default xdelta3 puts an Adler-32 of the target into each window, told by a bit of
# the window's indicator that RFC 3284 leaves free. The decoder, "tested and proven with"
# files of xdelta, as its README says, refuses other bits that it does not know; this one
# it passes over, and takes the four bytes for the beginning of the data. What comes out
# has the right length and other bytes, and no error. With the checksum left out (-n) the
# same file is right. (-A leaves out the header with names, -S none a second compression;
# both are refused by an error.)
set -euo pipefail
name=xdelta3 version=3.0.11
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
npm install --silent --no-audit --no-fund @ably/vcdiff-decoder@1.0.6

cat >try.cjs <<'JS'
const { readFileSync } = require("node:fs");
const { decode } = require("@ably/vcdiff-decoder");
const [source, target] = ["source", "target"].map((name) => readFileSync(name));
for (const name of ["plain", "checksum"]) {
  const result = Buffer.from(decode(readFileSync(name), source));
  console.log(`${name}: ${result.length} of ${target.length} bytes, ${result.equals(target) ? "the target" : "others"}`);
}
JS
seq 20000 >source
sed 's/^1500$/changed/' source >target
xdelta3 -e -n -A -S none -s source target plain
xdelta3 -e -A -S none -s source target checksum
seen="xdelta3 -d: $(xdelta3 -d -c -s source checksum | cmp - target && echo the target)
$(node try.cjs)"
echo "$seen"
[ "$seen" = "xdelta3 -d: the target
plain: 108897 of 108897 bytes, the target
checksum: 108897 of 108897 bytes, others" ] || { echo "changed" >&2; exit 1; }
