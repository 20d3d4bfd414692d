#!/usr/bin/env bash
# UUID::Tiny 1.04 and Data::UUID 1.226 (Perl 5.36), beside uuid of Python 3.11 and
# UUIDTools 2.2.0 (Ruby), all of Debian 12.
#
# - A UUID of a name is the hash of "a canonical sequence of octets" (RFC 4122, section
#   4.3), which makes it the same everywhere. Of a Perl string "é" both libraries hash one
#   byte, that of Latin-1, where Python and Ruby hash UTF-8: another UUID, and no word.
#   With "€" UUID::Tiny dies. It is the name encoded before that gives the common one.
# - The sixteen bytes of Data::UUID have the first three fields in the order of the
#   machine. RFC 4122 has each field "with the Most Significant Byte first": a UUID that goes out as
#   bytes, to a database or in a message, is another at the other end.
set -euo pipefail
for package in libuuid-tiny-perl=1.0400 libdata-uuid-perl=1.226 python3=3.11 ruby-uuidtools=2.2.0; do
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

cat >try.pl <<'PL'
use utf8;
use Encode;
use UUID::Tiny ":std";
use Data::UUID;
my $generator = Data::UUID->new;
for my $name ("plain", "é", "€") {
  my $bytes = encode("UTF-8", $name);
  print "UUID::Tiny $bytes: ", eval { create_uuid_as_string(UUID_V3, UUID_NS_DNS, $name) } // "error", "\n";
  print "  encoded: ", create_uuid_as_string(UUID_V3, UUID_NS_DNS, $bytes), "\n";
  print "Data::UUID $bytes: ", lc($generator->create_from_name_str(NameSpace_DNS, $name)), "\n" if $name ne "€";
}
my $uuid = "00112233-4455-6677-8899-aabbccddeeff";
print "UUID::Tiny, bytes of $uuid: ", unpack("H*", string_to_uuid($uuid)), "\n";
print "Data::UUID, bytes of $uuid: ", unpack("H*", $generator->from_string($uuid)), "\n";
PL
cat >try.py <<'PY'
import uuid
for name in ("plain", "é", "€"):
    print(f"Python {name}: {uuid.uuid3(uuid.NAMESPACE_DNS, name)}")
print("Python, bytes:", uuid.UUID("00112233-4455-6677-8899-aabbccddeeff").bytes.hex())
PY
seen="$(perl try.pl)
$(PYTHONIOENCODING=utf-8 /usr/bin/python3 try.py)
$(/usr/bin/ruby -ruuidtools -e '["plain", "\u00e9", "\u20ac"].each { |name| puts "Ruby #{name}: #{UUIDTools::UUID.md5_create(UUIDTools::UUID_DNS_NAMESPACE, name)}" }')"
echo "$seen"
[ "$seen" = "UUID::Tiny plain: c539a77f-c4bd-3f63-8a14-0a811dbd8ed3
  encoded: c539a77f-c4bd-3f63-8a14-0a811dbd8ed3
Data::UUID plain: c539a77f-c4bd-3f63-8a14-0a811dbd8ed3
UUID::Tiny é: 6348a4c0-8d10-3502-8495-537deb4f5820
  encoded: 3a356d77-46a8-3ec1-8205-b80596740632
Data::UUID é: 6348a4c0-8d10-3502-8495-537deb4f5820
UUID::Tiny €: error
  encoded: 63c6c887-4583-3fcf-b081-b91901d2b92b
UUID::Tiny, bytes of 00112233-4455-6677-8899-aabbccddeeff: 00112233445566778899aabbccddeeff
Data::UUID, bytes of 00112233-4455-6677-8899-aabbccddeeff: 33221100554477668899aabbccddeeff
Python plain: c539a77f-c4bd-3f63-8a14-0a811dbd8ed3
Python é: 3a356d77-46a8-3ec1-8205-b80596740632
Python €: 63c6c887-4583-3fcf-b081-b91901d2b92b
Python, bytes: 00112233445566778899aabbccddeeff
Ruby plain: c539a77f-c4bd-3f63-8a14-0a811dbd8ed3
Ruby é: 3a356d77-46a8-3ec1-8205-b80596740632
Ruby €: 63c6c887-4583-3fcf-b081-b91901d2b92b" ] || { echo "changed" >&2; exit 1; }
