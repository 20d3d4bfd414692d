#!/usr/bin/env bash
# wavefile 11.0.0 (npm), beside sox 14.4.2 of Debian 12: WAVE files in IMA ADPCM.
#
# A block of 256 bytes holds 505 samples. toIMAADPCM encodes whole blocks only: what is left
# at the end of the sound, up to 504 samples, is silence, for sox as for wavefile's own
# fromIMAADPCM. The file is longer than it should be at the same time, and says so in its
# fact chunk: 9144 samples for 8000, 1600 for 800, of which the last 295 are lost. It says
# nothing. The conversion to mu-law keeps all, and so does IMA ADPCM written by sox.
set -euo pipefail
name=sox version=14.4.2
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
npm install --silent --no-audit --no-fund wavefile@11.0.0

cat >try.cjs <<'JS'
const { execFileSync } = require("node:child_process");
const { readFileSync, writeFileSync } = require("node:fs");
const { WaveFile } = require("wavefile");
const tone = (length) => {
  const file = new WaveFile();
  file.fromScratch(1, 8000, "16", Int16Array.from({ length }, (_, index) => Math.round(20000 * Math.sin(index))));
  return file;
};
const sounding = (samples) => `${samples.length} samples, silent from ${samples.findLastIndex((value) => Math.abs(value) > 100) + 1} on`;
function bySox(name, bytes) {
  writeFileSync(name, bytes);
  execFileSync("sox", [name, "-t", "s16", "out.raw"], { stdio: "ignore" });
  const raw = readFileSync("out.raw");
  return sounding(new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length)));
}
for (const length of [8000, 800]) {
  const law = tone(length);
  law.toMuLaw();
  console.log(`${length} samples, mu-law: sox ${bySox("law.wav", law.toBuffer())}`);
  const small = tone(length);
  small.toIMAADPCM();
  console.log(`  IMA ADPCM: fact ${small.fact.dwSampleLength}, sox ${bySox("small.wav", small.toBuffer())}`);
  small.fromIMAADPCM();
  console.log(`  back by wavefile: ${sounding(small.getSamples(false, Int16Array))}`);
  writeFileSync("in.wav", tone(length).toBuffer());
  execFileSync("sox", ["in.wav", "-e", "ima-adpcm", "sox.wav"]);
  console.log(`  IMA ADPCM of sox: sox ${bySox("again.wav", readFileSync("sox.wav"))}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = "8000 samples, mu-law: sox 8000 samples, silent from 8000 on
  IMA ADPCM: fact 9144, sox 9018 samples, silent from 7575 on
  back by wavefile: 9144 samples, silent from 7590 on
  IMA ADPCM of sox: sox 8080 samples, silent from 8034 on
800 samples, mu-law: sox 800 samples, silent from 800 on
  IMA ADPCM: fact 1600, sox 1572 samples, silent from 505 on
  back by wavefile: 1600 samples, silent from 506 on
  IMA ADPCM of sox: sox 1010 samples, silent from 833 on" ] || { echo "changed" >&2; exit 1; }
