#!/usr/bin/env bash
# glossy 0.1.7 and nsyslog-parser 0.10.1, on messages of the form of RFC 5424.
#
# In front of the text may stand elements in brackets; within a value `"`, `\` and `]`
# have a backslash in front, and an element may have no value at all (section 6.3). The
# text behind is free.
# - glossy looks for the end of the elements from behind: of a text in which there is a
#   "]" what stands in front of it is gone, and of one that ends in it all.
# - nsyslog-parser takes an element with an escaped quote, and one without values, for
#   text, and hands out other values with their backslashes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund glossy@0.1.7 nsyslog-parser@0.10.1

cat >try.cjs <<'JS'
const glossy = require("glossy").Parse;
const nsyslog = require("nsyslog-parser");
const rests = ['[a@1 k="v"] opened door', '[a@1 k="v"] opened [door]', '[a@1 k="v"] opened [door] twice', '[a@1 k="C:\\\\x"] text', '[a@1 k="\\"x\\""] text', "[a@1] text"];
for (const rest of rests) {
  const line = `<165>1 2026-11-30T22:14:15.003Z host app - id ${rest}`;
  const [first, second] = [glossy.parse(line), nsyslog(line)];
  const show = (data, message) => `${JSON.stringify(data)} "${message}"`;
  const values = second.structuredData.map(({ $id, ...pairs }) => [$id, pairs]);
  console.log(rest, `\n  glossy ${show(first.structuredData, first.message)}`, `\n  nsyslog-parser ${show(Object.fromEntries(values), second.message)}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = '[a@1 k="v"] opened door 
  glossy {"a@1":{"k":"v"}} "opened door" 
  nsyslog-parser {"a@1":{"k":"v"}} "opened door"
[a@1 k="v"] opened [door] 
  glossy {"a@1":{"k":"v"}} "" 
  nsyslog-parser {"a@1":{"k":"v"}} "opened [door]"
[a@1 k="v"] opened [door] twice 
  glossy {"a@1":{"k":"v"}} "twice" 
  nsyslog-parser {"a@1":{"k":"v"}} "opened [door] twice"
[a@1 k="C:\\x"] text 
  glossy {"a@1":{"k":"C:\\x"}} "text" 
  nsyslog-parser {"a@1":{"k":"C:\\\\x"}} "text"
[a@1 k="\"x\""] text 
  glossy {"a@1":{"k":"\"x\""}} "text" 
  nsyslog-parser {} "[a@1 k="\"x\""] text"
[a@1] text 
  glossy {} "text" 
  nsyslog-parser {} "[a@1] text"' ] || { echo "changed" >&2; exit 1; }
