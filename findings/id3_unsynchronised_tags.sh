#!/usr/bin/env bash
# node-id3 0.2.9, jsmediatags 3.9.7 and id3js 2.1.1 (npm) and libmp3-tag-perl 1.16 of Debian
# 12, beside python3-mutagen 1.46.0: ID3 tags of version 2.3 and 2.4.
#
# Where a tag is unsynchronised, a zero stands behind each FF that is followed by a zero or
# by a byte from E0 on, as in the byte order mark of UTF-16 (2.3: 5, 2.4: 6.1). In 2.4 the
# frame says so itself, and its size is that with the zeros (2.4: 4.1.2).
# - node-id3 does not know this of 2.3: the title is other letters, and the artist is lost.
#   Several artists (2.4: 4.2) become one word.
# - jsmediatags and MP3::Tag count without the zeros in 2.4: what follows is lost, or all.
# - id3js reads no UTF-16: each byte is a letter of its own, also where nothing is
#   unsynchronised; there it has no tag.
# None says anything.
set -euo pipefail
for package in libmp3-tag-perl=1.16 python3-mutagen=1.46.0; do
  name=${package%=*} version=${package#*=}
  found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
  if [[ $found != "$version"* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
    found=$(dpkg-query -W -f '${Version}' "$name")
    [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-id3@0.2.9 jsmediatags@3.9.7 id3js@2.1.1

cat >try.py <<'PY'
import sys
from mutagen.id3 import ID3
tag = ID3(sys.argv[1])
print("/".join("+".join(tag[name].text) if name in tag else "-" for name in ("TIT2", "TPE1")))
PY
cat >try.pl <<'PL'
use MP3::Tag;
my $file = MP3::Tag->new($ARGV[0]);
$file->get_tags;
binmode STDOUT, ":utf8";
print join("/", map { length $_ ? $_ : "-" } $file->{ID3v2}->title, $file->{ID3v2}->artist);
PL
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fromPath } from "id3js";
import media from "jsmediatags";
import NodeID3 from "node-id3";
const sevenBits = (size) => Buffer.from([size >> 21, size >> 14, size >> 7, size].map((part) => part & 127));
function thirtyTwo(size) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(size);
  return bytes;
}
const unsynchronise = (data) => Buffer.from([...data].flatMap((byte, index) => (byte === 255 && (data[index + 1] === 0 || data[index + 1] >= 0xe0) ? [byte, 0] : [byte])));
const frame = (name, size, flags, data) => Buffer.concat([Buffer.from(name), size(data.length), Buffer.from([0, flags]), data]);
const tag = (version, flags, data) => Buffer.concat([Buffer.from("ID3"), Buffer.from([version, 0, flags]), sevenBits(data.length), data]);
const wide = Buffer.concat([Buffer.from([1, 255, 254]), Buffer.from("Été", "utf16le")]);
const one = Buffer.from("\0Artist");
const two = Buffer.from("\x03Ann\0Bob");
const old = Buffer.concat([frame("TIT2", thirtyTwo, 0, wide), frame("TPE1", thirtyTwo, 0, one)]);
const marked = Buffer.concat([sevenBits(wide.length), unsynchronise(wide)]);
const files = {
  "2.3 as it is": tag(3, 0, old),
  "2.3 unsynchronised": tag(3, 128, unsynchronise(old)),
  "2.4 unsynchronised": tag(4, 128, Buffer.concat([frame("TIT2", sevenBits, 3, marked), frame("TPE1", sevenBits, 0, one)])),
  "2.4 two artists": tag(4, 0, Buffer.concat([frame("TIT2", sevenBits, 0, Buffer.from("\x03Title")), frame("TPE1", sevenBits, 0, two)])),
};
const tell = ({ title, artist } = {}) => JSON.stringify(`${title ?? "-"}/${artist ?? "-"}`);
for (const [name, bytes] of Object.entries(files)) {
  const whole = Buffer.concat([bytes, Buffer.from("fffb9064", "hex"), Buffer.alloc(1700)]);
  writeFileSync("file.mp3", whole);
  const run = (command, file) => JSON.stringify(execFileSync(command, [file, "file.mp3"], { env: { ...process.env, LC_ALL: "C.UTF-8" } }).toString().trim());
  const byMedia = await new Promise((onSuccess, onError) => new media.Reader(whole).read({ onError, onSuccess }));
  console.log(name);
  console.log(`  mutagen ${run("/usr/bin/python3", "try.py")}, MP3::Tag ${run("/usr/bin/perl", "try.pl")}, node-id3 ${tell(NodeID3.read(whole))}`);
  console.log(`  jsmediatags ${tell(byMedia.tags)}, id3js ${tell((await fromPath("file.mp3").catch(() => {})) ?? {})}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '2.3 as it is
  mutagen "Été/Artist", MP3::Tag "Été/Artist", node-id3 "Été/Artist"
  jsmediatags "Été/Artist", id3js "�\u0000t\u0000�\u0000/Artist"
2.3 unsynchronised
  mutagen "Été/Artist", MP3::Tag "Été/Artist", node-id3 "＀ﻉté/-"
  jsmediatags "Été/Artist", id3js "-/-"
2.4 unsynchronised
  mutagen "Été/Artist", MP3::Tag "/  / \t\u0001ÿþÉ / t / é / T", node-id3 "Été/Artist"
  jsmediatags "ÉtéT\u0000/-", id3js "-/-"
2.4 two artists
  mutagen "Title/Ann+Bob", MP3::Tag "Title/Ann / Bob", node-id3 "Title/AnnBob"
  jsmediatags "Title/Ann", id3js "Title/Ann"' ] || { echo "changed" >&2; exit 1; }
