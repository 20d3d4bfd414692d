#!/usr/bin/env bash
# Deno 2.9.6, Node 24.21.0 and Bun 1.4.5.
#
# The standards make the stream of a Blob and the body of a Response byte
# streams, so that a reader may bring its own buffer: getReader({ mode: "byob" }).
# Node gives one for all three sources here. Bun throws a TypeError for each,
# and Deno for bodies made of a text or of bytes, but not for a Blob's stream.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5

cat >try.mjs <<'JS'
const sources = {
  "text body": () => new Response("abc").body,
  "byte body": () => new Response(new Uint8Array(3)).body,
  "blob stream": () => new Blob(["abc"]).stream(),
};
for (const [name, make] of Object.entries(sources)) {
  try {
    const reader = make().getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(8));
    console.log(`${name}: ${value.byteLength} bytes`);
  } catch (error) {
    console.log(`${name}: ${error.name}`);
  }
}
JS
seen="Deno
$(node_modules/.bin/deno run try.mjs)
Node
$(node_modules/.bin/node try.mjs)
Bun
$(node_modules/.bin/bun try.mjs)"
echo "$seen"
[ "$seen" = "Deno
text body: TypeError
byte body: TypeError
blob stream: 3 bytes
Node
text body: 3 bytes
byte body: 3 bytes
blob stream: 3 bytes
Bun
text body: TypeError
byte body: TypeError
blob stream: TypeError" ] || { echo "changed" >&2; exit 1; }
