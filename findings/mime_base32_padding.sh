#!/usr/bin/env bash
# MIME::Base32 1.303 (libmime-base32-perl), beside base32 of coreutils 9.1 and ruby-base32
# 0.3.4, of Debian 12.
#
# Base 32 ends in "=" up to a multiple of eight characters, as coreutils and Ruby write it,
# "in accordance with RFC-3548" to which the manual of MIME::Base32 says it is. It writes
# none, and takes those of others for digits: behind the data stand one to six bytes more,
# and nothing is said. Of the seven examples of RFC 4648 (section 10) only the two
# without "=" come back as they were. What has no padding it decodes well.
set -euo pipefail
for package in libmime-base32-perl=1.303 coreutils=9.1 ruby-base32=0.3.4; do
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

seen=$(
  for text in "" f fo foo foob fooba foobar; do
    encoded=$(printf %s "$text" | base32)
    ruby=$(/usr/bin/ruby -rbase32 -e 'print Base32.encode(ARGV[0])' "$text")
    [ "$ruby" = "$encoded" ] || echo "Ruby writes $ruby"
    perl -MMIME::Base32 -e '
      my ($text, $encoded) = @ARGV;
      my $got = decode_base32($encoded);
      print "\"$text\", $encoded: ", $got eq $text ? "the same" : unpack("H*", $got) . " instead of " . unpack("H*", $text),
        "; Perl writes ", encode_base32($text), ", ", decode_base32(encode_base32($text)) eq $text ? "the same" : "another", "\n"' "$text" "$encoded"
  done
)
echo "$seen"
[ "$seen" = '"", : the same; Perl writes , the same
"f", MY======: 660f4f4f4f4f4f instead of 66; Perl writes MY, the same
"fo", MZXQ====: 666f03d3d3d3 instead of 666f; Perl writes MZXQ, the same
"foo", MZXW6===: 666f6f1e9e9e instead of 666f6f; Perl writes MZXW6, the same
"foob", MZXW6YQ=: 666f6f6207 instead of 666f6f62; Perl writes MZXW6YQ, the same
"fooba", MZXW6YTB: the same; Perl writes MZXW6YTB, the same
"foobar", MZXW6YTBOI======: 666f6f6261720f4f4f4f4f4f instead of 666f6f626172; Perl writes MZXW6YTBOI, the same' ] || { echo "changed" >&2; exit 1; }
