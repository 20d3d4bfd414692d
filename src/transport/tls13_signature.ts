/**
 * Whether the listener holds the key of the certificate that it shows
 * (RFC 8446, section 4.4.3), by WebCrypto.
 *
 * @module
 */
import { type Bytes, joined } from "./tls13_keys.ts";

/** How signatures of a scheme are checked. */
interface Scheme {
  /** The key's algorithm. */
  readonly key: { name: string; hash?: string; namedCurve?: string };
  /** The signature's. */
  readonly signature: { name: string; hash?: string; saltLength?: number };
  /** Bytes of each of the two numbers, where it is DER. */
  readonly numberSize?: number;
}

/** By their numbers in TLS: ECDSA with P-256 and P-384, RSA-PSS, Ed25519. */
const SCHEMES: ReadonlyMap<number, Scheme> = new Map([
  [0x0403, ecdsa("P-256", "SHA-256", 32)],
  [0x0503, ecdsa("P-384", "SHA-384", 48)],
  [0x0804, {
    key: { name: "RSA-PSS", hash: "SHA-256" },
    signature: { name: "RSA-PSS", saltLength: 32 },
  }],
  [0x0807, { key: { name: "Ed25519" }, signature: { name: "Ed25519" } }],
]);

/** The schemes that can be checked. */
export const SIGNATURE_SCHEMES: readonly number[] = [...SCHEMES.keys()];

const CONTEXT = "TLS 1.3, server CertificateVerify";

/** Throws unless the holder of the key has signed `transcript`, the hash of the handshake up to its certificate. */
export async function checkSignature(
  spki: Bytes,
  scheme: number,
  signature: Bytes,
  transcript: Bytes,
): Promise<void> {
  const how = SCHEMES.get(scheme);
  if (how === undefined) throw new Error("an unknown kind of signature");
  const key = await crypto.subtle.importKey("spki", spki, how.key, false, [
    "verify",
  ]);
  const signed = joined(
    new Uint8Array(64).fill(0x20),
    new TextEncoder().encode(`${CONTEXT}\0`),
    transcript,
  );
  const plain = how.numberSize === undefined
    ? signature
    : fromDer(signature, how.numberSize);
  if (!await crypto.subtle.verify(how.signature, key, plain, signed)) {
    throw new Error("the listener does not hold the key that it shows");
  }
}

function ecdsa(namedCurve: string, hash: string, numberSize: number): Scheme {
  return {
    key: { name: "ECDSA", namedCurve },
    signature: { name: "ECDSA", hash },
    numberSize,
  };
}

/** The two numbers of an ECDSA signature (DER) one behind the other, as WebCrypto takes them. */
function fromDer(der: Bytes, size: number): Bytes {
  const plain = new Uint8Array(2 * size);
  let offset = 2;
  for (const end of [size, 2 * size]) {
    const count = der[offset + 1] ?? 0;
    let number = der.subarray(offset + 2, offset + 2 + count);
    const isWhole = der[offset] === 2 && number.byteLength === count;
    // A zero keeps it from being negative.
    if (number[0] === 0) number = number.subarray(1);
    if (!isWhole || number.byteLength > size) throw badSignature();
    plain.set(number, end - number.byteLength);
    offset += 2 + count;
  }
  const isAll = der[0] === 0x30 && der[1] === der.byteLength - 2;
  if (!isAll || offset !== der.byteLength) throw badSignature();
  return plain;
}

function badSignature(): Error {
  return new Error("the listener's signature is none");
}
