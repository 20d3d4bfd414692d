#!/usr/bin/env bash
# ripmime 1.4.0.10, mpack 1.6, maildrop 2.9.3, ruby-mail 2.7.1 and libemail-mime-perl 1.953
# of Debian 12 and libmime 5.6.4 (npm), beside Python's email: file names of mails.
#
# A name may come in parts, name*0, name*1, which are put together; a part that ends in *
# has percent codes, one without has none, also in the same name (RFC 2231, 3 and 4.1). Within
# quotes a backslash makes the next character plain (RFC 2045, 5.1).
# - Email::MIME, Ruby's mail and libmime decode percent codes where there are none, as soon
#   as another part of the name has some: 100%25 becomes 100%.
# - Ruby's mail and reformime (maildrop) leave the backslash in the name.
# - ripmime writes a file "one" for "one two.txt" in plain parts, and has of a name with a
#   quote what is behind the backslash.
# - munpack (mpack) knows no such names, and calls the file part1.
# None says anything.
set -euo pipefail
for package in ripmime=1.4.0.10 mpack=1.6 maildrop=2.9.3 ruby-mail=2.7.1 libemail-mime-perl=1.953; do
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
npm install --silent --no-audit --no-fund libmime@5.6.4

cat >try.py <<'PY'
import email, email.policy, sys
with open(sys.argv[1]) as file:
    message = email.message_from_file(file, policy=email.policy.default)
print(message.get_filename())
PY
cat >try.pl <<'PL'
use Email::MIME;
binmode STDOUT, ":utf8";
local $/;
open my $file, "<", $ARGV[0];
print Email::MIME->new(<$file>)->filename;
PL
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import libmime from "libmime";
const names = {
  "two parts": 'filename*0="one"; filename*1=" two.txt"',
  "a character in two parts": "filename*0*=utf-8''a%e6%97; filename*1*=%a5.txt",
  "codes in the first part only": "filename*0*=utf-8''a%20; filename*1=\"100%25.txt\"",
  "a quote within": 'filename*0="a\\"b"; filename*1=".txt"',
  "no parts": "filename*=utf-8''%c3%a4.txt",
};
const env = { ...process.env, LC_ALL: "C.UTF-8" };
const run = (command, ...args) => execFileSync(command, args, { env, stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
const files = (folder) => readdirSync(folder, { encoding: "latin1" }).map((name) => JSON.stringify(Buffer.from(name, "latin1").toString())).join(" ");
for (const [what, parameters] of Object.entries(names)) {
  writeFileSync("mail", `MIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Disposition: attachment; ${parameters}\n\ntext\n`);
  const [ripped, unpacked] = [mkdtempSync("./f"), mkdtempSync("./f")];
  run("ripmime", "-i", "mail", "-d", ripped);
  run("munpack", "-q", "-C", unpacked, "../mail");
  const found = {
    Python: run("/usr/bin/python3", "try.py", "mail"),
    "Email::MIME": run("/usr/bin/perl", "try.pl", "mail"),
    Ruby: run("/usr/bin/ruby", "-rmail", "-e", "print Mail.read('mail').filename"),
    reformime: run("sh", "-c", "reformime -i < mail").match(/content-disposition-filename: (.*)/)?.[1],
    libmime: libmime.parseHeaderValue(`attachment; ${parameters}`).params.filename,
  };
  const same = Object.keys(found).filter((name) => found[name] === found.Python);
  console.log(`${what}: ${found.Python} (${same.join(", ")})`);
  for (const name of Object.keys(found).filter((name) => !same.includes(name))) console.log(`  ${name}: ${found[name]}`);
  console.log(`  ripmime: ${files(ripped)}, munpack: ${files(unpacked)}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = 'two parts: one two.txt (Python, Email::MIME, Ruby, reformime, libmime)
  ripmime: "one", munpack: "part1"
a character in two parts: a日.txt (Python, Email::MIME, Ruby, reformime, libmime)
  ripmime: "a日.txt", munpack: "part1"
codes in the first part only: a 100%25.txt (Python, reformime)
  Email::MIME: a 100%.txt
  Ruby: a 100%.txt
  libmime: a 100%.txt
  ripmime: "a 100%25.txt", munpack: "part1"
a quote within: a"b.txt (Python, Email::MIME, libmime)
  Ruby: a\"b.txt
  reformime: a\"b.txt
  ripmime: "\"b.txt", munpack: "part1"
no parts: ä.txt (Python, Email::MIME, Ruby, reformime, libmime)
  ripmime: "ä.txt", munpack: "part1"' ] || { echo "changed" >&2; exit 1; }
