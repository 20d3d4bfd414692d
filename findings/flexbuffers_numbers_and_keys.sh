#!/usr/bin/env bash
# FlexBuffers of flatbuffers 25.9.23 (npm), beside flatc 2.0.8 of Debian 12.
#
# - encode() takes each whole number for an integer of 64 bits: 1e20 comes back as
#   7766279631452241920n, 1e300 as 0n, and 2n ** 63n negative. The format has doubles.
# - A map is sorted by its keys so that readers find them by binary search, and that
#   compares bytes, as strcmp does ("FlexBuffers", Maps). encode() sorts by UTF-16, in
#   which U+FF5E comes behind U+1D11E: toObject() shows the key, and get() says of it
#   "is not applicable". In a map that flatc has written get() finds both.
set -euo pipefail
name=flatbuffers-compiler version=2.0.8
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
npm install --silent --no-audit --no-fund flatbuffers@25.9.23

cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { encode, toObject, toReference } from "flatbuffers/js/flexbuffers.js";
const show = (value) => typeof value === "bigint" ? `${value}n` : String(value);
for (const value of [1e20, 1e300, 2n ** 63n]) console.log(`${show(value)}: ${show(toObject(encode(value).buffer))}`);
const map = { "\uff5e": 1, "\u{1d11e}": 2 };
writeFileSync("map.json", JSON.stringify(map));
execFileSync("flatc", ["--flexbuffers", "-b", "map.json"]);
for (const [name, bytes] of [["encode", encode(map)], ["flatc", new Uint8Array(readFileSync("map.bin"))]]) {
  const reference = toReference(bytes.buffer);
  const found = Object.keys(map).map((key) => {
    try {
      return `${key} ${reference.get(key).intValue()}`;
    } catch (error) {
      return error;
    }
  });
  console.log(`${name}: ${JSON.stringify(reference.toObject())}, get: ${found}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '100000000000000000000: 7766279631452241920n
1e+300: 0n
9223372036854775808n: -9223372036854775808n
encode: {"𝄞":2,"～":1}, get: Key [～] is not applicable on / of 9,𝄞 2
flatc: {"～":1,"𝄞":2}, get: ～ 1,𝄞 2' ] || { echo "changed" >&2; exit 1; }
