#!/usr/bin/env bash
# base85 3.2.0, "ascii85", beside base64.a85encode of Python 3.11 of Debian 12.
#
# Bytes go by four, and of a last group of 1 to 3 bytes that is filled up with zeros one
# digit more than it has bytes is written, a zero being "!". base85 leaves out a last group
# of zeros, and digits of the whole group in front of it: "abcd" and two zeros is read
# back, by base85 and by Python, as "abc", "abcdefgh" and one zero as "abcdef", and of
# zeros alone nothing is left. Each other end is right, and nothing throws.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund base85@3.2.0

cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import base85 from "base85";
for (const text of ["abcd\0\0\0\0", "abcd\0\0", "abcdefgh\0", "\0\0", "abcd\0e"]) {
  const bytes = Buffer.from(text);
  const written = base85.encode(bytes, "ascii85");
  const read = (program, input) => Buffer.from(execFileSync("/usr/bin/python3", ["-c", `import base64, sys; sys.stdout.buffer.write(${program})`], { input }));
  const byPython = read("base64.a85decode(sys.stdin.buffer.read(), adobe=True)", written);
  const right = read("base64.a85encode(sys.stdin.buffer.read(), adobe=True)", bytes);
  console.log(`${bytes.toString("hex")}: ${written}, read as ${base85.decode(written, "ascii85").toString("hex")} and ${byPython.toString("hex")}; Python writes ${right}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '6162636400000000: <~@:E_Wz~>, read as 6162636400000000 and 6162636400000000; Python writes <~@:E_Wz~>
616263640000: <~@:E_~>, read as 616263 and 616263; Python writes <~@:E_W!!!~>
616263646566676800: <~@:E_WAS,~>, read as 616263646566 and 616263646566; Python writes <~@:E_WAS,Rg!!~>
0000: <~~>, read as  and ; Python writes <~!!!~>
616263640065: <~@:E_W!+c~>, read as 616263640065 and 616263640065; Python writes <~@:E_W!+c~>' ] || { echo "changed" >&2; exit 1; }
