#!/usr/bin/env bash
# python3-pyte 0.8.0 and libterm-vt102-perl 0.91 of Debian 12, beside @xterm/headless 6.0.0
# (npm): what is on the screen of a terminal.
#
# - A control sequence may have intermediate bytes, as in CSI ! p, and DCS, APC and PM bring
#   a string that is not shown (ECMA-48, 5.4 and 5.6). pyte puts the p and the strings on the
#   screen; xterm's own reset string (rs2) has a CSI ! p.
# - HPA goes to a column, NEL to the begin of the next line (8.3.57, 8.3.86): pyte leaves the
#   cursor in its place with the first, and in its column with the second.
# - Term::VT102 swallows the letter behind a sequence that it does not know: of those for
#   scrolling (SU), for repeating (REP) and for the title stack.
# - Insert mode and origin mode are of the VT102: Term::VT102 overwrites, and counts from the
#   first line of the screen. pyte lets the cursor leave the margins.
# Neither says anything.
set -euo pipefail
for package in python3-pyte=0.8.0 libterm-vt102-perl=0.91; do
  name=${package%=*} version=${package#*=}
  found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
  if [[ $found != "$version"* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
    found=$(dpkg-query -W -f '${Version}' "$name")
    [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @xterm/headless@6.0.0

cat >try.py <<'PY'
import json, pyte
with open("texts.json") as file:
    for name, text in json.load(file).items():
        screen = pyte.Screen(12, 4)
        pyte.Stream(screen).feed(text)
        print("/".join(line.rstrip() for line in screen.display))
PY
cat >try.pl <<'PL'
use JSON::PP;
use Term::VT102;
open my $file, "<", "names.json";
for my $text (@{decode_json(join "", <$file>)}) {
  my $screen = Term::VT102->new(cols => 12, rows => 4);
  $screen->process($text);
  print join("/", map { $screen->row_plaintext($_) =~ s/ +$//r } 1 .. 4), "\n";
}
PL
cat >try.cjs <<'JS'
const { execFileSync } = require("node:child_process");
const { writeFileSync } = require("node:fs");
const { Terminal } = require("@xterm/headless");
const texts = {
  "soft reset, CSI ! p": "ab\x1b[!pcd",
  DCS: "ab\x1bPqdata\x1b\\cd",
  APC: "ab\x1b_data\x1b\\cd",
  PM: "ab\x1b^data\x1b\\cd",
  "HPA to column 3": "abcdef\x1b[3`X",
  NEL: "abc\x1bEX",
  "SU by one line": "ab\r\ncd\x1b[SXY",
  "REP three times": "a\x1b[3bXY",
  "title stack, CSI 22 t": "ab\x1b[22;0tcd",
  "insert mode": "abc\x1b[4h\rXY\x1b[4l",
  "origin mode": "1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[?6h\x1b[1;2HX\x1b[4;3HY",
  "colours and moves": "a\x1b[31mb\x1b[m\x1b[2;3Hc\x1b[Ad\x1b[K",
};
writeFileSync("texts.json", JSON.stringify(texts));
writeFileSync("names.json", JSON.stringify(Object.values(texts)));
const run = (command, file) => execFileSync(command, [file]).toString().trimEnd().split("\n");
(async () => {
  const byPython = run("/usr/bin/python3", "try.py");
  const byPerl = run("/usr/bin/perl", "try.pl");
  for (const [index, [name, text]] of Object.entries(texts).entries()) {
    const terminal = new Terminal({ allowProposedApi: true, cols: 12, rows: 4 });
    await new Promise((resolve) => terminal.write(text, resolve));
    const { active } = terminal.buffer;
    const lines = [0, 1, 2, 3].map((row) => active.getLine(active.baseY + row).translateToString(true).trimEnd());
    console.log(`${name}: xterm ${lines.join("/")} pyte ${byPython[index]} Term::VT102 ${byPerl[index]}`);
  }
})();
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = 'soft reset, CSI ! p: xterm abcd/// pyte abpcd/// Term::VT102 abd///
DCS: xterm abcd/// pyte abqdatacd/// Term::VT102 abcd///
APC: xterm abcd/// pyte abdatacd/// Term::VT102 abcd///
PM: xterm abcd/// pyte abdatacd/// Term::VT102 abcd///
HPA to column 3: xterm abXdef/// pyte abcdefX/// Term::VT102 abXdef///
NEL: xterm abc/X// pyte abc/   X// Term::VT102 abc/X//
SU by one line: xterm cd/  XY// pyte ab/cdXY// Term::VT102 ab/cdY//
REP three times: xterm aaaaXY/// pyte aXY/// Term::VT102 aY///
title stack, CSI 22 t: xterm abcd/// pyte abcd/// Term::VT102 abd///
insert mode: xterm XYabc/// pyte XYabc/// Term::VT102 XYc///
origin mode: xterm 1/2X/3 Y/4 pyte 1/2XY/3/4 Term::VT102 1X/2/3/4 Y
colours and moves: xterm ab d/  c// pyte ab d/  c// Term::VT102 ab d/  c//' ] || { echo "changed" >&2; exit 1; }
