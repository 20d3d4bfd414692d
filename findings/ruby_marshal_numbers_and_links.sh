#!/usr/bin/env bash
# marshal 0.5.4 and @hyrious/marshal 0.3.4, on what Marshal.dump of Ruby 3.1 (Debian 12)
# writes.
#
# An integer is one to four bytes behind a count of them, which is negative for negative
# ones: bytes left out are 255 there (Ruby's "Marshal format"). What stands in a value
# twice is written once, and then as a link to it; that is so for equal floats, too.
# - @hyrious/marshal reads each integer from -2^30 to -2^24 - 1, all of four bytes, as -1.
# - marshal reads those from -65536 to -32769 as positive ones, and of two equal floats,
#   or of a list that stands twice, the second is undefined.
# Neither throws.
set -euo pipefail
name=ruby version=1:3.1
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
npm install --silent --no-audit --no-fund marshal@0.5.4 @hyrious/marshal@0.3.4

cat >values.rb <<'RB'
list = [7]
[-32768, -32769, -65536, -65537, -2**24, -2**24 - 1, -1_000_000_000, [1.5, 1.5], [list, list]].each do |value|
  puts [value.inspect, Marshal.dump(value).unpack1("H*")].join("\t")
end
RB
cat >try.mjs <<'JS'
import { load } from "@hyrious/marshal";
import Marshal from "marshal";
import { readFileSync } from "node:fs";
const show = (value) => JSON.stringify(value, (_key, item) => (item === undefined ? "undefined" : item));
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const [value, hex] = line.split("\t");
  const bytes = Buffer.from(hex, "hex");
  console.log(`${value}: marshal ${show(new Marshal(bytes).parsed)}, @hyrious/marshal ${show(load(bytes))}`);
}
JS
seen=$(/usr/bin/ruby values.rb | node try.mjs)
echo "$seen"
[ "$seen" = '-32768: marshal -32768, @hyrious/marshal -32768
-32769: marshal 32767, @hyrious/marshal -32769
-65536: marshal 0, @hyrious/marshal -65536
-65537: marshal -65537, @hyrious/marshal -65537
-16777216: marshal -16777216, @hyrious/marshal -16777216
-16777217: marshal -16777217, @hyrious/marshal -1
-1000000000: marshal -1000000000, @hyrious/marshal -1
[1.5, 1.5]: marshal [1.5,"undefined"], @hyrious/marshal [1.5,1.5]
[[7], [7]]: marshal [[7],"undefined"], @hyrious/marshal [[7],[7]]' ] || { echo "changed" >&2; exit 1; }
