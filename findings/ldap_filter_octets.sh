#!/usr/bin/env bash
# ruby-net-ldap 0.17.0 of Debian 12 and ldap-filter 0.3.3 (npm), beside libnet-ldap-perl
# 0.68 of Debian 12: LDAP search filters.
#
# Behind a backslash stand two hexadecimal digits of one octet of the value, which is
# UTF-8; the example of RFC 4515, section 4, is (sn=Lu\c4\8di\c4\87). Both take each octet
# for a character and encode it once more: the server is asked for another name and finds
# nobody. With the letters themselves they ask for the right one. net-ldap also drops
# blanks at the ends of a value, and refuses ~=, an empty value, (&) and (|) (RFC 4526).
set -euo pipefail
for package in ruby-net-ldap=0.17.0 libnet-ldap-perl=1:0.68; do
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
npm install --silent --no-audit --no-fund ldap-filter@0.3.3

cat >filters.txt <<'TEXT'
(sn=Lučić)
(sn=Lu\c4\8di\c4\87)
(sn=a\2ab)
(cn= x )
(cn~=x)
(cn=)
(&)
TEXT
cat >try.rb <<'RB'
require "net/ldap"
File.foreach("filters.txt", chomp: true) do |text|
  puts Net::LDAP::Filter.construct(text).to_ber.unpack1("H*")
rescue Net::LDAP::FilterSyntaxInvalidError
  puts "refused"
end
RB
cat >try.pl <<'PL'
use Net::LDAP::ASN qw(Filter);
use Net::LDAP::Filter;
open my $file, "<", "filters.txt" or die;
while (my $text = <$file>) {
  chomp $text;
  print unpack("H*", $Filter->encode(Net::LDAP::Filter->new($text))), "\n";
}
PL
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import filters from "ldap-filter";
const lines = (command, args) => execFileSync(command, args).toString().trim().split("\n");
const byRuby = lines("/usr/bin/ruby", ["-W0", "try.rb"]);
const byPerl = lines("/usr/bin/perl", ["try.pl"]);
for (const [index, text] of readFileSync("filters.txt", "utf8").trim().split("\n").entries()) {
  let value;
  try {
    value = Buffer.from(filters.parse(text).value).toString("hex");
  } catch {
    value = "none";
  }
  console.log(`${text}: Perl ${byPerl[index]}, Ruby ${byRuby[index]}, value of ldap-filter ${value}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '(sn=Lučić): Perl a30d0402736e04074c75c48d69c487, Ruby a30d0402736e04074c75c48d69c487, value of ldap-filter 4c75c48d69c487
(sn=Lu\c4\8di\c4\87): Perl a30d0402736e04074c75c48d69c487, Ruby a3110402736e040b4c75c384c28d69c384c287, value of ldap-filter 4c75c384c28d69c384c287
(sn=a\2ab): Perl a3090402736e0403612a62, Ruby a3090402736e0403612a62, value of ldap-filter 612a62
(cn= x ): Perl a3090402636e0403207820, Ruby a3070402636e040178, value of ldap-filter 207820
(cn~=x): Perl a8070402636e040178, Ruby refused, value of ldap-filter 78
(cn=): Perl a3060402636e0400, Ruby refused, value of ldap-filter 
(&): Perl a000, Ruby refused, value of ldap-filter none' ] || { echo "changed" >&2; exit 1; }
