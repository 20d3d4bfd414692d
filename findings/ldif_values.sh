#!/usr/bin/env bash
# ruby-net-ldap 0.17.0 of Debian 12 writes LDIF, libnet-ldap-perl 0.68 reads it; and
# ldif 0.5.1 (npm) reads what libnet-ldap-perl writes.
#
# A value that begins with a blank is in Base64 in LDIF (RFC 2849, SAFE-INIT-CHAR), since
# behind the colon a reader drops blanks. net-ldap writes it as it is, and it comes back
# without its blank. Of values beyond ASCII it makes Base64.
# An empty value is "street:" (note 2: FILL may be nothing); ldif throws a TypeError for
# it, and for a value that begins on the next, folded line. It reads all else.
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
npm install --silent --no-audit --no-fund ldif@0.5.1

cat >write.rb <<'RB'
require "net/ldap"
entry = Net::LDAP::Entry.new("cn=a,dc=example")
entry[:description] = ["plain", " blank in front", "é"]
puts entry.to_ldif
RB
cat >try.pl <<'PL'
use Net::LDAP::Entry;
use Net::LDAP::LDIF;
my $entry = Net::LDAP::LDIF->new("ruby.ldif", "r")->read_entry;
print "values as Perl reads them: ", join(", ", map { "<$_>" } $entry->get_value("description")), "\n";
my $copy = Net::LDAP::Entry->new($entry->dn, description => " blank in front");
print "as Perl writes them:\n", grep { length } map { "$_\n" } grep { length } split /\n/, $copy->ldif;
PL
cat >try.mjs <<'JS'
import ldif from "ldif";
const texts = ["street: x\n", "street:: IHg=\n", "street: a\n b\n", "street:\n", "street:\n x\n"];
for (const text of texts) {
  try {
    const [entry] = ldif.parse(`dn: cn=a,dc=example\n${text}`).entries;
    console.log(JSON.stringify(text), JSON.stringify(entry.toObject({ decode: true }).attributes));
  } catch (error) {
    console.log(JSON.stringify(text), error.name);
  }
}
JS
seen=$(/usr/bin/ruby -W0 write.rb >ruby.ldif && cat ruby.ldif && /usr/bin/perl try.pl && node try.mjs)
echo "$seen"
[ "$seen" = 'dn: cn=a,dc=example
description: plain
description:  blank in front
description:: w6k=
values as Perl reads them: <plain>, <blank in front>, <é>
as Perl writes them:
dn: cn=a,dc=example
description:: IGJsYW5rIGluIGZyb250
"street: x\n" {"street":"x"}
"street:: IHg=\n" {"street":" x"}
"street: a\n b\n" {"street":"ab"}
"street:\n" TypeError
"street:\n x\n" TypeError' ] || { echo "changed" >&2; exit 1; }
