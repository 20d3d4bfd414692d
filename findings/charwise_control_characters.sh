#!/usr/bin/env bash
# charwise 3.0.1, beside bytewise 1.1.0.
#
# Both turn values into keys that sort as the values do, so that a store of plain keys
# can have keys of several parts; charwise is "like bytewise, except as strings", for
# stores where a string is the faster key. It escapes U+0000 and U+0001 in a text and
# never takes that back: a key with one of them is read as another key, and one with the
# other as a third, in a list as well. As keys they do not even sort: "a\0b" comes behind
# "a\x01". bytewise gives all of them back, in order.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund charwise@3.0.1 bytewise@1.1.0

cat >try.mjs <<'JS'
import bytewise from "bytewise";
import charwise from "charwise";
for (const [name, { decode, encode }, compare] of [["charwise", charwise, (a, b) => (a < b ? -1 : 1)], ["bytewise", bytewise, Buffer.compare]]) {
  const again = ["a\0", "a\x01", ["a\0", 7]].map((value) => JSON.stringify(decode(encode(value))));
  const sorted = ["a\0b", "a\x01"].sort((a, b) => compare(encode(a), encode(b)));
  console.log(`${name}: ${again.join(", ")}; sorted ${JSON.stringify(sorted)}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = 'charwise: "a\u0001", "a\u0001\u0001", ["a\u0001",7]; sorted ["a\u0001","a\u0000b"]
bytewise: "a\u0000", "a\u0001", ["a\u0000",7]; sorted ["a\u0000b","a\u0001"]' ] || { echo "changed" >&2; exit 1; }
