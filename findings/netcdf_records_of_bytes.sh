#!/usr/bin/env bash
# netcdfjs 4.0.0 (npm), beside netcdf-bin 4.9.0 of Debian 12: variables with an unlimited
# dimension in classic NetCDF files.
#
# A record of each such variable is filled up to four bytes; a variable that is the only
# one, of bytes, characters or shorts, is not (file format specification, note on padding
# and the notes on vsize). netcdfjs takes what fills up for values, so rows of three have
# four columns; where there is only one variable it reads across the rows, with zeros at
# the end that are not in the file. Bytes are signed in this format; it has 255 for -1.
# It says nothing. ncdump and what is written as int are right.
set -euo pipefail
name=netcdf-bin version=1:4.9.0
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
npm install --silent --no-audit --no-fund netcdfjs@4.0.0

cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { NetCDFReader } from "netcdfjs";
const files = {
  "two variables": "byte b(t, x); short s(t); data: b = -1, 2, 3, 4, 5, 6; s = 1, -2;",
  "one variable": "byte b(t, x); data: b = 1, 2, 3, 4, 5, 6;",
  "one variable of int": "int i(t, x); data: i = -1, 2, 3, 4, 5, 6;",
};
for (const [what, variables] of Object.entries(files)) {
  writeFileSync("file.cdl", `netcdf file { dimensions: t = UNLIMITED; x = 3; variables: ${variables} }`);
  execFileSync("ncgen", ["-k", "classic", "-o", "file.nc", "file.cdl"]);
  const reader = new NetCDFReader(readFileSync("file.nc"));
  for (const { name } of reader.variables) {
    const dump = execFileSync("ncdump", ["-v", name, "file.nc"]).toString();
    const [, right] = dump.slice(dump.indexOf("data:")).match(/= *([^;]*);/);
    console.log(`${what}, ${name}: ncdump ${right.trim().replace(/\s+/g, " ")}, netcdfjs ${JSON.stringify(reader.getDataVariable(name))}`);
  }
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "two variables, b: ncdump -1, 2, 3, 4, 5, 6, netcdfjs [[255,2,3,129],[4,5,6,129]]
two variables, s: ncdump 1, -2, netcdfjs [[1,-32767],[-2,-32767]]
one variable, b: ncdump 1, 2, 3, 4, 5, 6, netcdfjs [[1,2,3,4],[5,6,0,0]]
one variable of int, i: ncdump -1, 2, 3, 4, 5, 6, netcdfjs [[-1,2,3],[4,5,6]]" ] || { echo "changed" >&2; exit 1; }
