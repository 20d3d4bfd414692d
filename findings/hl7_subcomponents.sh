#!/usr/bin/env bash
# hl7-standard 1.0.4 and simple-hl7 3.3.0 (messages of hospitals, HL7 version 2).
#
# "~" is between repetitions of a field, "^" between components and "&" between their
# subcomponents; where they belong to a text they are escaped (HL7 2.x, section 2.7).
# - hl7-standard, told to parse a message and build it again, writes a field of two
#   subcomponents, a&b, as two repetitions, a~b. With another component beside it, a&b^c,
#   it is right.
# - simple-hl7 does not escape what is put in: the text "R&D|new" is two fields, the first
#   of two subcomponents, when the message is read; and what came escaped it hands out so.
# Neither README speaks of escaping, and nothing throws.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hl7-standard@1.0.4 simple-hl7@3.3.0

cat >try.cjs <<'JS'
const HL7 = require("hl7-standard");
const { Message, Parser } = require("simple-hl7");
const header = "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.3";
for (const field of ["a&b^c", "a&b", "a~b"]) {
  const message = new HL7(`${header}\rPID|1||${field}|last`);
  message.transform();
  console.log(`hl7-standard: ${field} is built as ${message.build().split(/\r\n?/)[1].split("|")[3]}`);
}
const message = new Message("A", "B", "C", "D", "20260101", "ADT^A01", "1", "P", "2.3");
message.addSegment("NTE", "1", "R&D|new", "last");
const note = new Parser().parse(message.toString()).getSegment("NTE");
console.log(`simple-hl7: "R&D|new" and "last" are read as ${[2, 3].map((i) => `"${note.getField(i)}"`).join(" and ")}`);
const escaped = new Parser().parse(`${header}\rNTE|1|R\\T\\D`).getSegment("NTE");
console.log(`simple-hl7: R\\T\\D is read as "${escaped.getField(2)}"`);
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = 'hl7-standard: a&b^c is built as a&b^c
hl7-standard: a&b is built as a~b
hl7-standard: a~b is built as a~b
simple-hl7: "R&D|new" and "last" are read as "R&D" and "new"
simple-hl7: R\T\D is read as "R\T\D"' ] || { echo "changed" >&2; exit 1; }
