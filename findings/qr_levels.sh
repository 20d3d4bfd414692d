#!/usr/bin/env bash
# qr.js 0.0.0 and qrcode-svg 1.1.0, beside qrcode 1.5.4.
#
# - Level M of error correction has the number 0 in the format (ISO/IEC 18004), and in
#   qr.js too, which takes 0 for "not told" and uses H, its default: 100 bytes at M are a
#   code of 57 by 57, where one of 41 is enough, and a text that fits at M, with 1,274 to
#   2,331 bytes, is refused ("code length overflow").
# - qrcode-svg has a table of how much each size holds. At level H a text of 192 to 217
#   bytes gets a size that is too small, and the same error; shorter and longer ones work.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund qr.js@0.0.0 qrcode-svg@1.1.0 qrcode@1.5.4

cat >try.cjs <<'JS'
const qr = require("qr.js");
const { create } = require("qrcode");
const Svg = require("qrcode-svg");
const levels = require("qr.js/lib/ErrorCorrectLevel");
const makers = {
  "qr.js": (text, level) => qr(text, { errorCorrectLevel: levels[level] }).modules.length,
  "qrcode-svg": (content, ecl) => new Svg({ content, ecl }).qrcode.modules.length,
  qrcode: (text, level) => create(text, { errorCorrectionLevel: level }).modules.size,
};
function size(maker, length, level) {
  try {
    return maker("a".repeat(length), level);
  } catch (error) {
    return error.message.replace(/ \(.*/, "");
  }
}
for (const [name, maker] of Object.entries(makers)) {
  console.log(`${name}, 100 bytes: ${["L", "M", "Q", "H"].map((level) => `${level} ${size(maker, 100, level)}`).join(", ")}`);
  console.log(`${name}, M: ${[1273, 1274, 2320].map((length) => `${length} bytes ${size(maker, length, "M")}`).join(", ")}`);
  console.log(`${name}, H: ${[191, 192, 217, 218].map((length) => `${length} bytes ${size(maker, length, "H")}`).join(", ")}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = "qr.js, 100 bytes: L 37, M 57, Q 49, H 57
qr.js, M: 1273 bytes 177, 1274 bytes code length overflow., 2320 bytes code length overflow.
qr.js, H: 191 bytes 73, 192 bytes 73, 217 bytes 81, 218 bytes 81
qrcode-svg, 100 bytes: L 37, M 41, Q 49, H 57
qrcode-svg, M: 1273 bytes 137, 1274 bytes 137, 2320 bytes 177
qrcode-svg, H: 191 bytes 73, 192 bytes code length overflow., 217 bytes code length overflow., 218 bytes 81
qrcode, 100 bytes: L 37, M 41, Q 49, H 57
qrcode, M: 1273 bytes 137, 1274 bytes 137, 2320 bytes 177
qrcode, H: 191 bytes 73, 192 bytes 73, 217 bytes 77, 218 bytes 77" ] || { echo "changed" >&2; exit 1; }
