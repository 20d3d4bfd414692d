#!/usr/bin/env bash
# notepack.io 3.0.1, which socket.io-msgpack-parser uses, beside @msgpack/msgpack 3.1.3.
#
# What Math.floor leaves as it is notepack.io writes as an integer, and the largest
# one of MessagePack is 2^64 - 1: of a number above it keeps what is left modulo
# 2^64, without an error. 1e20 becomes 7766279631452242000, -1e19 positive, and
# Number.MAX_VALUE 0. Each double above 2^53 is whole, so this is the lot of every
# number of that size. What is written is wrong, so that other readers see it too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund notepack.io@3.0.1 @msgpack/msgpack@3.1.3


cat >try.mjs <<'JS'
import { decode, encode } from "@msgpack/msgpack";
import notepack from "notepack.io";
for (const number of [1.5, 2 ** 63, 2 ** 64, 1e20, -1e19, Number.MAX_VALUE]) {
  const bytes = notepack.encode(number);
  console.log(`${number}: ${notepack.decode(bytes)}, to the other ${decode(bytes)}; the other alone ${decode(encode(number))}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "1.5: 1.5, to the other 1.5; the other alone 1.5
9223372036854776000: 9223372036854776000, to the other 9223372036854776000; the other alone 9223372036854776000
18446744073709552000: 0, to the other 0; the other alone 18446744073709552000
100000000000000000000: 7766279631452242000, to the other 7766279631452242000; the other alone 100000000000000000000
-10000000000000000000: 8446744073709552000, to the other 8446744073709552000; the other alone -10000000000000000000
1.7976931348623157e+308: 0, to the other 0; the other alone 1.7976931348623157e+308" ] || { echo "changed" >&2; exit 1; }
