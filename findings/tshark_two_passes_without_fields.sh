#!/usr/bin/env bash
# tshark 4.0.17, of Debian 12.
#
# A dissector in Lua that keeps state does it when a frame is seen first, where
# `pinfo.visited` is false, and a Field extractor such as tcp.stream tells it
# whose state. In one pass that works, and with -2 and a display filter too.
# With -2 alone the extractor gives nil for each frame of the first pass, and
# values in the second only, where `pinfo.visited` is true: there is no tree in
# the first pass. The manual page, under -2, says nothing of it.
set -euo pipefail
name=tshark version=4.0.17
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

echo "000000 68 69" | text2pcap -q -T 40000,7000 - hi.pcap 2>/dev/null
cat >seen.lua <<'LUA'
local stream = Field.new("tcp.stream")
local seen = Proto("seen", "Seen")
function seen.dissector(tvb, pinfo)
  local info = stream()
  print(string.format("seen: visited %s, tcp.stream %s", pinfo.visited, info and info.value))
  return tvb:len()
end
DissectorTable.get("tcp.port"):add(7000, seen)
LUA
seen=$(
  for options in "" "-2 -Y tcp" "-2"; do
    echo "tshark $options"
    # shellcheck disable=SC2086
    tshark $options -r hi.pcap -X lua_script:seen.lua 2>/dev/null | grep -o 'seen: .*'
  done
)
echo "$seen"
[ "$seen" = "tshark 
seen: visited false, tcp.stream 0
tshark -2 -Y tcp
seen: visited false, tcp.stream 0
seen: visited true, tcp.stream 0
tshark -2
seen: visited false, tcp.stream nil
seen: visited true, tcp.stream 0" ] || { echo "changed" >&2; exit 1; }
