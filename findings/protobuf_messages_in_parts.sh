#!/usr/bin/env bash
# protobufjs 8.8.1, ts-proto 2.18.0, pbf 5.1.2, protons 9.0.2 and protocol-buffers
# 5.0.0, beside protoc 3.21.12 of Debian 12.
#
# Two encoded messages, one behind the other, are an encoded message: of a number the
# last counts, lists are joined, and messages inside are merged, field by field
# (encoding guide, "Last One Wins": "as if with the Message::MergeFrom method"). So a
# sender may write a message in parts. Of two parts, `sub { a: 5 list: "x" }` and
# `sub { b: 7 list: "y" }`, protoc and protobufjs make all four; the others drop the
# first part without a word.
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
npm install --silent --no-audit --no-fund protobufjs@8.8.1 ts-proto@2.18.0 @bufbuild/protobuf@2.17.0 \
  pbf@5.1.2 protons@9.0.2 protons-runtime@8.0.1 uint8arrays@6.1.1 protocol-buffers@5.0.0 esbuild@0.28.2

cat >message.proto <<'PROTO'
syntax = "proto3";
message Sub {
  int32 a = 1;
  int32 b = 2;
  repeated string list = 3;
}
message Message {
  Sub sub = 1;
}
PROTO
mkdir ts_proto
protoc --plugin=node_modules/.bin/protoc-gen-ts_proto --ts_proto_out=ts_proto message.proto
node_modules/.bin/protons message.proto >/dev/null
node_modules/.bin/pbf message.proto >pbf.mjs
node_modules/.bin/esbuild ts_proto/message.ts --log-level=error --outfile=ts_proto.mjs
node_modules/.bin/esbuild message.ts --log-level=error --outfile=protons.mjs
cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import { PbfReader } from "pbf";
import compile from "protocol-buffers";
import protobufjs from "protobufjs";
import { readMessage } from "./pbf.mjs";
import { Message as Protons } from "./protons.mjs";
import { Message as TsProto } from "./ts_proto.mjs";
const { Message } = compile(readFileSync("message.proto"));
const bytes = readFileSync(0);
const results = {
  "protobufjs": protobufjs.loadSync("message.proto").lookupType("Message").decode(bytes),
  "ts-proto": TsProto.decode(bytes),
  "pbf": readMessage(new PbfReader(bytes)),
  "protons": Protons.decode(bytes),
  "protocol-buffers": Message.decode(bytes),
};
for (const [name, { sub }] of Object.entries(results)) {
  console.log(`${name}: a ${sub.a || "lost"}, b ${sub.b}, list ${sub.list}`);
}
JS
{
  echo 'sub { a: 5 list: "x" }' | protoc --encode=Message message.proto
  echo 'sub { b: 7 list: "y" }' | protoc --encode=Message message.proto
} >parts
seen="protoc: $(protoc --decode=Message message.proto <parts | paste -sd ' ' | tr -s ' ')
$(node try.mjs <parts)"
echo "$seen"
[ "$seen" = 'protoc: sub { a: 5 b: 7 list: "x" list: "y" }
protobufjs: a 5, b 7, list x,y
ts-proto: a lost, b 7, list y
pbf: a lost, b 7, list y
protons: a lost, b 7, list y
protocol-buffers: a lost, b 7, list y' ] || { echo "changed" >&2; exit 1; }
