#!/usr/bin/env bash
# knx 2.5.4, datapoint type 9 (temperature and the like, 2 bytes) of KNX.
#
# A value is 0.01 times a mantissa from -2048 to 2047 times a power of two (KNX standard,
# 3/7/2, "Datapoint Types 2-Octet Float Value"). The library reads each well. To write
# one it multiplies by 100 and cuts off what is behind the point: 0.57 is 56.99999999999999
# then, and sent as 0.56. Of the values of this type that the library reads, every
# fourteenth is written as the next one nearer to zero; passed on again and again, as
# between two lines, 0.58 sinks to 0.56. Of 20.47 it takes the next power of two too soon.
# Nothing throws.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund knx@2.5.4

cat >try.cjs <<'JS'
const { fromBuffer, populateAPDU, resolve } = require("knx/src/dptlib");
const type = resolve("DPT9.002");
const pass = (value) => {
  const apdu = {};
  populateAPDU(value, apdu, "DPT9.002");
  return fromBuffer(apdu.data, type);
};
for (const first of [0.57, 0.58, 2.3, 20.47, -81.6, 21.5]) {
  const values = [first];
  for (let count = 0; count < 3; count++) values.push(pass(values.at(-1)));
  console.log(values.join(" -> "));
}
const all = new Set();
for (let word = 0; word < 65536; word++) {
  const mantissa = (word & 2047) - (word >> 15) * 2048;
  const value = (mantissa * 2 ** ((word >> 11) & 15)) / 100;
  if (Math.abs(value) > 670760) continue;
  const read = fromBuffer(Buffer.from([word >> 8, word & 255]), type);
  if (Math.abs(read - value) > 1e-6) console.log(`read wrong: ${value}`);
  all.add(value);
}
console.log(`${[...all].filter((value) => Math.abs(pass(value) - value) > 1e-6).length} of ${all.size} values are written as another`);
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = "0.57 -> 0.56 -> 0.56 -> 0.56
0.58 -> 0.57 -> 0.56 -> 0.56
2.3 -> 2.29 -> 2.29 -> 2.29
20.47 -> 20.46 -> 20.46 -> 20.46
-81.6 -> -81.56 -> -81.56 -> -81.56
21.5 -> 21.5 -> 21.5 -> 21.5
2433 of 34813 values are written as another" ] || { echo "changed" >&2; exit 1; }
