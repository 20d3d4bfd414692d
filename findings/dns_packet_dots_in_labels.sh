#!/usr/bin/env bash
# dns-packet 5.6.1, under multicast-dns 7.2.5 (and bonjour-service), on Node 24.21.0.
#
# The name of a service in the local network is one label of free text, and dots
# in it are ordinary (RFC 6763, section 4.3: "Instance names may contain dots").
# dns-packet joins labels by dots without escaping any, and splits at each dot:
# a packet that announces "St. John" is read and written again as two labels,
# "St" and " John", another name. Escaped as the standard writes it, "St\\. John",
# it becomes "St\\" and " John". Nothing throws, and no spelling works.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false dns-packet@5.6.1 multicast-dns@7.2.5 node@24.21.0

cat >try.cjs <<'JS'
const packet = require(require.resolve("dns-packet", {
  paths: [require.resolve("multicast-dns")],
}));

function encodeLabels(...labels) {
  return Buffer.concat([
    ...labels.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])),
    Buffer.from([0]),
  ]);
}
function labelsOf(bytes) {
  const labels = [];
  for (let at = 0; bytes[at] > 0; at += 1 + bytes[at]) {
    labels.push(bytes.toString("utf8", at + 1, at + 1 + bytes[at]));
  }
  return labels;
}
const owner = encodeLabels("_http", "_tcp", "local");
const name = encodeLabels("St. John", "_http", "_tcp", "local");
const announced = Buffer.concat([
  Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
  owner,
  Buffer.from([0, 12, 0, 1, 0, 0, 0, 120, 0, name.length]),
  name,
]);
const dataAt = 12 + owner.length + 10;
console.log(`announced ${JSON.stringify(labelsOf(announced.subarray(dataAt)))}`);
const read = packet.decode(announced);
console.log(`read as ${JSON.stringify(read.answers[0].data)}`);
console.log(`written again ${JSON.stringify(labelsOf(packet.encode(read).subarray(dataAt)))}`);
read.answers[0].data = "St\\. John._http._tcp.local";
console.log(`escaped ${JSON.stringify(labelsOf(packet.encode(read).subarray(dataAt)))}`);
JS
echo "dns-packet $(node_modules/.bin/node -p 'require("dns-packet/package.json").version')"
seen=$(node_modules/.bin/node try.cjs)
echo "$seen"
[ "$seen" = 'announced ["St. John","_http","_tcp","local"]
read as "St. John._http._tcp.local"
written again ["St"," John","_http","_tcp","local"]
escaped ["St\\"," John","_http","_tcp","local"]' ] || { echo "changed" >&2; exit 1; }
