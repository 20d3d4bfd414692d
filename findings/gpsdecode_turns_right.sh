#!/usr/bin/env bash
# gpsdecode of gpsd 3.22 (gpsd-tools of Debian 12), beside ggencoder 1.0.10.
#
# Ships report their rate of turn as 4.733 times its square root, negative to the left.
# To have degrees a minute back, "divide by 4.733 and then square it. Sign of the field
# value should be preserved when squaring it, otherwise the left/right indication will be
# lost" (gpsd's own "AIVDM/AIVDO protocol decoding"). In its JSON, where it is scaled, it
# is lost: of two ships, one that turns to the right and one to the left, both have a
# `turn` of 18. With -u, unscaled, it is 20 and -20, as ggencoder reads it too.
set -euo pipefail
name=gpsd-tools version=3.22
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
npm install --silent --no-audit --no-fund ggencoder@1.0.10

cat >try.cjs <<'JS'
const { AisDecode, AisEncode } = require("ggencoder");
for (const rot of [20, -20]) {
  const { nmea } = new AisEncode({ aistype: 1, mmsi: "271041815", lon: 5, lat: 52, cog: 90, sog: 10, hdg: 90, navstatus: 0, rot });
  console.error(nmea);
  console.log(`ggencoder: ${new AisDecode(nmea).rot}`);
}
JS
seen="$(node try.cjs 2>sentences)
$(gpsdecode -j -u <sentences | sed -E 's/.*"turn":([^,]*),.*/unscaled: \1/')
$(gpsdecode -j <sentences | sed -E 's/.*"turn":([^,]*),.*/scaled: \1/')"
echo "$seen"
[ "$seen" = "ggencoder: 20
ggencoder: -20
unscaled: 20
unscaled: -20
scaled: 18
scaled: 18" ] || { echo "changed" >&2; exit 1; }
