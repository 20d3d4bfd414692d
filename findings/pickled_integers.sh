#!/usr/bin/env bash
# pickleparser 0.2.1 and jpickle 0.4.1, on what pickle of Python 3.11 (Debian 12) writes.
#
# From protocol 2 on an integer that does not fit into four bytes is written as "LONG1",
# a length and that many bytes in two's complement, least first (PEP 307).
# - pickleparser, which "fully supports Pickle protocol version 0~5 opcodes", reads
#   negative ones as large positive numbers. In protocol 0, where text has line breaks
#   and backslashes as \u000a and \u005c, it leaves them so.
# - jpickle, whose README lists the protocols 0 to 2, reads each of them as 0.
# Neither throws. The protocol that Python takes by default is 4.
set -euo pipefail
name=python3 version=3.11
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
npm install --silent --no-audit --no-fund pickleparser@0.2.1 jpickle@0.4.1

cat >values.py <<'PY'
import pickle
for value, protocol in ((2**31 - 1, 2), (2**31, 2), (-(2**31), 2), (-(2**31) - 1, 2), (-(10**12), 4), ("one\ntwo\\", 2), ("one\ntwo\\", 0)):
    print(repr(value), protocol, pickle.dumps(value, protocol).hex(), sep="\t")
PY
cat >try.mjs <<'JS'
import jpickle from "jpickle";
import { readFileSync } from "node:fs";
import { Parser } from "pickleparser";
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const [value, protocol, hex] = line.split("\t");
  const bytes = Buffer.from(hex, "hex");
  const other = protocol > 2 ? "" : `, jpickle ${JSON.stringify(jpickle.loads(bytes.toString("binary")))}`;
  console.log(`${value} in protocol ${protocol}: pickleparser ${JSON.stringify(new Parser().parse(bytes))}${other}`);
}
JS
seen=$(/usr/bin/python3 values.py | node try.mjs)
echo "$seen"
[ "$seen" = "2147483647 in protocol 2: pickleparser 2147483647, jpickle 2147483647
2147483648 in protocol 2: pickleparser 2147483648, jpickle 0
-2147483648 in protocol 2: pickleparser -2147483648, jpickle -2147483648
-2147483649 in protocol 2: pickleparser 1097364144127, jpickle 0
-1000000000000 in protocol 4: pickleparser 280474976710656
'one\\ntwo\\\\' in protocol 2: pickleparser \"one\\ntwo\\\\\", jpickle \"one\\ntwo\\\\\"
'one\\ntwo\\\\' in protocol 0: pickleparser \"one\\\\u000atwo\\\\u005c\", jpickle \"one\\\\u000atwo\\\\u005c\"" ] || { echo "changed" >&2; exit 1; }
