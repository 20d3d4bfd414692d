#!/usr/bin/env bash
# cbor-x 1.6.9, reading what cbor2 2.3.0 writes.
#
# A whole number of 2^32 or more comes out as a BigInt where another library wrote
# it, and as a number where cbor-x did, since that writes it as a float: tests with
# one library alone never meet a BigInt. A date (tag 1) is counted in seconds and
# passes 2^32 of them on 2106-02-07: from then on, a certificate or a lease "for
# ever" that cbor2 wrote makes decode throw "Cannot mix BigInt and other types";
# half a second later it is a float again and is read. What cbor-x wrote itself is
# read too, and all of it with `int64AsNumber`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false cbor-x@1.6.9 cbor2@2.3.0


cat >try.mjs <<'JS'
import { Decoder, decode, encode } from "cbor-x";
import { encode as encodeOther } from "cbor2";
const asNumbers = new Decoder({ int64AsNumber: true });
function said(read, bytes) {
  try {
    const value = read(bytes);
    return value instanceof Date ? value.toISOString().slice(0, 4) : typeof value;
  } catch (error) {
    return error.name;
  }
}
const [last, ...later] = ["15", "16", "16.5"].map((second) => new Date(`2106-02-07T06:28:${second}Z`));
for (const value of [2 ** 32 - 1, 2 ** 32, last, ...later]) {
  const bytes = encodeOther(value);
  const withOption = said((bytes) => asNumbers.decode(bytes), bytes);
  console.log(`${value.toJSON?.() ?? value}: ${said(decode, bytes)}, own ${said(decode, encode(value))}, option ${withOption}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "4294967295: number, own number, option number
4294967296: bigint, own number, option number
2106-02-07T06:28:15.000Z: 2106, own 2106, option 2106
2106-02-07T06:28:16.000Z: TypeError, own 2106, option 2106
2106-02-07T06:28:16.500Z: 2106, own 2106, option 2106" ] || { echo "changed" >&2; exit 1; }
