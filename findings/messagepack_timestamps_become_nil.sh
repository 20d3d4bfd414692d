#!/usr/bin/env bash
# lua-messagepack 0.5.2 (Lua 5.3), php-msgpack 2.2.0rc2 (PHP 8.2) and u-msgpack 2.3.0
# (Python 3.11), of Debian 12, beside python3-msgpack.
#
# - MessagePack has timestamps since 2017, as the extension -1. To Lua and PHP they are
#   nil, as every other extension, and nothing is said: not only is the time lost, a list
#   with one in front has a hole there, and passed on it is written as a map (Lua).
# - A number of 2^63 and more is negative in Lua, and passed on so; in PHP it is text.
# - An empty map is an empty list when Lua passes it on.
# - u-msgpack of Debian 12 reads no map at all: it asks for collections.Hashable, which
#   left Python with 3.10 (mended in 2.5.2, of 2019).
set -euo pipefail
for package in lua5.3=5.3.6 lua-messagepack=0.5.2 php8.2-cli=8.2 php8.2-msgpack=1:2.2.0~rc2 python3-u-msgpack=2.3.0 python3-msgpack=1.0.3; do
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

cat >relay.lua <<'LUA'
local messagepack = require("MessagePack")
local bytes = io.read("a"):gsub("..", function(pair) return string.char(tonumber(pair, 16)) end)
io.write((messagepack.pack(messagepack.unpack(bytes)):gsub(".", function(byte) return string.format("%02x", byte:byte()) end)))
LUA
cat >try.py <<'PY'
import subprocess
import msgpack
relays = {
    "Lua": ["lua5.3", "relay.lua"],
    "PHP": ["php8.2", "-r", "echo bin2hex(msgpack_pack(msgpack_unpack(hex2bin(stream_get_contents(STDIN)))));"],
    "u-msgpack": ["/usr/bin/python3", "-c", "import sys, umsgpack; print(umsgpack.packb(umsgpack.unpackb(bytes.fromhex(sys.stdin.read()))).hex(), end='')"],
}
stamp = msgpack.Timestamp(1700000000)
for value in ([1, stamp], [stamp, 1], [msgpack.ExtType(5, b"abc"), 1], [2**63], {"a": 1}, [{}]):
    sent = msgpack.packb(value).hex()
    results = []
    for name, command in relays.items():
        if name == "u-msgpack" and value != {"a": 1}:
            continue
        done = subprocess.run(command, input=sent, capture_output=True, text=True)
        error = done.stderr.strip().split("\n")[-1].split(":")[0]
        got = msgpack.unpackb(bytes.fromhex(done.stdout), strict_map_key=False) if done.returncode == 0 else error
        results.append(f"{name} {'the same' if got == value and type(got) == type(value) else got}")
    print(f"{value}: {', '.join(results)}")
PY
seen=$(/usr/bin/python3 try.py)
echo "$seen"
[ "$seen" = "[1, Timestamp(seconds=1700000000, nanoseconds=0)]: Lua [1], PHP [1, None]
[Timestamp(seconds=1700000000, nanoseconds=0), 1]: Lua {2: 1}, PHP [None, 1]
[ExtType(code=5, data=b'abc'), 1]: Lua {2: 1}, PHP [None, 1]
[9223372036854775808]: Lua [-9223372036854775808], PHP ['9223372036854775808']
{'a': 1}: Lua the same, PHP the same, u-msgpack AttributeError
[{}]: Lua [[]], PHP [{None: 'stdClass'}]" ] || { echo "changed" >&2; exit 1; }
