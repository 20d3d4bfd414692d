/**
 * Certificates of X.509 version 1, which nobody makes any more.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { assert } from "@std/assert";

/** The same certificate without version and extensions, as X.509 version 1 has it; its signature is wrong then, and nobody looks at it. */
export function version1(pem: string): string {
  const der = new Uint8Array(new X509Certificate(pem).raw);
  const whole = element(der, 0);
  const body = element(der, whole.start);
  const kept: Uint8Array[] = [];
  for (let offset = body.start; offset < body.end;) {
    const { tag, end } = element(der, offset);
    const isVersionOrExtensions = tag === 0xa0 || tag === 0xa3;
    if (!isVersionOrExtensions) kept.push(der.subarray(offset, end));
    offset = end;
  }
  const content = sequence([
    sequence(kept),
    der.subarray(body.end, whole.end),
  ]);
  const base64 = Buffer.from(content).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${
    base64.replace(/.{64}/g, "$&\n")
  }\n-----END CERTIFICATE-----\n`;
}

function element(
  der: Uint8Array,
  offset: number,
): { tag: number; start: number; end: number } {
  const tag = der[offset]!;
  const first = der[offset + 1]!;
  const sizeSize = first < 0x80 ? 0 : first & 0x7f;
  let size = first < 0x80 ? first : 0;
  for (let index = 0; index < sizeSize; index++) {
    size = size * 256 + der[offset + 2 + index]!;
  }
  const start = offset + 2 + sizeSize;
  return { tag, start, end: start + size };
}

function sequence(parts: Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.byteLength, 0);
  assert(size >= 0x80);
  const length = size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return new Uint8Array([
    0x30,
    ...length,
    ...parts.flatMap((part) => [...part]),
  ]);
}
