#!/usr/bin/env bash
# epc-tds 1.4.1 (npm): serial numbers of coupons and of assets in the codes of RFID tags.
#
# The serial number of a coupon (SGCN) may begin with zeros, and a 1 is put in front to
# keep them: 04711 is the number 104711 in the tag, 19907 hex (GS1 EPC Tag Data Standard,
# "Numeric String" encoding). epc-tds drops the zeros first and writes 14711: 04711, 4711
# and 0004711 get one and the same tag, and it comes back as 4711. Of asset numbers with a
# slash toBarcode gives the escape of the URI, %2F, where a bar code has the slash itself.
# Zeros in front of prefixes, items and other serial numbers are kept.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund epc-tds@1.4.1

cat >try.cjs <<'JS'
const { fromTagURI, valueOf } = require("epc-tds");
const uris = [
  "sgcn-96:3.4012345.67890.4711",
  "sgcn-96:3.4012345.67890.04711",
  "sgcn-96:3.4012345.67890.0004711",
  "sgtin-96:3.0012345.012345.1",
  "sgtin-198:3.0012345.012345.007",
  "giai-202:3.0614141.32a%2Fb",
  "grai-170:3.0614141.12345.32a%2Fb",
];
for (const uri of uris) {
  const hex = fromTagURI(`urn:epc:tag:${uri}`).toHexString();
  const read = valueOf(hex);
  console.log(`${uri}: ${hex}, ${read.toTagURI().slice(12) === uri ? "the same" : read.toTagURI().slice(12)}, bar code ${read.toBarcode()}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = "sgcn-96:3.4012345.67890.4711: 3F74F4E4E612640000003977, the same, bar code 40123456789014711
sgcn-96:3.4012345.67890.04711: 3F74F4E4E612640000003977, sgcn-96:3.4012345.67890.4711, bar code 40123456789014711
sgcn-96:3.4012345.67890.0004711: 3F74F4E4E612640000003977, sgcn-96:3.4012345.67890.4711, bar code 40123456789014711
sgtin-96:3.0012345.012345.1: 307400C0E40C0E4000000001, the same, bar code 00012345123450
sgtin-198:3.0012345.012345.007: 367400C0E40C0E58306E000000000000000000000000000000, the same, bar code 00012345123450
giai-202:3.0614141.32a%2Fb: 3874257BF59B2C295946C4000000000000000000000000000000, the same, bar code 061414132a%2Fb
grai-170:3.0614141.12345.32a%2Fb: 3774257BF40C0E59B2C295946C400000000000000000, the same, bar code 061414112345232a%2Fb" ] || { echo "changed" >&2; exit 1; }
