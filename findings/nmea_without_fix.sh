#!/usr/bin/env bash
# nmea-simple 3.3.0, beside gps 0.9.0.
#
# A field of NMEA 0183 that is not known is empty. A receiver that has no fix sends
# sentences with the time and nothing else. nmea-simple makes a 0 of each: the ship lies
# at 0 degrees North and East, in the Gulf of Guinea, and its course and speed are 0, as
# those of a ship at anchor; only `status` and `fixType` tell. gps says null. Of a time with
# three digits behind the point RMC loses the fraction, which GGA of the same moment keeps
# (and RMC too where it has two digits): the two do not fit together.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund nmea-simple@3.3.0 gps@0.9.0

cat >try.cjs <<'JS'
const { parseNmeaSentence } = require("nmea-simple");
const { GPS } = require("gps");
function sentence(text) {
  let sum = 0;
  for (const byte of Buffer.from(text)) sum ^= byte;
  return `$${text}*${sum.toString(16).toUpperCase().padStart(2, "0")}`;
}
const noFix = sentence("GPRMC,123519.400,V,,,,,,,230326,,,N");
const { latitude, longitude, speedKnots, trackTrue } = parseNmeaSentence(noFix);
const { lat, lon, speed, track } = GPS.Parse(noFix);
console.log(`nmea-simple: ${[latitude, longitude, speedKnots, trackTrue]}; gps: ${[lat, lon, speed, track].map(String)}`);
const time = (date) => date.toISOString().slice(11);
for (const text of ["GPRMC,123519.400,A,4807.038,N,01131.000,E,022.4,084.4,230326,,,A", "GPGGA,123519.400,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"]) {
  const line = sentence(text);
  const simple = parseNmeaSentence(line);
  console.log(`${text.slice(2, 5)}: nmea-simple ${time(simple.datetime ?? simple.time)}, gps ${time(GPS.Parse(line).time)}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = "nmea-simple: 0,0,0,0; gps: null,null,null,null
RMC: nmea-simple 12:35:19.000Z, gps 12:35:19.400Z
GGA: nmea-simple 12:35:19.400Z, gps 12:35:19.400Z" ] || { echo "changed" >&2; exit 1; }
