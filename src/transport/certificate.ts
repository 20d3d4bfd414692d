/**
 * Certificates, and whose key one proves. Making one is a file of its own
 * (`make_certificate.ts`), for it needs packages that nothing else does.
 *
 * @module
 */
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { LektError } from "../base/errors.ts";
import { subjectKey } from "./subject_key.ts";

/** A certificate with its private key, for methods `tls` and `wss`. */
export interface Certificate {
  /** The certificate, in PEM. */
  cert: string;
  /** Its private key, in PEM (PKCS #8). */
  key: string;
  /** base64url SHA-256 of its public key (SubjectPublicKeyInfo): what the other side pins. */
  spki: string;
}

/**
 * The key of a certificate in PEM, as `spki` of {@linkcode Certificate}; of
 * several, the first one's.
 *
 * @param pem A certificate in PEM.
 *
 * @example What others pin
 * ```ts
 * import { keyOfPem, makeCertificate } from "@lekt/lekt/certificate";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, spki } = await makeCertificate();
 * assertEquals(keyOfPem(cert), spki);
 * ```
 *
 * @throws {LektError} `INVALID_ARGUMENT` where it is no certificate.
 */
export function keyOfPem(pem: string): string {
  try {
    return keyOf(new X509Certificate(pem).raw);
  } catch (cause) {
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot read the certificate: expected X.509 version 3, in PEM",
      { cause },
    );
  }
}

/** Throws where a private key, both in PEM, is not that of the certificate, or one of them is none. */
export function checkKeyPair(cert: string, key: string): void {
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  throw new Error("the key is not that of the certificate");
}

/**
 * The key that a certificate (DER) shown in a handshake names: base64url
 * SHA-256 of its SubjectPublicKeyInfo. Throws as {@linkcode subjectKey} does.
 */
export function keyOf(der: Uint8Array): string {
  return createHash("sha256").update(subjectKey(der)).digest("base64url");
}
