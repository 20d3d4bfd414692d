#!/usr/bin/env bash
# protocol-buffers 5.0.0, to and from protoc 3.21.12 of Debian 12.
#
# A negative int32 or int64 is written as its two's complement in 64 bits (encoding
# guide, "Signed Integers": "all ten bytes must be used"). protocol-buffers has a form
# of its own for int64, and five bytes for int32, and reads just those: it is always
# right with itself. What protoc writes it reads, without an error, as
# 18446744069414584000 (an int32 of -1) and as a number near -2^63 (an int64 of -1);
# and protoc reads its int64 of -1 as -127. Positive numbers and sint32 are right.
set -euo pipefail
name=protobuf-compiler version=3.21.12
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
npm install --silent --no-audit --no-fund protocol-buffers@5.0.0

cat >message.proto <<'PROTO'
syntax = "proto3";
message Message {
  int32 int32 = 1;
  int64 int64 = 2;
  sint32 sint32 = 3;
}
PROTO
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import compile from "protocol-buffers";
const { Message } = compile(readFileSync("message.proto"));
const protoc = (option, input) => execFileSync("protoc", [`--${option}=Message`, "message.proto"], { input });
for (const type of ["int32", "int64", "sint32"]) {
  for (const number of [1, -1, -1000]) {
    const theirs = Message.decode(protoc("encode", `${type}: ${number}`))[type];
    const bytes = Message.encode({ [type]: number });
    const own = Message.decode(bytes)[type];
    console.log(`${type} ${number}: reads ${theirs}, its own ${own}; protoc reads ${protoc("decode", bytes).toString().trim()}`);
  }
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "int32 1: reads 1, its own 1; protoc reads int32: 1
int32 -1: reads 18446744069414584000, its own -1; protoc reads int32: -1
int32 -1000: reads 18446744069414584000, its own -1000; protoc reads int32: -1000
int64 1: reads 1, its own 1; protoc reads int64: 1
int64 -1: reads -9223372036854776000, its own -1; protoc reads int64: -127
int64 -1000: reads -15384, its own -1000; protoc reads int64: -15384
sint32 1: reads 1, its own 1; protoc reads sint32: 1
sint32 -1: reads -1, its own -1; protoc reads sint32: -1
sint32 -1000: reads -1000, its own -1000; protoc reads sint32: -1000" ] || { echo "changed" >&2; exit 1; }
