#!/usr/bin/env bash
# libdigest-crc-perl 0.24 of Debian 12, beside a plain loop: CRCs of free width.
#
# Digest::CRC takes width, polynomial and the rest. With a width of 64 it looks at none of
# the others: the CRC of XZ files and that of ECMA-182 come out as its own crc64, which is
# ISO's. With fewer than eight bits, most significant first, the values are wrong, too, and
# hexdigest has up to 75 digits. It warns of neither. Right are the widths between, as tried
# here with 32 and 40, and fewer bits with the least significant one first.
set -euo pipefail
name=libdigest-crc-perl version=0.24
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

cat >try.pl <<'PL'
use Digest::CRC;
my ($width, $polynomial, $start, $xor, $reflected) = map { hex } @ARGV;
no warnings "portable";
print Digest::CRC->new(width => $width, poly => $polynomial, init => $start, xorout => $xor, refin => $reflected, refout => $reflected, cont => 0)->add("123456789")->hexdigest;
PL
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
const ones = 2n ** 64n - 1n;
const kinds = {
  "CRC-64 of XZ": [64n, 0x42f0e1eba9ea3693n, ones, ones, 1],
  "CRC-64 of ECMA-182": [64n, 0x42f0e1eba9ea3693n, 0n, 0n, 0],
  "CRC-40 of GSM": [40n, 0x4820009n, 0n, 2n ** 40n - 1n, 0],
  "CRC-32": [32n, 0x4c11db7n, 2n ** 32n - 1n, 2n ** 32n - 1n, 1],
  "CRC-7 of MMC": [7n, 0x9n, 0n, 0n, 0],
  "CRC-5 of USB": [5n, 0x5n, 31n, 31n, 1],
  "CRC-3 of GSM": [3n, 0x3n, 0n, 7n, 0],
};
const reflect = (value, width) => BigInt(`0b${value.toString(2).padStart(Number(width), "0").split("").reverse().join("")}`);
function plain([width, polynomial, start, xor, reflected]) {
  let crc = start;
  for (const byte of Buffer.from("123456789")) {
    const bits = byte.toString(2).padStart(8, "0").split("");
    for (const bit of reflected ? bits.reverse() : bits) {
      const high = (crc >> (width - 1n)) ^ BigInt(bit);
      crc = ((crc << 1n) & (2n ** width - 1n)) ^ (high ? polynomial : 0n);
    }
  }
  return (reflected ? reflect(crc, width) : crc) ^ xor;
}
for (const [name, values] of Object.entries(kinds)) {
  const found = execFileSync("/usr/bin/perl", ["try.pl", ...values.map((value) => value.toString(16))]).toString();
  console.log(`${name}: ${plain(values).toString(16)}, Digest::CRC ${found}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "CRC-64 of XZ: 995dc9bbdf1939fa, Digest::CRC 46a5a9388a5beffe
CRC-64 of ECMA-182: 6c40df5f0b497347, Digest::CRC 46a5a9388a5beffe
CRC-40 of GSM: d4164fc646, Digest::CRC d4164fc646
CRC-32: cbf43926, Digest::CRC cbf43926
CRC-7 of MMC: 75, Digest::CRC 000000000000000000000000000000000000000000000000000000000000000000000000000
CRC-5 of USB: 19, Digest::CRC 0000000000000000000000019
CRC-3 of GSM: 4, Digest::CRC 000000000000000000000000000000000000000000000000000000000000000000000000007" ] || { echo "changed" >&2; exit 1; }
