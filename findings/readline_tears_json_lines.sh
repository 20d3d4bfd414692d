#!/usr/bin/env bash
# node:readline and FileHandle.readLines() in Deno 2.9.6, Node 24.21.0 and Bun 1.4.5.
#
# JSON lines, one value a line, are safe to read by lines, since JSON.stringify
# escapes what ends a line: "\n" and "\r", which with "\r\n" are all that the
# manual of Node names. readline also ends a line at U+2028 and U+2029, which JSON
# lets stand in a string and JSON.stringify does not escape: a text of one line
# comes out as two halves that are no JSON. All three runtimes agree, and no option
# turns it off. split2 4.2.0, in its place, gives the line.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5 split2@4.2.0


cat >try.mjs <<'JS'
import fs from "node:fs";
import readline from "node:readline";
import split2 from "split2";
for (const separator of ["\u2028", "\u2029", "\u0085"]) {
  fs.writeFileSync("lines", `${JSON.stringify({ text: `one${separator}two` })}\n`);
  const sources = {
    createInterface: () => readline.createInterface({ input: fs.createReadStream("lines"), crlfDelay: Infinity }),
    readLines: async () => (await fs.promises.open("lines")).readLines(),
    split2: () => fs.createReadStream("lines").pipe(split2()),
  };
  const seen = [];
  for (const [name, open] of Object.entries(sources)) {
    const lines = [];
    for await (const line of await open()) lines.push(line);
    seen.push(`${name} ${lines.length}`);
  }
  console.log(`U+${separator.charCodeAt().toString(16)}: ${seen.join(", ")}`);
}
JS
for program in "deno run -A" node bun; do
  seen=$(timeout 30 node_modules/.bin/$program try.mjs)
  echo "${program%% *}"
  echo "$seen"
  [ "$seen" = "U+2028: createInterface 2, readLines 2, split2 1
U+2029: createInterface 2, readLines 2, split2 1
U+85: createInterface 1, readLines 1, split2 1" ] || { echo "changed" >&2; exit 1; }
done
