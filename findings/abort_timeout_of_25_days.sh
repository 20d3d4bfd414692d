#!/usr/bin/env bash
# AbortSignal.timeout in Deno 2.9.6, Node 24.21.0 and Bun 1.4.5.
#
# That setTimeout overflows at 2^31 ms is known. The argument of AbortSignal.timeout
# is an `unsigned long long` in the standard, so a time of 25 days looks safe. Deno
# and Node abort at once. Node prints a TimeoutOverflowWarning, Deno nothing. Bun
# waits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5

cat >try.mjs <<'JS'
async function abortsOf(ms) {
  const signal = AbortSignal.timeout(ms);
  signal.addEventListener("abort", () => {});
  await new Promise((resolve) => setTimeout(resolve, 500));
  return signal.aborted ? "aborted at once" : "waits";
}
console.log(`2^31 - 1: ${await abortsOf(2 ** 31 - 1)}, 2^31: ${await abortsOf(2 ** 31)}`);
process.exit();
JS
seen=""
for program in "deno run -A" node bun; do
  seen+="${program%% *}: $(timeout 30 node_modules/.bin/$program try.mjs 2>"${program%% *}.err")"
  seen+=", $(grep -c TimeoutOverflowWarning "${program%% *}.err" || true) warnings"$'\n'
done
printf %s "$seen"
[ "$seen" = 'deno: 2^31 - 1: waits, 2^31: aborted at once, 0 warnings
node: 2^31 - 1: waits, 2^31: aborted at once, 1 warnings
bun: 2^31 - 1: waits, 2^31: waits, 0 warnings
' ] || { echo "changed" >&2; exit 1; }
