/**
 * Where the key stands in a certificate.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

/**
 * The SubjectPublicKeyInfo of a certificate (DER) shown in a handshake. Throws
 * where the handshake proves nothing: Deno's `node:tls` does not check the
 * signature of a handshake whose certificate is not of X.509 version 3, so that
 * anybody could show one with somebody else's key. Anything else that is odd is
 * refused for the same reason.
 */
export function subjectKey<T extends ArrayBufferLike>(
  der: Uint8Array<T>,
): Uint8Array<T> {
  const certificate = readElement(der, 0, 0x30);
  if (certificate.end !== der.byteLength) throw odd("it has trailing bytes");
  const body = readElement(der, certificate.start, 0x30);
  // [0] EXPLICIT INTEGER 2; version 1 leaves it out.
  if (der[body.start] !== 0xa0) throw odd("its version is not 3");
  const version = readElement(der, body.start, 0xa0);
  const number = readElement(der, version.start, 0x02);
  const isThree = der[number.start] === 2 && number.end - number.start === 1;
  if (!isThree) throw odd("its version is not 3");
  const serial = readElement(der, version.end, 0x02);
  const algorithm = readElement(der, serial.end, 0x30);
  const issuer = readElement(der, algorithm.end, 0x30);
  const validity = readElement(der, issuer.end, 0x30);
  const subject = readElement(der, validity.end, 0x30);
  const key = readElement(der, subject.end, 0x30);
  return der.subarray(subject.end, key.end);
}

/** Where the content of the element at `offset` begins and ends; throws where it is another, not DER, or goes past the end. */
function readElement(
  der: Uint8Array,
  offset: number,
  tag: number,
): { start: number; end: number } {
  if (der[offset] !== tag) throw odd(`expected tag ${tag} at ${offset}`);
  let size = der[offset + 1] ?? 0;
  let start = offset + 2;
  if (size === 0x81) {
    size = der[start] ?? 0;
    start += 1;
    if (size < 0x80) throw odd("a length is not minimal");
  } else if (size === 0x82) {
    size = (der[start] ?? 0) << 8 | (der[start + 1] ?? 0);
    start += 2;
    if (size < 0x100) throw odd("a length is not minimal");
  } else if (size >= 0x80) {
    throw odd("a length is too long");
  }
  const end = start + size;
  if (end > der.byteLength) throw odd("it is cut short");
  return { start, end };
}

function odd(fault: string): LektError {
  return new LektError(
    "PROTOCOL",
    `Cannot tell whose key a certificate proves: ${fault}`,
  );
}
