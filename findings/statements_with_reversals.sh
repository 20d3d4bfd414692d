#!/usr/bin/env bash
# mt940-js 1.0.0 and mt940js 1.3.5 (npm): account statements (SWIFT MT940).
#
# In field 61, RC is the reversal of a credit, that is a debit entry, RD the reversal of a
# debit, a credit entry; the entry date is a month and a day only, so that an entry of 2
# January with the value date 31 December is of the next year. mt940-js calls RC a credit
# and RD a debit, with nothing that tells them from C and D, so the entries do not add up to
# the balances it gives; mt940js has the signs right. Both take the year of the value date,
# so the entry of 2 January is a year too early, one of 31 December a year too late.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mt940-js@1.0.0 mt940js@1.3.5 tslib@2.8.1

cat >try.cjs <<'JS'
const { read } = require("mt940-js");
const { Parser } = require("mt940js");
const lines = [":20:STATEMENT", ":25:12345678/1234567890", ":28C:1/1", ":60F:C251230EUR1000,", ":61:2512310102C100,NTRFNONREF", ":86:credit", ":61:2512310102D50,NTRFNONREF", ":86:debit", ":61:2601021231RC10,NTRFNONREF", ":86:reversal of a credit", ":61:260102RD20,NTRFNONREF", ":86:reversal of a debit", ":62F:C260102EUR1060,"];
const text = lines.join("\r\n") + "\r\n";
const day = (date) => (date ? date.toISOString().slice(0, 10) : "no date");
(async () => {
  const [{ openingBalance, closingBalance, transactions }] = await read(Buffer.from(text));
  let sum = openingBalance.value;
  for (const { isCredit, amount, entryDate, description } of transactions) {
    sum += isCredit ? amount : -amount;
    console.log(`mt940-js: ${description} ${isCredit ? "+" : "-"}${amount}, entry ${entryDate || "no date"}`);
  }
  console.log(`mt940-js: entries lead to ${sum}, closing balance ${closingBalance.value}`);
  const [statement] = new Parser().parse(text);
  for (const { amount, entryDate, details } of statement.transactions) console.log(`mt940js: ${details} ${amount}, entry ${day(entryDate)}`);
})();
JS
seen=$(TZ=UTC node try.cjs)
echo "$seen"
[ "$seen" = "mt940-js: credit +100, entry 2025-01-02
mt940-js: debit -50, entry 2025-01-02
mt940-js: reversal of a credit +10, entry 2026-12-31
mt940-js: reversal of a debit -20, entry no date
mt940-js: entries lead to 1040, closing balance 1060
mt940js: credit 100, entry 2025-01-02
mt940js: debit -50, entry 2025-01-02
mt940js: reversal of a credit -10, entry 2026-12-31
mt940js: reversal of a debit 20, entry no date" ] || { echo "changed" >&2; exit 1; }
