#!/usr/bin/env bash
# vcf 2.1.2 (npm), beside python3-vobject 0.9.6.1 of Debian 12 and vcard4 4.0.5 (npm):
# names and addresses of a vCard, and the same as jCard.
#
# Parts are separated by a semicolon, one within a part has a backslash before it (RFC
# 6350, 3.4), and a jCard has the texts without backslashes (RFC 7095, 3.3.1.3). vcf cuts
# at each semicolon: "Smith; Sons" as family name moves all behind it, given names become
# the second, and the jCard has six parts where five are allowed. In texts the jCard keeps
# the backslashes, and \n, so that a reader of jCards shows them.
set -euo pipefail
name=python3-vobject version=0.9.6.1
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
npm install --silent --no-audit --no-fund vcf@2.1.2 vcard4@4.0.5

printf '%s\r\n' BEGIN:VCARD VERSION:4.0 FN:John 'N:Smith\; Sons;John;;;' 'NOTE:one\, two\nthree' END:VCARD >file.vcf
cat >try.py <<'PY'
import json, vobject
with open("file.vcf", newline="") as file:
    card = vobject.readOne(file.read().replace("VERSION:4.0", "VERSION:3.0"))
print("vobject", json.dumps([card.n.value.family, card.n.value.given]), json.dumps(card.note.value))
PY
cat >try.cjs <<'JS'
const { readFileSync } = require("node:fs");
const { parse } = require("vcard4");
const Card = require("vcf");
const text = readFileSync("file.vcf", "utf8");
const { N, NOTE } = Object.fromEntries(parse(text).parsedVcard.map(({ property, value }) => [property, value]));
console.log("vcard4", JSON.stringify([N.familyNames, N.givenNames]), JSON.stringify(NOTE));
const [, properties] = new Card().parse(text).toJSON();
for (const name of ["n", "note"]) console.log("jCard of vcf", JSON.stringify(properties.find(([key]) => key === name)));
JS
seen=$(/usr/bin/python3 -W ignore try.py && node try.cjs)
echo "$seen"
[ "$seen" = 'vobject ["Smith; Sons", "John"] "one, two\nthree"
vcard4 ["Smith; Sons","John"] "one, two\nthree"
jCard of vcf ["n",{},"text",["Smith\\"," Sons","John","","",""]]
jCard of vcf ["note",{},"text","one\\, two\\nthree"]' ] || { echo "changed" >&2; exit 1; }
