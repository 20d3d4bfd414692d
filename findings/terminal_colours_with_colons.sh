#!/usr/bin/env bash
# ansi_up 6.0.6 and ansi-to-html 0.7.2 (npm), aha 0.5.1 and ansifilter 2.18 (Debian 12):
# output of a terminal made HTML.
#
# Parts of one parameter of SGR have colons between them (ECMA-48, 5.4.2; ITU-T T.416,
# 13.1.8): 38:2::255:0:0 is red, 38:5:196 is as well, 4:3 a curly line, and a parameter
# may be empty. Current programs write these, and terminals read them. Of one and the same
# - ansi_up shows the text of the sequence, "[38:5:196m", and ansi-to-html the end of it;
#   of an empty parameter, too;
# - aha takes 4:3 for 4;3, underlined and italic, and 38:2::255:0:0 for nothing;
# - ansifilter has neither of the colours with colons, and 4:3 plainly underlined.
# With semicolons all four show red.
set -euo pipefail
for package in aha=0.5.1 ansifilter=2.18; do
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
npm install --silent --no-audit --no-fund ansi_up@6.0.6 ansi-to-html@0.7.2

cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { AnsiUp } from "ansi_up";
import Convert from "ansi-to-html";
const tools = {
  ansi_up: (text) => new AnsiUp().ansi_to_html(text),
  "ansi-to-html": (text) => new Convert().toHtml(text),
  aha: (text) => execFileSync("aha", ["-n"], { input: text }).toString(),
  ansifilter: (text) => execFileSync("ansifilter", ["-H", "-f"], { input: text }).toString(),
};
for (const parameters of ["38;5;196", "38:5:196", "38:2::255:0:0", "4:3", ";31"]) {
  console.log(`${parameters}:`);
  for (const [name, convert] of Object.entries(tools)) console.log(`  ${name} ${convert(`\x1b[${parameters}mtext\x1b[0m`).trim().replace("\x1b", "ESC")}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '38;5;196:
  ansi_up <span style="color:rgb(255,0,0)">text</span>
  ansi-to-html <span style="color:#ff0000">text</span>
  aha <span style="color:#ff0000;">text</span>
  ansifilter <span style="color:#ff0000;">text</span>
38:5:196:
  ansi_up [38:5:196mtext
  ansi-to-html :5:196mtext
  aha <span style="color:#ff0000;">text</span>
  ansifilter <span style="color:#000000;">text</span>
38:2::255:0:0:
  ansi_up [38:2::255:0:0mtext
  ansi-to-html :2::255:0:0mtext
  aha text
  ansifilter <span style="color:#000000;">text</span>
4:3:
  ansi_up [4:3mtext
  ansi-to-html :3mtext
  aha <span style="text-decoration:underline;font-style:italic;">text</span>
  ansifilter <span style="text-decoration:underline;color:#000000;">text</span>
;31:
  ansi_up <span style="color:rgb(187,0,0)">text</span>
  ansi-to-html mtext
  aha <span style="color:red;">text</span>
  ansifilter <span style="color:#cd0000;">text</span>' ] || { echo "changed" >&2; exit 1; }
