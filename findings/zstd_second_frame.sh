#!/usr/bin/env bash
# node:zlib in Deno 2.9.6, Node 24.21.0 and Bun 1.4.5: zstd.
#
# The format lets frames follow each other, and what a file of two frames holds
# is both (`zstd -d` of the tool says so). Three runtimes, three answers:
# - two frames: Deno and Node give the first one only, synchronously and as a
#   stream, without an error; Bun gives both;
# - a frame without its last 3 bytes: Node fails with Z_BUF_ERROR; Deno and Bun
#   give the bytes so far and report success.
# So length and hash must be checked behind it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5

cat >try.mjs <<'JS'
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
const first = zlib.zstdCompressSync(Buffer.from("first "));
const second = zlib.zstdCompressSync(Buffer.from("second"));
const inputs = { "two frames": Buffer.concat([first, second]), "cut": first.subarray(0, -3) };
for (const [name, bytes] of Object.entries(inputs)) {
  let result;
  try {
    result = zlib.zstdDecompressSync(bytes).toString();
  } catch (error) {
    result = error.code;
  }
  const streamed = await new Promise((resolve) => {
    let text = "";
    const stream = zlib.createZstdDecompress();
    stream.on("data", (chunk) => text += chunk);
    stream.on("end", () => resolve(text));
    stream.on("error", (error) => resolve(error.code));
    stream.end(bytes);
  });
  console.log(`${name}: "${result}", as a stream "${streamed}"`);
}
JS
seen="Deno
$(node_modules/.bin/deno run -A try.mjs)
Node
$(node_modules/.bin/node try.mjs)
Bun
$(node_modules/.bin/bun try.mjs)"
echo "$seen"
[ "$seen" = 'Deno
two frames: "first ", as a stream "first "
cut: "fir", as a stream "fir"
Node
two frames: "first ", as a stream "first "
cut: "Z_BUF_ERROR", as a stream "Z_BUF_ERROR"
Bun
two frames: "first second", as a stream "first second"
cut: "fir", as a stream "fir"' ] || { echo "changed" >&2; exit 1; }
