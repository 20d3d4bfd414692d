#!/usr/bin/env bash
# jo 1.9 and lua-json 1.3.4 (Lua 5.3), of Debian 12: JSON that goes through them.
#
# - `jo -f FILE` adds to an object that is there, and `name=$(jo ...)` puts one within
#   another. What was in it is read and written anew, numbers with 16 digits: an
#   identifier of 17 is 1.234567890123457e+16 afterwards, and 0.30000000000000004 is 0.3,
#   for which 17 are needed. The manual warns only of words that look like numbers.
# - An escape "\ud834\udd1e" is one character in two halves (RFC 8259, section 7); lua-json
#   makes UTF-8 of each half: six bytes that no reader of UTF-8 takes. Numbers it writes
#   with 14 digits.
# jq 1.6 has the character, and the nearest double of each number.
set -euo pipefail
for package in jo=1.9 lua5.3=5.3.6 lua-json=1.3.4 jq=1.6; do
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

cat >through.lua <<'LUA'
local json = require("json")
io.write(json.encode(json.decode(io.read("a"))))
LUA
echo '{"id":12345678901234567,"sum":0.30000000000000004}' >numbers.json
echo '["\ud834\udd1e",0.1234567890123456]' >text.json
seen="jo -f: $(jo -f numbers.json)
jo within: $(jo a="$(cat numbers.json)")
jq: $(jq -c . numbers.json)
lua-json: $(lua5.3 through.lua <text.json | od -An -c | tr -s ' ' | tr -d '\n')
jq: $(jq -c . text.json | od -An -c | tr -s ' ' | tr -d '\n')"
echo "$seen"
[ "$seen" = 'jo -f: {"id":1.234567890123457e+16,"sum":0.3}
jo within: {"a":{"id":1.234567890123457e+16,"sum":0.3}}
jq: {"id":12345678901234568,"sum":0.30000000000000004}
lua-json:  [ " 355 240 264 355 264 236 " , 0 . 1 2 3 4 5 6 7 8 9 0 1 2 3 5 ]
jq:  [ " 360 235 204 236 " , 0 . 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 ] \n' ] || { echo "changed" >&2; exit 1; }
