#!/usr/bin/env bash
# DecompressionStream of Deno 2.9.6, beside Node 24.21.0 and Bun 1.4.5.
#
# Where the input ends before the compressed data does, the standard (Compression
# Streams, "decompress flush and enqueue") has a TypeError thrown. Node and Bun do so
# for each format. Deno does for gzip; a file of "deflate" or "deflate-raw" of which
# half has arrived is an ordinary end of the stream there, and close() succeeds: half a
# file looks whole.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5

cat >try.mjs <<'JS'
import zlib from "node:zlib";
const bytes = new Uint8Array(100_000).map((_, i) => (i * i) >> 7);
async function decompress(input, format) {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  const written = writer.write(input).then(() => writer.close()).catch(() => {});
  let size = 0;
  try {
    for await (const chunk of stream.readable) size += chunk.length;
    await written;
    return size === bytes.length ? "whole" : size > 0 ? "a part, and success" : "nothing, and success";
  } catch (error) {
    return error.name;
  }
}
for (const [format, compress] of [["gzip", zlib.gzipSync], ["deflate", zlib.deflateSync], ["deflate-raw", zlib.deflateRawSync]]) {
  const input = compress(bytes);
  const half = await decompress(input.subarray(0, input.length / 2), format);
  console.log(`${format}: ${await decompress(input, format)}; half of it: ${half}`);
}
JS
seen=""
for program in "deno run -A" node bun; do
  seen+="${program%% *}"$'\n'"$(node_modules/.bin/$program try.mjs)"$'\n'
done
echo -n "$seen"
[ "$seen" = "deno
gzip: whole; half of it: TypeError
deflate: whole; half of it: a part, and success
deflate-raw: whole; half of it: a part, and success
node
gzip: whole; half of it: TypeError
deflate: whole; half of it: TypeError
deflate-raw: whole; half of it: TypeError
bun
gzip: whole; half of it: TypeError
deflate: whole; half of it: TypeError
deflate-raw: whole; half of it: TypeError
" ] || { echo "changed" >&2; exit 1; }
