#!/usr/bin/env bash
# cbor-sync 1.0.4 and cbor-js 0.1.0, reading what python3-cbor2 5.4.6 of Debian 12 writes.
#
# - A date may be written as tag 1, a number of seconds (RFC 8949, section 3.4.2), as
#   cbor2 does with `datetime_as_timestamp`. cbor-sync takes it for milliseconds: a date
#   of 2026 is one of January 1970. Itself it writes dates as a text (tag 0).
# - `canonical=True` writes floats in 16 bits where nothing is lost. cbor-js loses the sign
#   of the smallest ones, below 2^-14: -2^-24 comes out as 2^-24, all 1,023 of them.
set -euo pipefail
name=python3-cbor2 version=5.4.6
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
npm install --silent --no-audit --no-fund cbor-sync@1.0.4 cbor-js@0.1.0 cbor@10.0.12

cat >write.py <<'PY'
import cbor2, datetime
date = datetime.datetime(2026, 11, 30, tzinfo=datetime.timezone.utc)
with open("date", "wb") as file:
    file.write(cbor2.dumps(date, datetime_as_timestamp=True))
with open("halves", "wb") as file:
    file.write(cbor2.dumps([sign * n * 2.0**-24 for n in range(1, 1024) for sign in (1, -1)], canonical=True))
PY
cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import cbor from "cbor";
import cborJs from "cbor-js";
import cborSync from "cbor-sync";
const [date, halves] = ["date", "halves"].map((name) => readFileSync(name));
const readers = {
  cbor: (bytes) => cbor.decodeFirstSync(bytes),
  "cbor-sync": (bytes) => cborSync.decode(bytes),
  "cbor-js": (bytes) => cborJs.decode(new Uint8Array(bytes).buffer),
};
for (const [name, decode] of Object.entries(readers)) {
  const value = decode(date);
  const wrong = decode(halves).filter((number, i) => number !== (i % 2 ? -1 : 1) * (1 + (i >> 1)) * 2 ** -24);
  console.log(`${name}: ${value instanceof Date ? value.toISOString() : value}, ${wrong.length} of 2046 floats wrong`);
}
const again = cborSync.encode(new Date(0));
console.log(`cbor-sync writes ${again.toString("hex", 0, 1)}, and reads ${cborSync.decode(again).toISOString()}`);
JS
/usr/bin/python3 write.py
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "cbor: 2026-11-30T00:00:00.000Z, 0 of 2046 floats wrong
cbor-sync: 1970-01-21T18:53:16.800Z, 0 of 2046 floats wrong
cbor-js: 1795996800, 1023 of 2046 floats wrong
cbor-sync writes c0, and reads 1970-01-01T00:00:00.000Z" ] || { echo "changed" >&2; exit 1; }
