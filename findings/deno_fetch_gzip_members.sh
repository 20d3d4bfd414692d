#!/usr/bin/env bash
# fetch of Deno 2.9.6, beside Node 24.21.0 and Bun 1.4.5.
#
# A gzip file may have several members, and what it holds is all of them (RFC 1952,
# section 2.2), as where a log is compressed piece by piece or files are joined by
# `cat`. Sent with `content-encoding: gzip`, Node and Bun hand out all of it. Deno
# hands out the first member, ends the body and reports success. Its node:zlib
# reads such a file whole, and its DecompressionStream throws, as the standard of
# that has it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5

cat >try.mjs <<'JS'
import { Buffer } from "node:buffer";
import http from "node:http";
import process from "node:process";
import zlib from "node:zlib";
const joined = Buffer.concat([zlib.gzipSync("first "), zlib.gzipSync("second")]);
const server = http.createServer((_request, response) => {
  response.writeHead(200, { "content-encoding": "gzip", "content-length": joined.length });
  response.end(joined);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
console.log(`fetch "${await response.text()}", zlib "${zlib.gunzipSync(joined)}"`);
process.exit();
JS
seen=""
for program in "deno run -A" node bun; do
  seen+="${program%% *}: $(node_modules/.bin/$program try.mjs)"$'\n'
done
echo -n "$seen"
[ "$seen" = 'deno: fetch "first ", zlib "first second"
node: fetch "first second", zlib "first second"
bun: fetch "first second", zlib "first second"
' ] || { echo "changed" >&2; exit 1; }
