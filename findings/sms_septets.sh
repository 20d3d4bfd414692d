#!/usr/bin/env bash
# node-sms-pdu 0.3.0 and node-pdu 2.1.1 (npm): short messages in the 7 bit alphabet.
#
# A message holds 140 octets, that is 160 septets; [ and the euro sign take two, an escape
# and a letter, which are not to be torn apart (3GPP TS 23.040, 9.2.3.16 and 9.2.3.24.1).
# - node-sms-pdu writes an octet too much where the septets fill the octets, so 160 letters
#   are 141, and its own parser calls that too short; seven letters go out as eight, with a
#   carriage return. 81 brackets it cuts within one: the next part begins with "<". The
#   letter ç goes out as 9, which is Ç (23.038, 6.2.1), as node-pdu reads it.
# - node-pdu counts characters: 90 brackets are one message of 158 octets. Letters of the
#   alphabet that are not ASCII it sends as UCS-2, so 70 of é are two messages.
# Neither says anything when writing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-sms-pdu@0.3.0 node-pdu@2.1.1

cat >try.cjs <<'JS'
const { Submit, parse } = require("node-pdu");
const smsPdu = require("node-sms-pdu");
// a SUBMIT without validity period: first the service centre, then two octets, the address, two more, and the text
function measure(hex) {
  const octets = Buffer.from(hex, "hex");
  const address = 3 + octets[0];
  const data = address + 5 + ((octets[address] + 1) >> 1);
  const sevenBit = octets[data - 2] === 0;
  const said = octets[data - 1];
  const unit = sevenBit ? "septets" : "octets";
  return `${sevenBit ? "7 bit" : "UCS-2"}, ${octets.length - data} octets for ${said} ${unit}`;
}
const short = (text) => (text.length > 8 ? `${text.length} from ${text[0]} to ${text.at(-1)}` : JSON.stringify(text));
const texts = ["123456", "1234567", "12345678", "a".repeat(160), "[".repeat(80), "[".repeat(81), "[".repeat(90), "ç", "é".repeat(70)];
for (const text of texts) {
  console.log(short(text));
  const parts = smsPdu.generateSubmit("+4915112345678", text).map(({ hex }) => {
    const { error, text: read } = smsPdu.parse(hex);
    const other = text.length > 8 ? "" : `, by node-pdu ${short(parse(hex).data.getText())}`;
    return `${measure(hex)}, read again ${error ? error.message : short(read)}${other}`;
  });
  console.log(`  node-sms-pdu: ${parts.join(" | ")}`);
  console.log(`  node-pdu: ${new Submit("+4915112345678", text).getPartStrings().map(measure).join(" | ")}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = '"123456"
  node-sms-pdu: 7 bit, 6 octets for 6 septets, read again "123456", by node-pdu "123456"
  node-pdu: 7 bit, 6 octets for 6 septets
"1234567"
  node-sms-pdu: 7 bit, 7 octets for 8 septets, read again "1234567", by node-pdu "1234567\r"
  node-pdu: 7 bit, 7 octets for 7 septets
"12345678"
  node-sms-pdu: 7 bit, 8 octets for 8 septets, read again The length of the data is insufficient., by node-pdu "12345678"
  node-pdu: 7 bit, 7 octets for 8 septets
160 from a to a
  node-sms-pdu: 7 bit, 141 octets for 160 septets, read again The length of the data is insufficient.
  node-pdu: 7 bit, 124 octets for 141 septets | 7 bit, 31 octets for 35 septets
80 from [ to [
  node-sms-pdu: 7 bit, 141 octets for 160 septets, read again The length of the data is insufficient.
  node-pdu: 7 bit, 140 octets for 160 septets
81 from [ to [
  node-sms-pdu: 7 bit, 140 octets for 160 septets, read again 76 from [ to [ | 7 bit, 14 octets for 16 septets, read again "<[[[["
  node-pdu: 7 bit, 142 octets for 162 septets
90 from [ to [
  node-sms-pdu: 7 bit, 140 octets for 160 septets, read again 76 from [ to [ | 7 bit, 30 octets for 34 septets, read again 14 from < to [
  node-pdu: 7 bit, 158 octets for 180 septets
"ç"
  node-sms-pdu: 7 bit, 1 octets for 1 septets, read again "ç", by node-pdu "Ç"
  node-pdu: UCS-2, 2 octets for 2 octets
70 from é to é
  node-sms-pdu: 7 bit, 62 octets for 70 septets, read again 70 from é to é
  node-pdu: UCS-2, 133 octets for 133 octets | UCS-2, 21 octets for 21 octets' ] || { echo "changed" >&2; exit 1; }
