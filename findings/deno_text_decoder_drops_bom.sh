#!/usr/bin/env bash
# TextDecoder with { stream: true } and TextDecoderStream of Deno 2.9.6, beside Node
# 24.21.0 and Bun 1.4.5.
#
# U+FEFF at the very beginning of a stream is a byte order mark and is taken away;
# anywhere else it is a character of the text (Encoding Standard: "BOM seen" is set
# with the first character, whichever that is). Deno goes on looking for the mark: where
# a later chunk begins with U+FEFF, as behind two files that `cat` joined, it is
# taken away. What arrives depends on where the network cuts the text, and is right
# where it comes in one piece.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5

cat >try.mjs <<'JS'
const bytes = new TextEncoder().encode("one\ufefftwo");
const show = (text) => text.replaceAll("\ufeff", "<FEFF>");
async function decode(cut) {
  const parts = [bytes.subarray(0, cut), bytes.subarray(cut)];
  const decoder = new TextDecoder();
  const text = decoder.decode(parts[0], { stream: true }) + decoder.decode(parts[1], { stream: true }) + decoder.decode();
  let streamed = "";
  const chunks = new ReadableStream({
    start(controller) {
      parts.forEach((part) => controller.enqueue(part));
      controller.close();
    },
  });
  for await (const piece of chunks.pipeThrough(new TextDecoderStream())) streamed += piece;
  return `${show(text)}, as a stream ${show(streamed)}`;
}
console.log(`cut behind 2 bytes: ${await decode(2)}; behind 3: ${await decode(3)}`);
JS
seen=""
for program in "deno run -A" node bun; do
  seen+="${program%% *}: $(node_modules/.bin/$program try.mjs)"$'\n'
done
echo -n "$seen"
[ "$seen" = "deno: cut behind 2 bytes: one<FEFF>two, as a stream one<FEFF>two; behind 3: onetwo, as a stream onetwo
node: cut behind 2 bytes: one<FEFF>two, as a stream one<FEFF>two; behind 3: one<FEFF>two, as a stream one<FEFF>two
bun: cut behind 2 bytes: one<FEFF>two, as a stream one<FEFF>two; behind 3: one<FEFF>two, as a stream one<FEFF>two
" ] || { echo "changed" >&2; exit 1; }
