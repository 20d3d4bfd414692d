#!/usr/bin/env bash
# gettext-parser 10.0.0 (npm), beside python3-polib 1.1.1 and the gettext of Debian 12:
# message catalogues (MO files).
#
# The strings of a catalogue are sorted, and a program searches by halves, comparing bytes,
# if there is no table of hashes (GNU gettext manual, 10.3). gettext-parser writes no table,
# and sorts by UTF-16 units, in which a character beyond U+FFFF comes before U+E000 to
# U+FFFF, full-width letters and punctuation among them; in UTF-8 it comes behind. So
# gettext(1) does not find what is there, and shows the text untranslated, without a word;
# which strings are lost depends on the others. polib and msgfmt sort by bytes.
set -euo pipefail
for package in gettext=0.21 gettext-base=0.21 python3-polib=1.1.1; do
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
npm install --silent --no-audit --no-fund gettext-parser@10.0.0

cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { mo, po } from "gettext-parser";
const strings = ["Apple", "Banana", "Cherry", "（optional）", "\u{1F40B} Whale", "\u{1F600} Smile"];
const translations = { "": Object.fromEntries(strings.map((msgid) => [msgid, { msgid, msgstr: [`translated ${msgid}`] }])) };
const catalogue = { charset: "utf-8", headers: { "Content-Type": "text/plain; charset=UTF-8" }, translations };
mkdirSync("locale/de/LC_MESSAGES", { recursive: true });
const file = (name) => `locale/de/LC_MESSAGES/${name}.mo`;
writeFileSync("file.po", po.compile(catalogue));
writeFileSync(file("gettext-parser"), mo.compile(catalogue));
execFileSync("msgfmt", ["--no-hash", "-o", file("msgfmt"), "file.po"]);
execFileSync("/usr/bin/python3", ["-c", "import polib, sys; polib.pofile('file.po').save_as_mofile(sys.argv[1])", file("polib")]);
const env = { ...process.env, LANGUAGE: "de", LC_ALL: "C.UTF-8", TEXTDOMAINDIR: "locale" };
for (const name of ["msgfmt", "polib", "gettext-parser"]) {
  const found = strings.map((msgid) => execFileSync("gettext", [name, msgid], { env }).toString());
  console.log(`${name}: ${found.join(" | ")}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "msgfmt: translated Apple | translated Banana | translated Cherry | translated （optional） | translated 🐋 Whale | translated 😀 Smile
polib: translated Apple | translated Banana | translated Cherry | translated （optional） | translated 🐋 Whale | translated 😀 Smile
gettext-parser: translated Apple | translated Banana | translated Cherry | （optional） | translated 🐋 Whale | translated 😀 Smile" ] || { echo "changed" >&2; exit 1; }
