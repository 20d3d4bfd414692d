#!/usr/bin/env bash
# libnet-dhcp-perl 0.696 of Debian 12: options of DHCP (Net::DHCP::Packet).
#
# - An option may come several times, and is then all parts together (RFC 3396): of a
#   domain name in parts of 200 and 100 bytes it has the last 100.
# - The option overload (52) says that the fields for a file or a server's name have more
#   options (RFC 2132, 9.3): those it does not find.
# - A part holds 255 bytes, and what is longer is to be split (RFC 3396). It writes the
#   length modulo 256: of 256 bytes the length is 0, and the bytes stand where the next option
#   should begin. Perl warns of that at the most; its own reader raises an error.
# Options of up to 255 bytes come back as they were.
set -euo pipefail
name=libnet-dhcp-perl version=0.696
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

cat >try.pl <<'PL'
use Net::DHCP::Packet;
local $SIG{__WARN__} = sub { };
my $head = substr Net::DHCP::Packet->new(Op => 2, Xid => 1)->serialize, 0, 240;
sub pack_option { my ($code, $data) = @_; return chr($code) . chr(length $data) . $data }
sub read_options { return Net::DHCP::Packet->new(join "", @_, "\xff", "\0" x 60) }
my $type = pack_option(53, "\5");
print "in one part: ", length read_options($head, $type, pack_option(15, "x" x 200))->getOptionRaw(15), " bytes\n";
print "in two parts: ", length read_options($head, $type, pack_option(15, "x" x 200), pack_option(15, "y" x 100))->getOptionRaw(15), " of 300 bytes\n";
my $field = $head;
substr($field, 108, 8) = pack_option(15, "local") . "\xff";
print "in the field for a file: ", read_options($field, $type, pack_option(52, "\1"))->getOptionRaw(15) // "none", "\n";
for my $length (255, 256, 300) {
  my $packet = Net::DHCP::Packet->new(Op => 2);
  $packet->addOptionRaw(43, "z" x $length);
  my $bytes = $packet->serialize;
  my $again = eval { length Net::DHCP::Packet->new($bytes)->getOptionRaw(43) } // "an error";
  print "$length bytes: written with length ", ord(substr $bytes, 241), ", read again $again\n";
}
PL
seen=$(/usr/bin/perl try.pl)
echo "$seen"
[ "$seen" = "in one part: 200 bytes
in two parts: 100 of 300 bytes
in the field for a file: none
255 bytes: written with length 255, read again 255
256 bytes: written with length 0, read again an error
300 bytes: written with length 44, read again an error" ] || { echo "changed" >&2; exit 1; }
