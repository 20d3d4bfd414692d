#!/usr/bin/env bash
# irc-message 3.0.2 (npm) and libpoe-filter-ircd-perl 2.44 of Debian 12: tags of IRC messages.
#
# The value of a tag has \: for a semicolon, \s for a blank, \r, \n and \\, and a
# backslash before anything else, or at the end, is left out; no value is the same as an
# empty one (IRCv3, message tags). Both leave the escapes in: a text, a name or an address
# with a blank reads wrong, and an identifier with a semicolon does not match. irc-message
# has true for both no value and an empty one, POE::Filter::IRCD tells them apart.
set -euo pipefail
name=libpoe-filter-ircd-perl version=2.44
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
npm install --silent --no-audit --no-fund irc-message@3.0.2

cat >message <<'MESSAGE'
@text=a\sb\:\\c;other=x\y;end=z\;empty=;none :nick!user@host PRIVMSG #room :hello
MESSAGE
cat >try.pl <<'PL'
use JSON::PP;
use POE::Filter::IRCD;
open my $file, "<", "message";
chomp(my $line = <$file>);
my ($message) = @{POE::Filter::IRCD->new->get([$line])};
print "POE::Filter::IRCD ", JSON::PP->new->canonical->encode($message->{tags}), "\n";
PL
cat >try.cjs <<'JS'
const { readFileSync } = require("node:fs");
const { parse } = require("irc-message");
const line = readFileSync("message", "utf8").trimEnd();
const meanings = { ":": ";", s: " ", r: "\r", n: "\n" };
const tags = line.slice(1, line.indexOf(" ")).split(";").map((tag) => {
  const [name, value = ""] = tag.split(/=(.*)/);
  return [name, value.replace(/\\(.?)/g, (_, letter) => meanings[letter] ?? letter)];
});
console.log("the standard", JSON.stringify(Object.fromEntries(tags)));
console.log("irc-message", JSON.stringify(parse(line).tags));
JS
seen=$(node try.cjs && /usr/bin/perl try.pl)
echo "$seen"
[ "$seen" = 'the standard {"text":"a b;\\c","other":"xy","end":"z","empty":"","none":""}
irc-message {"text":"a\\sb\\:\\\\c","other":"x\\y","end":"z\\","empty":true,"none":true}
POE::Filter::IRCD {"empty":"","end":"z\\","none":null,"other":"x\\y","text":"a\\sb\\:\\\\c"}' ] || { echo "changed" >&2; exit 1; }
