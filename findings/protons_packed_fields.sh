#!/usr/bin/env bash
# protons 9.0.2 with protons-runtime 8.0.1 (the messages of js-libp2p), reading what
# protoc 3.21.12 of Debian 12 writes.
#
# - `repeated int32` and its like are packed in proto3 unless the file says otherwise,
#   and a parser must take both forms (encoding guide, "Packed Repeated Fields").
#   protons takes numbers one by one only: the packed form throws, or, where the
#   numbers look like fields, is read as those: [24, 1] as [2] and `flag`.
# - of a `oneof` the last member that arrives counts; for protons the first.
# - fixed64 has no sign: 2^64 - 1 is read as -1, also where protons wrote it.
# Between two programs with protons only the last of these shows.
set -euo pipefail
name=protobuf-compiler version=3.21.12
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
npm install --silent --no-audit --no-fund protons@9.0.2 protons-runtime@8.0.1 uint8arrays@6.1.1 esbuild@0.28.2

cat >message.proto <<'PROTO'
syntax = "proto3";
message Message {
  repeated int32 numbers = 1;
  oneof choice {
    string text = 2;
    bool flag = 3;
  }
  fixed64 size = 4;
}
PROTO
node_modules/.bin/protons message.proto >/dev/null
node_modules/.bin/esbuild message.ts --log-level=error --outfile=message.mjs
cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Message } from "./message.mjs";
const isSet = ([name, value]) => value !== undefined && value.length !== 0 && (name !== "size" || value !== 0n);
const show = (message) => Object.entries(message).filter(isSet).map(([name, value]) => `${name} ${value}`).join(", ");
let read;
try {
  read = show(Message.decode(readFileSync(0)));
} catch (error) {
  read = `throws (${error.message})`;
}
console.log(read);
JS
cat >own.mjs <<'JS'
import { Message } from "./message.mjs";
process.stdout.write(Message.encode({ numbers: [], size: 2n ** 64n - 1n }));
JS
encode() { protoc --encode=Message message.proto; }
echo 'numbers: [1, 2, 3]' | encode >packed
echo 'numbers: [24, 1]' | encode >fields
{ echo 'flag: true' | encode; echo 'text: "last"' | encode; } >oneof
echo 'size: 18446744073709551615' | encode >size
node own.mjs >own
seen=$(for file in packed fields oneof size own; do
  echo "$file: protoc $(protoc --decode=Message message.proto <$file | paste -sd ' '); protons $(node try.mjs <$file)"
done)
echo "$seen"
[ "$seen" = 'packed: protoc numbers: 1 numbers: 2 numbers: 3; protons throws (index out of range: 3 + 8 > 5)
fields: protoc numbers: 24 numbers: 1; protons numbers 2, flag true
oneof: protoc text: "last"; protons flag true
size: protoc size: 18446744073709551615; protons size -1
own: protoc size: 18446744073709551615; protons size -1' ] || { echo "changed" >&2; exit 1; }
