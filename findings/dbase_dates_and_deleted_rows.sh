#!/usr/bin/env bash
# dbf-reader 1.0.3, node-dbf 0.4.0, parsedbf 2.0.0 and shapefile 0.6.6 (npm), beside
# dbffile 1.13.0 and libdbd-xbase-perl 1.08 of Debian 12: tables of dBase (DBF).
#
# A record that begins with * is deleted, a date is YYYYMMDD, Y, y, T and t are true, and
# blanks or a question mark stand for no value.
# - dbf-reader takes the month as counted from 0: every date is a month late, 31 January
#   becomes 2 March. It has 0 for no number and false for no truth value.
# - node-dbf has no value for T or Y, and NaN for no number, as parsedbf has.
# - parsedbf and shapefile give the deleted record like any other; a Shapefile counts it
#   along with its shapes, but a table alone has it no more. shapefile takes an empty
#   date for 30 November 1899.
# None says anything. dbffile and XBase read all of it as written.
set -euo pipefail
name=libdbd-xbase-perl version=1:1.08
found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
if [[ $found != "$version"* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
  found=$(dpkg-query -W -f '${Version}' "$name")
  [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dbf-reader@1.0.3 node-dbf@0.4.0 parsedbf@2.0.0 shapefile@0.6.6 dbffile@1.13.0

cat >try.pl <<'PL'
use XBase;
my $table = XBase->new("table.dbf");
for my $number (0 .. $table->last_record) {
  my ($deleted, @values) = $table->get_record($number);
  print join(" ", map { $_ // "null" } @values), "; " unless $deleted;
}
PL
cat >try.cjs <<'JS'
const { execFileSync } = require("node:child_process");
const { readFileSync, writeFileSync } = require("node:fs");
const { DBFFile } = require("dbffile");
const Parser = require("node-dbf").default;
const fields = [["NAME", "C", 4], ["COUNT", "N", 4], ["DAY", "D", 8], ["YES", "L", 1]];
const records = [" one    120240131T", "*two    220240229F", " thr    320240331Y", " fou                 ?"].map((text) => text.padEnd(18).slice(0, 17) + text.at(-1));
const head = Buffer.alloc(32);
head.set([3, 124, 2, 29]);
head.writeUInt32LE(records.length, 4);
head.writeUInt16LE(33 + 32 * fields.length, 8);
head.writeUInt16LE(18, 10);
const names = fields.map(([name, type, length]) => {
  const field = Buffer.alloc(32);
  field.write(name + "\0".repeat(11 - name.length) + type);
  field[16] = length;
  return field;
});
writeFileSync("table.dbf", Buffer.concat([head, ...names, Buffer.from(`\r${records.join("")}\x1a`)]));
const show = (value) => (value instanceof Date ? Number.isNaN(Number(value)) ? "no day" : value.toISOString().slice(0, 10).replaceAll("-", "") : value === "" ? "empty" : String(value));
const tell = (name, rows) => console.log(`${name}: ${rows.map((row) => fields.map(([key]) => show(row[key])).join(" ")).join("; ")}`);
(async () => {
  const bytes = readFileSync("table.dbf");
  console.log(`XBase: ${execFileSync("/usr/bin/perl", ["try.pl"]).toString().slice(0, -2)}`);
  tell("dbffile", await (await DBFFile.open("table.dbf")).readRecords());
  tell("dbf-reader", require("dbf-reader").Dbf.read(bytes).rows);
  const rows = [];
  await new Promise((resolve) => {
    const parser = new Parser("table.dbf");
    parser.on("record", (row) => rows.push(row));
    parser.on("end", resolve);
    parser.parse();
  });
  tell("node-dbf", rows.filter((row) => !row["@deleted"]));
  tell("parsedbf", require("parsedbf").default(new DataView(bytes.buffer, bytes.byteOffset, bytes.length)));
  const source = await require("shapefile").openDbf(bytes);
  const found = [];
  for (let next = await source.read(); !next.done; next = await source.read()) found.push(next.value);
  tell("shapefile", found);
})();
JS
seen=$(TZ=UTC node try.cjs)
echo "$seen"
[ "$seen" = "XBase: one 1 20240131 1; thr 3 20240331 1; fou null null null
dbffile: one 1 20240131 true; thr 3 20240331 true; fou null null null
dbf-reader: one 1 20240302 true; thr 3 20240501 true; fou 0 null false
node-dbf: one 1 20240131 null; thr 3 20240331 null; fou NaN empty null
parsedbf: one 1 20240131 true; two 2 20240229 false; thr 3 20240331 true; fou NaN no day false
shapefile: one 1 20240131 true; two 2 20240229 false; thr 3 20240331 true; fou null 18991130 null" ] || { echo "changed" >&2; exit 1; }
