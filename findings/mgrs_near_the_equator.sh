#!/usr/bin/env bash
# libgeo-coordinates-utm-perl 0.11 of Debian 12, beside mgrs 2.2.0 (npm): grid references
# (MGRS) near the equator.
#
# A reference ends in easting and northing of as many digits each, with zeros in front. In
# the first ten kilometres north of the equator Geo::Coordinates::UTM leaves the zeros of
# the northing out: where the digits are even in number it reads another place itself, 40
# to 96 km away in what is tried here, and says nothing; where they are odd it refuses its
# own reference. mgrs writes the zeros; elsewhere both say the same.
set -euo pipefail
name=libgeo-coordinates-utm-perl version=0.11
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
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mgrs@2.2.0

cat >try.pl <<'PL'
use Geo::Coordinates::UTM;
my ($latitude, $longitude) = @ARGV;
my $reference = latlon_to_mgrs("WGS-84", $latitude, $longitude);
my @again = eval { mgrs_to_latlon("WGS-84", $reference) };
print "$reference, read again ", @again ? sprintf("%.3f %.3f", @again) : "refused";
PL
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import mgrs from "mgrs";
const places = [["0.005", "37.07"], ["0.049", "18.26"], ["0.05", "10.05"], ["0.02", "37.07"], ["0.2", "37.07"], ["9.05", "9"], ["-0.05", "37.07"]];
for (const [latitude, longitude] of places) {
  const byPerl = execFileSync("/usr/bin/perl", ["try.pl", latitude, longitude]).toString();
  const right = mgrs.forward([Number(longitude), Number(latitude)], 5);
  console.log(`${latitude} ${longitude}: mgrs ${right}, Perl ${byPerl}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "0.005 37.07: mgrs 37NBA8519800552, Perl 37NBA8519852, read again refused
0.049 18.26: mgrs 34NAF9498905422, Perl 34NAF949892, read again 0.806 18.259
0.05 10.05: mgrs 32NPF1684505527, Perl 32NPF168457, read again 0.413 10.050
0.02 37.07: mgrs 37NBA8519802211, Perl 37NBA851981, read again 0.887 37.069
0.2 37.07: mgrs 37NBA8519922118, Perl 37NBA8519922118, read again 0.200 37.070
9.05 9: mgrs 32PNR0000000380, Perl 32PNR0000000380, read again 9.050 9.000
-0.05 37.07: mgrs 37MBV8519894470, Perl 37MBV8519894470, read again -0.050 37.070" ] || { echo "changed" >&2; exit 1; }
