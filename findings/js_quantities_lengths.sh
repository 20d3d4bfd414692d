#!/usr/bin/env bash
# js-quantities 1.8.0 (npm), beside units 2.22 of Debian 12: English lengths.
#
# A fathom is 6 feet, a rod 16.5, a furlong 660, a league three miles. js-quantities has
# metres of four digits for these and exact ones for foot, yard and mile: no fathom is 6
# feet and eight furlongs are no mile, and a light year is 200 million km short.
set -euo pipefail
name=units version=2.22
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
npm install --silent --no-audit --no-fund js-quantities@1.8.0

cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import Qty from "js-quantities";
const ratios = [["yard", "foot"], ["mile", "foot"], ["fathom", "foot"], ["rod", "foot"], ["furlong", "foot"], ["mile", "furlong"], ["league", "mile"], ["light-year", "km"]];
for (const [from, to] of ratios) {
  const right = execFileSync("/usr/bin/units", ["-t", "-d", "10", from.replace("-", ""), to]).toString().trim();
  console.log(`1 ${from} in ${to}: js-quantities ${Number(Qty(`1 ${from}`).to(to).scalar.toPrecision(10))}, units ${right}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "1 yard in foot: js-quantities 3, units 3
1 mile in foot: js-quantities 5280, units 5280
1 fathom in foot: js-quantities 6.000656168, units 6
1 rod in foot: js-quantities 16.49934383, units 16.5
1 furlong in foot: js-quantities 660.1049869, units 660
1 mile in furlong: js-quantities 7.998727634, units 8
1 league in mile: js-quantities 2.999980116, units 3
1 light-year in km: js-quantities 9460528000000, units 9.460730473e+12" ] || { echo "changed" >&2; exit 1; }
