#!/usr/bin/env bash
# Archive::Ar 2.02 (libarchive-ar-perl), beside ar of binutils 2.40, of Debian 12.
#
# A name of more than 15 characters stands in an entry "//" of its own, with a slash at its
# end, as in the form GNU (System V) all names have; the slash is no part of them.
# - Of long names Archive::Ar keeps the slash: get_content with the name finds nothing,
#   and extracted they are "name/". Short ones it reads well.
# - Long names it writes cut to 15 characters, and without a word, unless it is told to
#   write the form of GNU or BSD: two files of one archive have the same name then, and
#   the second takes the place of the first when they are extracted.
set -euo pipefail
for package in libarchive-ar-perl=2.02 binutils=2.40; do
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

echo one >measurement-2026-11-29.txt
echo two >measurement-2026-11-30.txt
echo three >short.txt
ar rc gnu.a measurement-2026-11-29.txt measurement-2026-11-30.txt short.txt
cat >try.pl <<'PL'
use Archive::Ar;
my $archive = Archive::Ar->new("gnu.a");
print "read: ", join(" ", $archive->list_files), "\n";
for my $name ("measurement-2026-11-29.txt", "short.txt") {
  my $file = $archive->get_content($name);
  print "$name: ", $file ? "$file->{size} bytes" : "none", "\n";
}
my $own = Archive::Ar->new;
my $count = $own->add_files(glob "*.txt");
print "files added: $count, bytes written ", $own->write("own.a") > 0 ? "more than 0" : 0, "\n";
PL
seen="$(perl try.pl)
ar t: $(ar t own.a | tr '\n' ' ')
$(rm ./*.txt; ar x own.a; head measur* short*)"
echo "$seen"
[ "$seen" = "read: measurement-2026-11-29.txt/ measurement-2026-11-30.txt short.txt
measurement-2026-11-29.txt: none
short.txt: 6 bytes
files added: 3, bytes written more than 0
ar t: measurement-202 measurement-202 short.txt 
==> measurement-202 <==
two

==> short.txt <==
three" ] || { echo "changed" >&2; exit 1; }
