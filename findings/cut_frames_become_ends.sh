#!/usr/bin/env bash
# Packages that take a stream of bytes apart into messages, on Node 24.21.0:
# length-prefixed-stream 2.0.0, msgpack-lite 0.2.2, msgpack5 6.1.0,
# @msgpack/msgpack 3.1.3, JSONStream 1.3.5; it-length-prefixed 11.0.1, msgpackr
# 2.1.4, cbor-x 1.6.9, cbor 10.0.12.
#
# A stream ends in the middle of its second message, as where a program was killed.
# The first five hand out one message and an ordinary end: the rest is gone, and
# nobody learns that there was one. The last four throw. decodeMultiStream of
# @msgpack/msgpack does not, where decodeAsync of the same package does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false node@24.21.0 length-prefixed-stream@2.0.0 msgpack-lite@0.2.2 \
  msgpack5@6.1.0 @msgpack/msgpack@3.1.3 JSONStream@1.3.5 it-length-prefixed@11.0.1 msgpackr@2.1.4 cbor-x@1.6.9 cbor@10.0.12


cat >try.mjs <<'JS'
import { decodeMultiStream } from "@msgpack/msgpack";
import cbor from "cbor";
import { DecoderStream } from "cbor-x";
import { decode } from "it-length-prefixed";
import JSONStream from "JSONStream";
import lengthPrefixed from "length-prefixed-stream";
import lite from "msgpack-lite";
import msgpack5 from "msgpack5";
import { UnpackrStream } from "msgpackr";
import { Readable } from "node:stream";

const prefixed = Buffer.from("\x08textText\x08text", "latin1");
const json = Buffer.from('["textText","text');
const packed = Buffer.concat([lite.encode("textText"), lite.encode("textText").subarray(0, 5)]);
const sequence = Buffer.concat([cbor.encode("textText"), cbor.encode("textText").subarray(0, 5)]);
const readers = {
  "length-prefixed-stream": [prefixed, lengthPrefixed.decode()],
  "msgpack-lite": [packed, lite.createDecodeStream()],
  msgpack5: [packed, msgpack5().decoder()],
  "@msgpack/msgpack": [packed, decodeMultiStream],
  JSONStream: [json, JSONStream.parse("*")],
  "it-length-prefixed": [prefixed, decode],
  msgpackr: [packed, new UnpackrStream()],
  "cbor-x": [sequence, new DecoderStream()],
  cbor: [sequence, new cbor.Decoder()],
};
for (const [name, [bytes, reader]] of Object.entries(readers)) {
  let count = 0;
  const end = await new Promise((resolve) => {
    const messages = typeof reader === "function" ? Readable.from(reader(Readable.from([bytes]))) : reader;
    messages.on("data", () => count++).on("end", () => resolve("end")).on("error", ({ message }) => resolve(message));
    if (messages === reader) reader.end(bytes);
  });
  console.log(`${name}: ${count} and ${end}`);
}
JS
seen=$(timeout 30 node_modules/.bin/node try.mjs)
echo "$seen"
[ "$seen" = "length-prefixed-stream: 1 and end
msgpack-lite: 1 and end
msgpack5: 1 and end
@msgpack/msgpack: 1 and end
JSONStream: 1 and end
it-length-prefixed: 1 and Unexpected end of input
msgpackr: 1 and Unexpected end of MessagePack data
cbor-x: 1 and Unexpected end of CBOR data
cbor: 1 and unexpected end of input" ] || { echo "changed" >&2; exit 1; }
