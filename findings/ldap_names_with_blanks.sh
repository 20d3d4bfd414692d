#!/usr/bin/env bash
# @ldapjs/dn 1.1.0 (npm) and ruby-net-ldap 0.17.0 of Debian 12, beside python3-ldap 3.4.3:
# distinguished names of LDAP (RFC 4514).
#
# A backslash takes the meaning from the character behind it, or stands before two hex
# digits, # at the front brings an encoded value, + another part of the same name (2.4, 3).
# - @ldapjs/dn reads the name "\ John\ ", with blanks at both ends, as John, and "\ a\ " as
#   nothing; of a backslash in the value it leaves one where two are needed, which before
#   two hex digits is another character.
# - ruby-net-ldap loses the blank at the end, and takes +sn=b for a part of the value, and
#   the encoded value for its text. It raises TypeError where it should write a blank or #
#   at the front of a value.
# Neither says anything when reading; python3-ldap reads all as the standard has it.
set -euo pipefail
for package in ruby-net-ldap=0.17.0 python3-ldap=3.4.3 ruby=1:3.1; do
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
npm install --silent --no-audit --no-fund @ldapjs/dn@1.1.0

cat >names <<'NAMES'
cn=Smith\, John,o=a
cn=\ a\ ,o=a
cn=\ John\ ,o=a
cn=C:\\ab,o=a
cn=\c3\a9,o=a
cn=#0c0141,o=a
cn=a+sn=b,o=a
NAMES
cat >try.py <<'PY'
import json, ldap.dn
with open("names") as file:
    for line in file:
        print(json.dumps([[part[:2] for part in rdn] for rdn in ldap.dn.str2dn(line.rstrip("\n"))], ensure_ascii=False))
PY
cat >try.rb <<'RB'
require "json"
require "net/ldap"
require "net/ldap/dn"
File.readlines("names", chomp: true).each do |line|
  parts = Net::LDAP::DN.new(line).to_a
  puts "#{JSON.generate(parts)}, written #{Net::LDAP::DN.new(*parts)}"
rescue StandardError => error
  puts "#{JSON.generate(parts)}, written #{error.class}"
end
RB
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import ldap from "@ldapjs/dn";
const run = (command, file) => execFileSync(command, [file], { env: { ...process.env, LC_ALL: "C.UTF-8" } }).toString().trim().split("\n");
const byPython = run("/usr/bin/python3", "try.py");
const byRuby = run("/usr/bin/ruby", "try.rb");
for (const [index, name] of readFileSync("names", "utf8").trimEnd().split("\n").entries()) {
  console.log(`${name}\n  python3-ldap ${byPython[index]}\n  ruby-net-ldap ${byRuby[index]}\n  @ldapjs/dn written ${ldap.DN.fromString(name)}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = 'cn=Smith\, John,o=a
  python3-ldap [[["cn", "Smith, John"]], [["o", "a"]]]
  ruby-net-ldap ["cn","Smith, John","o","a"], written cn=Smith\, John,o=a
  @ldapjs/dn written cn=Smith\2c John,o=a
cn=\ a\ ,o=a
  python3-ldap [[["cn", " a "]], [["o", "a"]]]
  ruby-net-ldap ["cn"," a","o","a"], written TypeError
  @ldapjs/dn written cn=,o=a
cn=\ John\ ,o=a
  python3-ldap [[["cn", " John "]], [["o", "a"]]]
  ruby-net-ldap ["cn"," John","o","a"], written TypeError
  @ldapjs/dn written cn=John,o=a
cn=C:\\ab,o=a
  python3-ldap [[["cn", "C:\\ab"]], [["o", "a"]]]
  ruby-net-ldap ["cn","C:\\ab","o","a"], written cn=C:\\ab,o=a
  @ldapjs/dn written cn=C:\ab,o=a
cn=\c3\a9,o=a
  python3-ldap [[["cn", "é"]], [["o", "a"]]]
  ruby-net-ldap ["cn","é","o","a"], written cn=é,o=a
  @ldapjs/dn written cn=\c3\a9,o=a
cn=#0c0141,o=a
  python3-ldap [[["cn", "\f\u0001A"]], [["o", "a"]]]
  ruby-net-ldap ["cn","#0c0141","o","a"], written TypeError
  @ldapjs/dn written cn=#0c0141,o=a
cn=a+sn=b,o=a
  python3-ldap [[["cn", "a"], ["sn", "b"]], [["o", "a"]]]
  ruby-net-ldap ["cn","a+sn=b","o","a"], written cn=a\+sn=b,o=a
  @ldapjs/dn written cn=a+sn=b,o=a' ] || { echo "changed" >&2; exit 1; }
