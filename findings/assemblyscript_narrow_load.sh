#!/usr/bin/env bash
# AssemblyScript 0.28.20.
#
# The big-endian read `load<u8>(p) << 8 | load<u8>(p + 1)` has two values for
# the same bytes 12 34: 0x1234 where it is returned as u16 or u32 or compared
# with a number, and 0x36 where it goes through a `let` without a type, because
# there the expression is a u8 and the shift by 8 is one by 0. No warning.
# A cast of each load, `<u32> load<u8>(p)`, gives 0x1234 everywhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund assemblyscript@0.28.20

cat >read.ts <<'AS'
export function put(p: usize): void {
  store<u8>(p, 0x12);
  store<u8>(p + 1, 0x34);
}
export function returned16(p: usize): u16 {
  return load<u8>(p) << 8 | load<u8>(p + 1);
}
export function returned32(p: usize): u32 {
  return load<u8>(p) << 8 | load<u8>(p + 1);
}
export function compared(p: usize): u32 {
  return (load<u8>(p) << 8 | load<u8>(p + 1)) == 0x1234 ? 0x1234 : 0;
}
export function named(p: usize): u32 {
  let value = load<u8>(p) << 8 | load<u8>(p + 1);
  return value;
}
export function cast(p: usize): u32 {
  let value = <u32> load<u8>(p) << 8 | <u32> load<u8>(p + 1);
  return value;
}
AS
warnings=$(npx --no-install asc read.ts -o read.wasm --runtime stub -O3 --initialMemory 1 2>&1)
seen=$(node -e '
const bytes = require("fs").readFileSync("read.wasm");
const core = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
core.put(2048);
for (const name of ["returned16", "returned32", "compared", "named", "cast"]) {
  console.log(`${name}: ${core[name](2048).toString(16)}`);
}')
echo "$seen"
[ -z "$warnings" ] && [ "$seen" = "returned16: 1234
returned32: 1234
compared: 1234
named: 36
cast: 1234" ] || { echo "changed: $warnings" >&2; exit 1; }
