#!/usr/bin/env bash
# jsQR 1.4.0, on codes of qrcode 1.5.4, beside the reader of qr 0.7.0.
#
# Of the 40 sizes ("versions") of QR codes at error correction level L, jsQR reads
# all but version 23, and that one never, whatever the text and the mask: the answer
# is null, as for a picture without a code. It is the size that a text of 1,004 to
# 1,091 bytes gets at that level; a byte less or more, and it is read. At levels M,
# Q and H version 23 is read too, and the reader of qr reads them all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund jsqr@1.4.0 qrcode@1.5.4 qr@0.7.0


cat >try.mjs <<'JS'
import jsqr from "jsqr";
import { decodeQR } from "qr/decode.js";
import qrcode from "qrcode";
const SCALE = 4, MARGIN = 4;

function picture({ size, get }) {
  const width = (size + 2 * MARGIN) * SCALE;
  const data = new Uint8ClampedArray(4 * width * width).fill(255);
  for (let at = 0; at < width * width; at++) {
    const [y, x] = [at / width, at % width].map((pixel) => Math.floor(pixel / SCALE) - MARGIN);
    const isInside = Math.min(x, y) >= 0 && Math.max(x, y) < size;
    if (isInside && get(y, x)) data.fill(0, 4 * at, 4 * at + 3);
  }
  return { data, width, height: width };
}
const missed = { jsqr: [], qr: [] };
function tryOut(text, version, errorCorrectionLevel, maskPattern) {
  const { modules } = qrcode.create(text, { version, errorCorrectionLevel, maskPattern });
  const image = picture({ size: modules.size, get: (y, x) => modules.get(y, x) });
  const name = version ? `${version}-${errorCorrectionLevel}` : `${text.length} bytes`;
  if (jsqr.default(image.data, image.width, image.height)?.data !== text) missed.jsqr.push(name);
  if (decodeQR(image) !== text) missed.qr.push(name);
}
for (let version = 1; version <= 40; version++) tryOut(`size ${version}`, version, "L");
for (let mask = 0; mask < 8; mask++) tryOut(`mask ${mask}`, 23, "L", mask);
for (const level of ["M", "Q", "H"]) tryOut("level", 23, level);
for (const length of [1003, 1004, 1091, 1092]) tryOut("x".repeat(length), undefined, "L");
console.log(`jsQR did not read: ${[...new Set(missed.jsqr)].join(", ")}`);
console.log(`qr did not read: ${missed.qr.join(", ") || "-"}`);
JS
seen=$(timeout 60 node try.mjs)
echo "$seen"
[ "$seen" = "jsQR did not read: 23-L, 1004 bytes, 1091 bytes
qr did not read: -" ] || { echo "changed" >&2; exit 1; }
