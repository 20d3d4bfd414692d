#!/usr/bin/env bash
# lua-socket 3.1.0 of Debian 12, beside Python's urllib: the examples for relative references
# in RFC 3986, 5.4.1 and 5.4.2, which are those of RFC 2396, too.
#
# url.absolute also works on the dots behind a question mark or a number sign: the query
# ?y/../x goes, and takes the last part of the path along. It puts ;x behind the last part
# of the base, as was the rule before RFC 2396. It says nothing; all other examples come
# out as written there, and all of them with urllib. (http:g is left out: there both ways
# are allowed.)
set -euo pipefail
for package in lua-socket=3.1.0 lua5.4=5.4; do
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

cat >references <<'REFERENCES'
g:h g:h
g http://a/b/c/g
./g http://a/b/c/g
g/ http://a/b/c/g/
/g http://a/g
//g http://g
?y http://a/b/c/d;p?y
g?y http://a/b/c/g?y
#s http://a/b/c/d;p?q#s
g#s http://a/b/c/g#s
;x http://a/b/c/;x
g;x?y#s http://a/b/c/g;x?y#s
 http://a/b/c/d;p?q
. http://a/b/c/
.. http://a/b/
../g http://a/b/g
../.. http://a/
../../g http://a/g
../../../g http://a/g
../../../../g http://a/g
/./g http://a/g
/../g http://a/g
g. http://a/b/c/g.
.g http://a/b/c/.g
..g http://a/b/c/..g
./../g http://a/b/g
./g/. http://a/b/c/g/
g/./h http://a/b/c/g/h
g/../h http://a/b/c/h
g;x=1/../y http://a/b/c/y
g?y/./x http://a/b/c/g?y/./x
g?y/../x http://a/b/c/g?y/../x
g#s/../x http://a/b/c/g#s/../x
REFERENCES
cat >try.lua <<'LUA'
local url = require("socket.url")
for line in io.lines("references") do
  print(url.absolute("http://a/b/c/d;p?q", line:match("^[^ ]*")))
end
LUA
cat >try.py <<'PY'
import subprocess
from urllib.parse import urljoin
by_lua = subprocess.run(["lua5.4", "try.lua"], capture_output=True, text=True, check=True).stdout.split("\n")
wrong = {"luasocket": [], "urllib": []}
with open("references") as file:
    for line, lua in zip(file, by_lua):
        reference, right = line.rstrip("\n").split(" ")
        for name, found in (("luasocket", lua), ("urllib", urljoin("http://a/b/c/d;p?q", reference))):
            if found != right:
                wrong[name].append(f"{reference} is {right}, found {found}")
for name, lines in wrong.items():
    print(f"{name}: {len(lines)} wrong", *lines, sep="\n  ")
PY
seen=$(/usr/bin/python3 try.py)
echo "$seen"
[ "$seen" = "luasocket: 4 wrong
  ;x is http://a/b/c/;x, found http://a/b/c/d;x
  g?y/./x is http://a/b/c/g?y/./x, found http://a/b/c/g?y/x
  g?y/../x is http://a/b/c/g?y/../x, found http://a/b/c/x
  g#s/../x is http://a/b/c/g#s/../x, found http://a/b/c/x
urllib: 0 wrong" ] || { echo "changed" >&2; exit 1; }
