#!/usr/bin/env bash
# uint8arraylist 3.0.2 (what js-libp2p's streams hand out as chunks), seen on Node 20 and 24.
#
# A Uint8ArrayList says `length` and `byteLength` like a Uint8Array, and every
# standard way of copying "something array-like" takes it without an error:
# - Uint8Array.from(list) and new Uint8Array(list) give one number for each
#   Uint8Array inside it (it is iterable over those): [0, 3] for the bytes 1 2 3;
# - array.set(list) and Buffer.from(list) give as many zeros as there are bytes;
# - new Blob([list]) gives the text "[object Object]".
# Only list.subarray(), which makes a Uint8Array, is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund uint8arraylist@3.0.2

cat >try.mjs <<'JS'
import { Uint8ArrayList } from "uint8arraylist";
const list = new Uint8ArrayList(Uint8Array.of(1, 2), Uint8Array.of(3));
const array = new Uint8Array(3);
array.set(list);
console.log(`length ${list.length}, byteLength ${list.byteLength}`);
console.log(`Uint8Array.from: ${Uint8Array.from(list)}`);
console.log(`new Uint8Array: ${new Uint8Array(list)}`);
console.log(`set: ${array}`);
console.log(`Buffer.from: ${[...Buffer.from(list)]}`);
console.log(`Blob: ${await new Blob([list]).text()}`);
console.log(`subarray: ${list.subarray()}`);
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "length 3, byteLength 3
Uint8Array.from: 0,3
new Uint8Array: 0,3
set: 0,0,0
Buffer.from: 0,0,0
Blob: [object Object]
subarray: 1,2,3" ] || { echo "changed" >&2; exit 1; }
