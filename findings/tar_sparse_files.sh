#!/usr/bin/env bash
# tar-stream 3.2.2, tar 7.5.23 and modern-tar 0.8.6, on archives of GNU tar 1.34.
#
# `tar -S` stores a file with holes as its pieces and a map of where they go.
# None of the three packages puts it together, and none says so:
# - format gnu: tar-stream and modern-tar hand out the pieces, 8,192 bytes, as
#   the file (tar-stream with type null, modern-tar with type "file"); tar
#   extracts nothing at all and reports success;
# - format pax (the default of `tar --format=posix -S`): all three hand out map
#   and pieces, 8,704 bytes, as a file of another name,
#   "GNUSparseFile.NUMBER/sparse.bin".
# The file was 1,048,576 bytes long.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund tar-stream@3.2.2 tar@7.5.23 modern-tar@0.8.6

truncate -s 1M sparse.bin
printf begin | dd of=sparse.bin conv=notrunc status=none
printf end | dd of=sparse.bin bs=1 seek=1048573 conv=notrunc status=none
tar -S --format=gnu -cf gnu.tar sparse.bin
tar -S --format=pax -cf pax.tar sparse.bin

cat >try.mjs <<'JS'
import { createReadStream, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extract } from "tar-stream";
import { x } from "tar";
import { unpackTar } from "modern-tar";
const plain = (name) => name.replace(/^\.\//, "").replace(/\.\d+\//, ".NUMBER/");
for (const format of ["gnu", "pax"]) {
  const unpacking = extract();
  createReadStream(`${format}.tar`).pipe(unpacking);
  for await (const entry of unpacking) {
    let size = 0;
    for await (const chunk of entry) size += chunk.length;
    console.log(`${format}, tar-stream: ${plain(entry.header.name)} ${entry.header.type} ${size}`);
  }
  mkdirSync(format);
  const warnings = [];
  await x({ file: `${format}.tar`, cwd: format, onwarn: (code) => warnings.push(code) });
  const files = readdirSync(format, { recursive: true }).filter((name) => statSync(`${format}/${name}`).isFile());
  console.log(`${format}, tar: ${files.map((name) => `${plain(name)} ${statSync(`${format}/${name}`).size}`)}; warnings: ${warnings.length}`);
  for (const { header, data } of await unpackTar(readFileSync(`${format}.tar`))) {
    console.log(`${format}, modern-tar: ${plain(header.name)} ${header.type} ${data.length}`);
  }
}
JS
npm install --silent --no-audit --no-fund node@24.21.0
seen=$(node_modules/.bin/node try.mjs)
echo "$seen"
[ "$seen" = "gnu, tar-stream: sparse.bin null 8192
gnu, tar: ; warnings: 0
gnu, modern-tar: sparse.bin file 8192
pax, tar-stream: GNUSparseFile.NUMBER/sparse.bin file 8704
pax, tar: GNUSparseFile.NUMBER/sparse.bin 8704; warnings: 0
pax, modern-tar: GNUSparseFile.NUMBER/sparse.bin file 8704" ] || { echo "changed" >&2; exit 1; }
