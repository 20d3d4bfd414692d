#!/usr/bin/env bash
# libbibtex-parser-perl 1.03 of Debian 12 and @citation-js/plugin-bibtex 0.8.2 (npm), beside
# libtext-bibtex-perl 0.89 and python3-pybtex 0.24.0: names of BibTeX.
#
# A word within a name that begins with a small letter belongs to the particle (von); of an
# accented letter, {\'E}, the letter within counts, so {\'E}mile is a first name, and only
# {\'e}mile a particle (Patashnik, Designing BibTeX Styles, on special characters).
# BibTeX::Parser and citation-js take {\'E}mile for a particle, too: {\'E}mile Zola has no
# first name then, and is cited with both words. It does not show if the name is written
# with a comma. Text::BibTeX and pybtex do as BibTeX.
set -euo pipefail
for package in libtext-bibtex-perl=0.89 libbibtex-parser-perl=1.03 python3-pybtex=0.24.0; do
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
npm install --silent --no-audit --no-fund @citation-js/core@0.8.2 @citation-js/plugin-bibtex@0.8.2

cat >file.bib <<'BIB'
@book{key, title = {Title}, year = 1880,
  author = {{\'E}mile Zola and Honor{\'e} de Balzac and {\'A}ngel {\'A}lvarez and Zola, {\'E}mile and Jean {\'E}ric Petit}}
BIB
cat >try.py <<'PY'
from pybtex.database import parse_file
people = parse_file("file.bib").entries["key"].persons["author"]
print("pybtex:", *(f"[{' '.join(p.first_names + p.middle_names)} | {' '.join(p.prelast_names)} | {' '.join(p.last_names)}]" for p in people))
PY
cat >try.pl <<'PL'
use BibTeX::Parser;
use IO::File;
use Text::BibTeX;
my $entry = Text::BibTeX::Entry->new(Text::BibTeX::File->new("file.bib"));
print "Text::BibTeX:";
for my $name ($entry->names("author")) {
  print " [", join(" | ", map { join " ", grep { defined } $name->part($_) } qw(first von last)), "]";
}
print "\nBibTeX::Parser:";
print " [", join(" | ", map { $_ // "" } $_->first, $_->von, $_->last), "]" for BibTeX::Parser->new(IO::File->new("file.bib"))->next->author;
print "\n";
PL
cat >try.cjs <<'JS'
const { readFileSync } = require("node:fs");
require("@citation-js/plugin-bibtex");
const { Cite } = require("@citation-js/core");
const [{ author }] = new Cite(readFileSync("file.bib", "utf8")).data;
console.log("citation-js:", ...author.map((name) => `[${[name.given, name["non-dropping-particle"], name.family].map((part) => part ?? "").join(" | ")}]`));
JS
seen=$(/usr/bin/python3 try.py && /usr/bin/perl try.pl && node try.cjs)
echo "$seen"
[ "$seen" = "pybtex: [{\\'E}mile |  | Zola] [Honor{\\'e} | de | Balzac] [{\\'A}ngel |  | {\\'A}lvarez] [{\\'E}mile |  | Zola] [Jean {\\'E}ric |  | Petit]
Text::BibTeX: [{\\'E}mile |  | Zola] [Honor{\\'e} | de | Balzac] [{\\'A}ngel |  | {\\'A}lvarez] [{\\'E}mile |  | Zola] [Jean {\\'E}ric |  | Petit]
BibTeX::Parser: [ | {\\'E}mile | Zola] [Honor{\\'e} | de | Balzac] [ | {\\'A}ngel | {\\'A}lvarez] [{\\'E}mile |  | Zola] [Jean | {\\'E}ric | Petit]
citation-js: [ | Émile | Zola] [Honoré | de | Balzac] [ | Ángel | Álvarez] [Émile |  | Zola] [Jean | Éric | Petit]" ] || { echo "changed" >&2; exit 1; }
