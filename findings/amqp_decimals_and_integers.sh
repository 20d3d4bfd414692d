#!/usr/bin/env bash
# ruby-amq-protocol 2.3.2 (of Bunny) and Net::AMQP 0.06 (Perl), of Debian 12: headers of
# AMQP 0-9-1.
#
# - A decimal is a count of digits behind the point and a whole number (section 4.2.5.5:
#   "business values such as currency rates and amounts"). amq-protocol writes of a
#   BigDecimal what is in front of the point: 1.25 is 1, and 0.05 is 0. It reads well
#   those of others. A time loses its fraction, for which there is no place.
# - Net::AMQP writes each whole number in 32 bits, as RabbitMQ's "I": 2^40 is 0, and 2^31
#   negative. An undefined value it writes and cannot read, and a table of another with a
#   number of 64 bits (Ruby writes all so), or a double, it does not read at all.
set -euo pipefail
for package in ruby-amq-protocol=2.3.2 libnet-amqp-perl=0.06; do
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

cat >try.rb <<'RB'
require "bigdecimal"
require "amq/protocol/client"
Table = AMQ::Protocol::Table
%w[12 1.25 0.25 0.05].each do |text|
  bytes = Table.encode("v" => BigDecimal(text))
  puts "Ruby, decimal #{text}: #{bytes.unpack1("H*")}, read #{Table.decode(bytes)["v"].to_s("F")}"
end
puts "Ruby, decimal 1.25 of another: #{Table.decode(["0000000801764402"].pack("H*") + [125].pack("N"))["v"].to_s("F")}"
File.binwrite("integer", Table.encode("v" => 5))
File.binwrite("double", Table.encode("v" => 1.5))
File.binwrite("text", Table.encode("v" => "x"))
RB
cat >try.pl <<'PL'
use Net::AMQP;
use Net::AMQP::Common qw(pack_field_table unpack_field_table);
sub read_table {
  my ($bytes) = @_;
  my $table = eval { unpack_field_table(\$bytes) };
  return $table ? $table->{v} : "error";
}
for my $value (5, -5, 2**31, 2**32 + 5, 2**40, undef) {
  my $bytes = pack_field_table({ v => $value });
  print "Perl, ", $value // "undef", ": ", unpack("H*", $bytes), ", read ", read_table($bytes), "\n";
}
for my $name ("integer", "double", "text") {
  open my $file, "<:raw", $name or die;
  local $/;
  print "Perl, $name of Ruby: ", read_table(<$file>), "\n";
}
PL
seen="$(/usr/bin/ruby -W0 try.rb)
$(perl try.pl 2>/dev/null)"
echo "$seen"
[ "$seen" = "Ruby, decimal 12: 00000008017644000000000c, read 12.0
Ruby, decimal 1.25: 000000080176440000000001, read 1.0
Ruby, decimal 0.25: 000000080176440000000000, read 0.0
Ruby, decimal 0.05: 000000080176440200000000, read 0.0
Ruby, decimal 1.25 of another: 1.25
Perl, 5: 0000000701764900000005, read 5
Perl, -5: 00000007017649fffffffb, read -5
Perl, 2147483648: 0000000701764980000000, read -2147483648
Perl, 4294967301: 0000000701764900000005, read 5
Perl, 1099511627776: 0000000701764900000000, read 0
Perl, undef: 00000003017656, read error
Perl, integer of Ruby: error
Perl, double of Ruby: error
Perl, text of Ruby: x" ] || { echo "changed" >&2; exit 1; }
