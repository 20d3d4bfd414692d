#!/usr/bin/env bash
# objcopy of binutils 2.40 and python3-intelhex 2.3.0, beside srec_cat of srecord 1.64, of
# Debian 12: addresses in Intel HEX.
#
# Behind an extended segment address (record type 02) the offset counts modulo 64 K, and
# what goes beyond is at the beginning of the segment; behind an extended linear address
# (04) it goes on (Intel, "Hexadecimal Object File Format Specification", 1988). objcopy
# and intelhex go on in both cases: the byte is 64 K from where it belongs, and no word.
# srec_cat does as Intel says. Where a 02 follows a 04, objcopy adds the two, and the
# others take the last; Intel has each "in effect until another" of its kind.
set -euo pipefail
for package in binutils=2.40 python3-intelhex=2.3.0 srecord=1.64; do
  name=${package%=*} version=${package#*=}
  found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
  if [[ $found != "$version"* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
    found=$(dpkg-query -W -f '${Version}' "$name")
    [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >try.py <<'PY'
import subprocess
import intelhex
def record(offset, kind, data=b""):
    line = bytes([len(data), offset >> 8, offset & 255, kind]) + data
    return ":" + (line + bytes([-sum(line) & 255])).hex().upper() + "\n"
def by_tool(*command):
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    addresses = []
    for line in lines:
        if line[:2] in ("S1", "S2", "S3"):
            width = 2 + 2 * int(line[1])
            start, data = int(line[4:4 + width], 16), line[4 + width:-2]
            addresses += [start + index for index in range(len(data) // 2)]
    return sorted(addresses)
end = record(0, 1)
files = {
    "04 0001, ffff": record(0, 4, b"\0\1") + record(0xFFFF, 0, b"ab") + end,
    "02 1000, ffff": record(0, 2, b"\x10\0") + record(0xFFFF, 0, b"ab") + end,
    "04 0001, 02 3000, 0000": record(0, 4, b"\0\1") + record(0, 2, b"\x30\0") + record(0, 0, b"ab") + end,
}
for name, text in files.items():
    with open("file.hex", "w") as file:
        file.write(text)
    readings = {
        "srec_cat": by_tool("srec_cat", "-disable-sequence-warnings", "file.hex", "-intel", "-o", "-", "-motorola"),
        "intelhex": intelhex.IntelHex("file.hex").addresses(),
        "objcopy": by_tool("objcopy", "-I", "ihex", "-O", "srec", "file.hex", "/dev/stdout"),
    }
    print(f"{name}: " + ", ".join(f"{tool} {' '.join(f'{address:x}' for address in addresses)}" for tool, addresses in readings.items()))
PY
seen=$(/usr/bin/python3 try.py)
echo "$seen"
[ "$seen" = "04 0001, ffff: srec_cat 1ffff 20000, intelhex 1ffff 20000, objcopy 1ffff 20000
02 1000, ffff: srec_cat 10000 1ffff, intelhex 1ffff 20000, objcopy 1ffff 20000
04 0001, 02 3000, 0000: srec_cat 30000 30001, intelhex 30000 30001, objcopy 40000 40001" ] || { echo "changed" >&2; exit 1; }
