#!/usr/bin/env bash
# asn1js 4.0.0 (npm), python3-pyasn1 0.4.8 and libconvert-asn1-perl 0.33 of Debian 12: the
# times of ASN.1.
#
# A GeneralizedTime may have a fraction of its last part, and the difference of local time
# from UTC at its end: 1200+0530 is 0630Z (X.680, 46.2 and 46.3).
# - asn1js adds the difference, where it is to be taken off, and makes the day of the
#   month 5 out of all such times of the 29th.
# - pyasn1 takes the digits behind the point for a number of milliseconds: .5 of a second
#   is 5 ms, also if it is of a minute. It writes 5 ms as .5, too, so it understands
#   itself. Of the difference +0530 it writes +051800, of -0500 +1900, a day off.
# - Convert::ASN1 writes half an hour west of UTC as half an hour east, and its own time
#   comes back an hour early. It reads no time without seconds.
set -euo pipefail
for package in python3-pyasn1=0.4.8 libconvert-asn1-perl=0.33; do
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
npm install --silent --no-audit --no-fund asn1js@4.0.0

cat >try.py <<'PY'
import datetime, sys
from pyasn1.type import useful
for text in sys.argv[1:]:
    read = useful.GeneralizedTime(text).asDateTime.astimezone(datetime.timezone.utc)
    print(read.strftime("%d %H:%M:%S.%f")[:-3])
for minutes in (330, -30, -300):
    zone = datetime.timezone(datetime.timedelta(minutes=minutes))
    print(minutes, "minutes:", useful.GeneralizedTime.fromDateTime(datetime.datetime(2024, 2, 29, 12, 0, 0, 5000, zone)))
PY
cat >try.pl <<'PL'
use Convert::ASN1;
use POSIX;
my $reader = Convert::ASN1->new;
$reader->prepare("time GeneralizedTime");
for my $text (@ARGV) {
  my $read = $reader->decode(chr(0x18) . chr(length $text) . $text);
  my $time = $read && $read->{time};
  print defined $time ? strftime("%d %H:%M:%S", gmtime $time) . sprintf(".%03d", 1000 * ($time - int $time)) : "none", "\n";
}
for my $minutes (330, -30, -300) {
  my $writer = Convert::ASN1->new(encode => { timezone => $minutes * 60 });
  $writer->prepare("time GeneralizedTime");
  my $bytes = $writer->encode(time => 1709208000);
  print "$minutes minutes: ", substr($bytes, 2), ", read again ", $reader->decode($bytes)->{time} - 1709208000, " s off\n";
}
PL
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { fromBER } from "asn1js";
const texts = ["20240229120000Z", "20240229120000.5Z", "20240229120000.500Z", "202402291200.5Z", "20240229120000+0530", "20240229120000-0500"];
const lines = (command, ...args) => execFileSync(command, [...args, ...texts]).toString().trim().split("\n");
const byPython = lines("/usr/bin/python3", "try.py");
const byPerl = lines("/usr/bin/perl", "try.pl");
for (const [index, text] of texts.entries()) {
  const { result } = fromBER(Uint8Array.of(0x18, text.length, ...Buffer.from(text)).buffer);
  const byNode = result.toDate().toISOString().slice(8, -1).replace("T", " ");
  console.log(`${text}: asn1js ${byNode}, pyasn1 ${byPython[index]}, Convert::ASN1 ${byPerl[index]}`);
}
console.log(["pyasn1 writes", ...byPython.slice(texts.length), "Convert::ASN1 writes", ...byPerl.slice(texts.length)].join("\n"));
JS
seen=$(TZ=UTC node try.mjs)
echo "$seen"
[ "$seen" = "20240229120000Z: asn1js 29 12:00:00.000, pyasn1 29 12:00:00.000, Convert::ASN1 29 12:00:00.000
20240229120000.5Z: asn1js 29 12:00:00.500, pyasn1 29 12:00:00.005, Convert::ASN1 29 12:00:00.500
20240229120000.500Z: asn1js 29 12:00:00.500, pyasn1 29 12:00:00.500, Convert::ASN1 29 12:00:00.500
202402291200.5Z: asn1js 29 12:00:30.000, pyasn1 29 12:00:00.005, Convert::ASN1 none
20240229120000+0530: asn1js 05 17:30:00.000, pyasn1 29 06:30:00.000, Convert::ASN1 29 06:30:00.000
20240229120000-0500: asn1js 05 07:00:00.000, pyasn1 29 17:00:00.000, Convert::ASN1 29 17:00:00.000
pyasn1 writes
330 minutes: 20240229120000.5+051800
-30 minutes: 20240229120000.5+231800
-300 minutes: 20240229120000.5+1900
Convert::ASN1 writes
330 minutes: 20240229173000+0530, read again 0 s off
-30 minutes: 20240229113000+0030, read again -3600 s off
-300 minutes: 20240229070000-0500, read again 0 s off" ] || { echo "changed" >&2; exit 1; }
