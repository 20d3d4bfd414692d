#!/usr/bin/env bash
# ruby-cfpropertylist 2.2.8, beside plistlib of Python 3.11 and plistutil 2.2.0, of Debian
# 12: binary property lists.
#
# Integers of one, two and four bytes have no sign there, those of eight have one, and
# what is 2^63 or more takes sixteen bytes (the comments in Apple's CFBinaryPList.c).
# CFPropertyList writes 2^63 to 2^64 - 1 in eight: they are negative to both others, and
# to itself. Those of sixteen that Python writes it does not read, and with it nothing of
# the file: "Integer greater than 8 bytes". In XML it writes and reads them well.
set -euo pipefail
for package in ruby-cfpropertylist=2.2.8 python3=3.11 libplist-utils=2.2.0; do
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
require "cfpropertylist"
List = CFPropertyList::List
list = List.new
list.value = CFPropertyList.guess({ "a" => 2**63 - 1, "b" => 2**63, "c" => 2**64 - 1 })
File.binwrite("ruby.bin", list.to_str(List::FORMAT_BINARY))
File.binwrite("ruby.xml", list.to_str(List::FORMAT_XML))
%w[ruby.bin ruby.xml python.bin python.xml].each do |file|
  puts "Ruby, #{file}: #{CFPropertyList.native_types(List.new(file: file).value)}"
rescue CFFormatError => error
  puts "Ruby, #{file}: #{error.message}"
end
RB
cat >write.py <<'PY'
import plistlib
for name, form in (("bin", plistlib.FMT_BINARY), ("xml", plistlib.FMT_XML)):
    with open(f"python.{name}", "wb") as file:
        plistlib.dump({"a": 2**63 - 1, "b": 2**63, "c": 2**64 - 1}, file, fmt=form)
PY
cat >read.py <<'PY'
import plistlib
for name in ("ruby.bin", "ruby.xml", "python.bin"):
    with open(name, "rb") as file:
        print(f"Python, {name}: {plistlib.load(file)}")
PY
/usr/bin/python3 write.py
seen="$(/usr/bin/ruby try.rb)
$(/usr/bin/python3 read.py)
$(for file in ruby.bin python.bin; do echo "plistutil, $file: $(plistutil -i $file | sed -n 's/.*<integer>\(.*\)<.*/\1/p' | tr '\n' ' ')"; done)"
echo "$seen"
[ "$seen" = "Ruby, ruby.bin: {\"a\"=>9223372036854775807, \"b\"=>-9223372036854775808, \"c\"=>-1}
Ruby, ruby.xml: {\"a\"=>9223372036854775807, \"b\"=>9223372036854775808, \"c\"=>18446744073709551615}
Ruby, python.bin: Integer greater than 8 bytes: 4
Ruby, python.xml: {\"a\"=>9223372036854775807, \"b\"=>9223372036854775808, \"c\"=>18446744073709551615}
Python, ruby.bin: {'a': 9223372036854775807, 'b': -9223372036854775808, 'c': -1}
Python, ruby.xml: {'a': 9223372036854775807, 'b': 9223372036854775808, 'c': 18446744073709551615}
Python, python.bin: {'a': 9223372036854775807, 'b': 9223372036854775808, 'c': 18446744073709551615}
plistutil, ruby.bin: 9223372036854775807 -9223372036854775808 -1 
plistutil, python.bin: 9223372036854775807 9223372036854775808 18446744073709551615 " ] || { echo "changed" >&2; exit 1; }
