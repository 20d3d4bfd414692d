#!/usr/bin/env bash
# python3-dpkt 1.9.8 and python3-scapy 2.5.0, beside tshark 4.0.17, of Debian 12: times of
# packets in pcapng.
#
# Each interface of a file has its own resolution, if_tsresol, and offset, if_tsoffset, and
# interfaces are counted anew in each section (draft-ietf-opsawg-pcapng, 4.1, 4.2).
# - dpkt takes the resolution of the first interface for all: of a file with one in
#   microseconds and one in nanoseconds a packet of the other is of the year 55,840.
# - scapy leaves out the offset, and goes on counting interfaces in the next section (as
#   files put together with cat have): its packets have the resolution of another one.
# Neither says anything. Of files from one interface all three have the same times.
set -euo pipefail
for package in python3-dpkt=1.9.8 python3-scapy=2.5.0 tshark=4.0; do
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
import logging, struct, subprocess
logging.getLogger("scapy").setLevel(logging.ERROR)
import dpkt
from scapy.utils import rdpcap
SECOND = 1700000000
def block(kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length
def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)
def interface(digits=6, offset=0):
    return block(1, struct.pack("<HHI", 1, 0, 65535) + option(9, bytes([digits])) + option(14, struct.pack("<q", offset)) + option(0, b""))
def packet(number, time):
    return block(6, struct.pack("<IIIII", number, time >> 32, time & 0xFFFFFFFF, 60, 60) + bytes(60))
section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
files = {
    "one interface": section + interface(9) + packet(0, SECOND * 10**9),
    "two interfaces": section + interface(6) + interface(9) + packet(0, SECOND * 10**6) + packet(1, SECOND * 10**9),
    "an offset": section + interface(6, 1000) + packet(0, (SECOND - 1000) * 10**6),
    "two sections": section + interface(6) + packet(0, SECOND * 10**6) + section + interface(9) + packet(0, SECOND * 10**9),
}
for name, content in files.items():
    with open("file.pcapng", "wb") as file:
        file.write(content)
    with open("file.pcapng", "rb") as file:
        by_dpkt = [int(time) for time, _data in dpkt.pcapng.Reader(file)]
    by_scapy = [int(read.time) for read in rdpcap("file.pcapng")]
    shown = subprocess.run(["tshark", "-r", "file.pcapng", "-T", "fields", "-e", "frame.time_epoch"], capture_output=True, text=True, check=True).stdout
    print(f"{name}: dpkt {by_dpkt}, scapy {by_scapy}, tshark {[int(float(time)) for time in shown.split()]}")
PY
seen=$(/usr/bin/python3 -W ignore try.py)
echo "$seen"
[ "$seen" = "one interface: dpkt [1700000000], scapy [1700000000], tshark [1700000000]
two interfaces: dpkt [1700000000, 1700000000000], scapy [1700000000, 1700000000], tshark [1700000000, 1700000000]
an offset: dpkt [1700000000], scapy [1699999000], tshark [1700000000]
two sections: dpkt [1700000000, 1700000000000], scapy [1700000000, 1700000000000], tshark [1700000000, 1700000000]" ] || { echo "changed" >&2; exit 1; }
