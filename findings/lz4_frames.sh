#!/usr/bin/env bash
# lz4js 0.2.0 and lz4-napi 2.10.0, reading what lz4 1.9.4 of Debian 12 writes.
#
# A frame of LZ4 may have a checksum behind each block (`lz4 -BX`), and frames may follow
# each other: a file is all of them, as with `cat a.lz4 b.lz4` (frame format, "Block
# checksum" and "Frame Concatenation"). A reader that lacks an option has to say so.
# - lz4js skips the checksum in front of the block, where there is none, and gives
#   bytes that are not the file's.
# - Of two frames both packages give the first alone.
# Nothing throws. lz4 -d gives the whole file each time.
set -euo pipefail
name=lz4 version=1.9.4
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
npm install --silent --no-audit --no-fund lz4js@0.2.0 lz4-napi@2.10.0

cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import lz4js from "lz4js";
import { decompressFrame } from "lz4-napi";
const file = readFileSync("file");
function name(bytes) {
  const result = Buffer.from(bytes);
  if (result.equals(file)) return "the file";
  return file.subarray(0, result.length).equals(result) ? `${result.length} bytes of it` : `${result.length} bytes, others`;
}
for (const input of ["plain", "checksums", "two"]) {
  const bytes = readFileSync(input);
  const tool = execFileSync("lz4", ["-d", "-q", "-c"], { input: bytes, maxBuffer: 2 ** 24 });
  const results = [`lz4 ${name(tool)}`, `lz4js ${name(lz4js.decompress(bytes))}`, `lz4-napi ${name(await decompressFrame(bytes))}`];
  console.log(`${input}: ${results.join(", ")}`);
}
JS
seq 60000 >file
lz4 -q -B4 -c file >plain
lz4 -q -B4 -BX -c file >checksums
{ head -n 20000 file | lz4 -q -c; tail -n +20001 file | lz4 -q -c; } >two
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "plain: lz4 the file, lz4js the file, lz4-napi the file
checksums: lz4 the file, lz4js 349401 bytes, others, lz4-napi the file
two: lz4 the file, lz4js 108894 bytes of it, lz4-napi 108894 bytes of it" ] || { echo "changed" >&2; exit 1; }
