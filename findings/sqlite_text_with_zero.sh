#!/usr/bin/env bash
# node:sqlite in Deno 2.9.6, Node 24.21.0 and Bun 1.4.5.
#
# A string of JavaScript may hold U+0000, and so may a text of SQLite, which is
# stored with its length. Bound as a parameter, "a\0b" is stored whole by all
# three (SQLite counts 3 bytes). Read back, Node and Bun give 3 characters, and
# Deno "a", without a word: two different keys of a table look the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5

cat >try.mjs <<'JS'
import { DatabaseSync } from "node:sqlite";
const db = new DatabaseSync(":memory:");
db.exec("create table names (name text primary key)");
const insert = db.prepare("insert into names values (?)");
insert.run("a\0b");
insert.run("a\0c");
const rows = db.prepare(
  "select name, length(cast(name as blob)) as size from names order by cast(name as blob)",
).all();
console.log(rows.map(({ name, size }) => `${JSON.stringify(name)} of ${size} bytes`).join(", "));
JS
seen=""
for program in "deno run -A" node bun; do
  seen+="${program%% *}: $(NODE_NO_WARNINGS=1 node_modules/.bin/$program try.mjs)"$'\n'
done
printf %s "$seen"
[ "$seen" = 'deno: "a" of 3 bytes, "a" of 3 bytes
node: "a\u0000b" of 3 bytes, "a\u0000c" of 3 bytes
bun: "a\u0000b" of 3 bytes, "a\u0000c" of 3 bytes
' ] || { echo "changed" >&2; exit 1; }
