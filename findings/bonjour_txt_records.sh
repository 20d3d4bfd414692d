#!/usr/bin/env bash
# bonjour-service 1.4.4: what a service says of itself in the local network (TXT).
#
# RFC 6763, section 6.4, has four kinds of attribute: absent, "paper" without a value,
# "note=" with an empty one, and "rp=x"; a name that comes twice counts the first time,
# and one that is missing ("=x") is ignored. For bonjour-service the second and third kind
# are absent, of two the last counts, and "=x" is the attribute "". Announcing, it cannot
# say "paper" alone: `true` becomes "paper=true", and `undefined` "note=undefined".
# Nothing throws.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund bonjour-service@1.4.4

cat >try.cjs <<'JS'
// The part of the package between the objects of a program and the packets.
const { DnsTxt } = require(`${process.cwd()}/node_modules/bonjour-service/dist/lib/dns-txt.js`);
const texts = new DnsTxt();
for (const strings of [["rp=x", "paper", "note="], ["rp=first", "rp=second"], ["=x", "rp=y"]]) {
  console.log(`${strings.join(", ")}: ${JSON.stringify(texts.decodeAll(strings.map((string) => Buffer.from(string))))}`);
}
for (const attributes of [{ rp: "x" }, { paper: true }, { note: undefined }, { note: "" }]) {
  const entries = Object.entries(attributes).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  console.log(`{ ${entries} }: ${texts.encode(attributes).map(String).join(", ")}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = 'rp=x, paper, note=: {"rp":"x"}
rp=first, rp=second: {"rp":"second"}
=x, rp=y: {"":"x","rp":"y"}
{ rp: "x" }: rp=x
{ paper: true }: paper=true
{ note: undefined }: note=undefined
{ note: "" }: note=' ] || { echo "changed" >&2; exit 1; }
