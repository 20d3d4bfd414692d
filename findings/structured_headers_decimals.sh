#!/usr/bin/env bash
# structured-headers 2.1.0, beside structured-field-values 2.0.4.
#
# A decimal in a structured field of HTTP is rounded to three places, to an even last
# digit where it lies in the middle, and has at least one digit behind the point (RFC
# 9651, section 4.1.5). structured-headers takes the zeros away after that: what is whole
# when rounded, 0.0004 or 2.9999, is written as "0." and "3.", which no parser takes: its
# own says "Decimal cannot end on a period", and a field that does not parse is ignored
# whole (section 4.2). 0.0005 it writes as 0.001, where the even one is 0.0.
# Most numbers come out right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund structured-headers@2.1.0 structured-field-values@2.0.4

cat >try.mjs <<'JS'
import { encodeItem } from "structured-field-values";
import { parseList, serializeList } from "structured-headers";
for (const number of [0.25, 0.0005, 0.0004, 2.9999]) {
  const field = serializeList([[200, new Map()], [number, new Map()]]);
  let parsed;
  try {
    parsed = parseList(field).map(([value]) => value).join(" and ");
  } catch (error) {
    parsed = error.message;
  }
  console.log(`${number}: "${field}", read as ${parsed}; structured-field-values: ${encodeItem(number)}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '0.25: "200, 0.25", read as 200 and 0.25; structured-field-values: 0.25
0.0005: "200, 0.001", read as 200 and 0.001; structured-field-values: 0.0
0.0004: "200, 0.", read as Parse error: Decimal cannot end on a period at offset 7; structured-field-values: 0.0
2.9999: "200, 3.", read as Parse error: Decimal cannot end on a period at offset 7; structured-field-values: 3.0' ] || { echo "changed" >&2; exit 1; }
