#!/usr/bin/env bash
# pax 20201030 (MirCPIO, of Debian 12) and Archive::Cpio 0.10 (libarchive-cpio-perl), on an
# archive that GNU cpio 2.13 wrote in the form "newc", that of an initramfs.
#
# Of a file with several names each has an entry there, and with GNU cpio only the last
# has the bytes; the earlier ones say a length of 0. The kernel's description of the
# format has "the data-carrying instance of a file to occur anywhere in the sequence". Of
# three names of one file
# - pax makes three names of an empty file, and its exit status is 0: the bytes are lost.
#   Those of its own archives, which have the bytes at each name, it reads well.
# - Archive::Cpio has the bytes for the last and none for the others.
# cpio itself and that of BusyBox 1.35.0 give all three the bytes.
set -euo pipefail
for package in pax=1:20201030 cpio=2.13 busybox=1:1.35.0 libarchive-cpio-perl=0.10; do
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

mkdir in
echo "the content" >in/a
ln in/a in/b
ln in/a in/c
echo "another" >in/d
(cd in && printf '%s\n' a b c d | cpio -o -H newc --quiet >../gnu.cpio)
(cd in && printf '%s\n' a b c d | pax -w -x sv4cpio >../pax.cpio)
show() { echo "$1, exit status $2: $(cd "$3" && for file in a b c d; do echo -n "$file \"$(cat $file)\" "; done)"; }
seen=$(
  for archive in gnu pax; do
    for reader in "cpio -i --quiet" "busybox cpio -i" "pax -r"; do
      rm -rf out
      mkdir out
      status=0
      (cd out && $reader <../$archive.cpio) >/dev/null 2>&1 || status=$?
      show "$archive.cpio, $reader" $status out
    done
    perl -MArchive::Cpio -e 'my $cpio = Archive::Cpio->new; $cpio->read($ARGV[0]); print "$ARGV[0], Archive::Cpio:", (map { my $content = $_->get_content // ""; chomp $content; " " . $_->name . " \"$content\"" } $cpio->get_files), "\n"' $archive.cpio
  done
)
echo "$seen"
[ "$seen" = 'gnu.cpio, cpio -i --quiet, exit status 0: a "the content" b "the content" c "the content" d "another" 
gnu.cpio, busybox cpio -i, exit status 0: a "the content" b "the content" c "the content" d "another" 
gnu.cpio, pax -r, exit status 0: a "" b "" c "" d "another" 
gnu.cpio, Archive::Cpio: b "" a "" c "the content" d "another"
pax.cpio, cpio -i --quiet, exit status 0: a "the content" b "the content" c "the content" d "another" 
pax.cpio, busybox cpio -i, exit status 0: a "the content" b "the content" c "the content" d "another" 
pax.cpio, pax -r, exit status 0: a "the content" b "the content" c "the content" d "another" 
pax.cpio, Archive::Cpio: a "the content" b "the content" c "the content" d "another"' ] || { echo "changed" >&2; exit 1; }
