#!/usr/bin/env bash
# bz2 1.0.1 and bzip2 0.1.1 (npm) and php-bz2 8.2 of Debian 12: bzip2 files of several
# streams.
#
# A file may be several bzip2 files one behind the other, and is then all their contents
# (bzip2(1)); pbzip2 writes each file of more than 900,000 bytes so. PHP's compress.bzip2://,
# bzread and bzdecompress, and bz2 and bzip2, have the first stream and call that the whole,
# here 900,000 bytes of 2,000,000. bzip2 itself, Python's bz2 and unbzip2-stream (npm) read
# all.
set -euo pipefail
for package in bzip2=1.0.8 pbzip2=1.1.13 php-bz2=2:8.2 php-cli=2:8.2; do
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
npm install --silent --no-audit --no-fund bz2@1.0.1 bzip2@0.1.1 unbzip2-stream@1.4.3

cat >try.php <<'PHP'
<?php
echo "PHP, compress.bzip2: ", strlen(file_get_contents("compress.bzip2://file.bz2")), "\n";
$file = bzopen("file.bz2", "r");
$bytes = 0;
while (!feof($file)) $bytes += strlen(bzread($file, 8192));
echo "PHP, bzread: $bytes\n";
echo "PHP, bzdecompress: ", strlen(bzdecompress(file_get_contents("file.bz2"))), "\n";
PHP
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import bz2 from "bz2";
import bzip2 from "bzip2";
import unbzip2 from "unbzip2-stream";
writeFileSync("file", "0123456789".repeat(200_000));
execFileSync("pbzip2", ["-k", "-p1", "file"]);
const bytes = readFileSync("file.bz2");
console.log(`bzip2(1): ${execFileSync("bzip2", ["-dc", "file.bz2"], { maxBuffer: 1e7 }).length}`);
console.log(`Python: ${execFileSync("/usr/bin/python3", ["-c", "import bz2; print(len(bz2.open('file.bz2').read()))"]).toString().trim()}`);
let length = 0;
const stream = createReadStream("file.bz2").pipe(unbzip2()).on("data", (part) => (length += part.length));
await new Promise((resolve) => stream.on("end", resolve));
console.log(`unbzip2-stream: ${length}`);
console.log(`bz2: ${bz2.decompress(bytes).length}`);
console.log(`bzip2 (npm): ${bzip2.simple(bzip2.array(bytes)).length}`);
console.log(execFileSync("/usr/bin/php", ["try.php"]).toString().trim());
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "bzip2(1): 2000000
Python: 2000000
unbzip2-stream: 2000000
bz2: 900000
bzip2 (npm): 900000
PHP, compress.bzip2: 900000
PHP, bzread: 900000
PHP, bzdecompress: 900000" ] || { echo "changed" >&2; exit 1; }
