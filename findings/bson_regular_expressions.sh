#!/usr/bin/env bash
# bson 7.3.4 (npm, of MongoDB), beside ruby-bson 4.15.0 of Debian 12: regular expressions.
#
# Of the options in BSON "s" lets a dot stand for a line end, as the flag "s" of JavaScript
# does; there is none for all matches, "g" (bsonspec.org). bson writes the flag "g" as "s"
# and reads "s" as "g", and leaves the flag "s" out: /a.b/g matches over line ends
# elsewhere, and /a.b/s no longer does. A pattern with "s" from Ruby or Python does not
# either, and says yes and no by turns: with "g" a test begins where the last one ended.
# Nothing is said. With the option bsonRegExp it is read as it was.
set -euo pipefail
name=ruby-bson version=4.15.0
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
npm install --silent --no-audit --no-fund bson@7.3.4

cat >write.rb <<'RB'
require "bson"
print({ "r" => /a.b/m }.to_bson.to_s.unpack1("H*"))
RB
cat >read.rb <<'RB'
require "bson"
bytes = BSON::ByteBuffer.new([ARGV[0]].pack("H*"))
pattern = Hash.from_bson(bytes)["r"]
puts "in Ruby options #{pattern.options.inspect}, matches over a line end: #{"a\nb".match?(pattern.compile)}"
RB
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { deserialize, serialize } from "bson";
const ruby = (...args) => execFileSync("/usr/bin/ruby", ["-W0", ...args]).toString().trim();
for (const pattern of [/a.b/, /a.b/g, /a.b/s]) {
  const bytes = Buffer.from(serialize({ r: pattern }));
  console.log(`${pattern}, matches over a line end: ${new RegExp(pattern).test("a\nb")}; ${ruby("read.rb", bytes.toString("hex"))}; read again ${deserialize(bytes).r}`);
}
const bytes = Buffer.from(ruby("write.rb"), "hex");
const { r } = deserialize(bytes);
console.log(`Ruby's /a.b/m: ${r}, a.b then a line end between: ${["a.b", "a.b", "a\nb"].map((text) => r.test(text))}; with bsonRegExp options "${deserialize(bytes, { bsonRegExp: true }).r.options}"`);
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "/a.b/, matches over a line end: false; in Ruby options \"\", matches over a line end: false; read again /a.b/
/a.b/g, matches over a line end: false; in Ruby options \"s\", matches over a line end: true; read again /a.b/g
/a.b/s, matches over a line end: true; in Ruby options \"\", matches over a line end: false; read again /a.b/
Ruby's /a.b/m: /a.b/gm, a.b then a line end between: true,false,false; with bsonRegExp options \"ms\"" ] || { echo "changed" >&2; exit 1; }
