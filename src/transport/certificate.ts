/**
 * Certificates, and whose key one proves. Making one is a file of its own
 * (`make_certificate.ts`), for it needs packages that nothing else does.
 *
 * @module
 */
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { LektError } from "../base/errors.ts";
import { quoted } from "../base/reasons.ts";
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

/** The pair that was last found to be one: a program mostly dials as the same, and to look at a key takes milliseconds. */
let ownPair: Pick<Certificate, "cert" | "key"> | undefined;

function checkOwnPair(cert: string, key: string): void {
  if (ownPair?.cert === cert && ownPair.key === key) return;
  checkKeyPair(cert, key);
  ownPair = { cert, key };
}

/** What `connect` is told about TLS. */
interface DialIdentity {
  cert?: string | undefined;
  key?: string | undefined;
  pinnedKey?: string | undefined;
  caCerts?: readonly string[] | undefined;
}

/**
 * Refuses what cannot serve to dial, before anybody is dialled: else a listener
 * would be blamed for it, or take this side for somebody who shows nothing.
 *
 * @throws {LektError} `INVALID_ARGUMENT`.
 */
export function checkDialIdentity(
  { cert, key, pinnedKey, caCerts = [] }: DialIdentity,
): void {
  const isPin = pinnedKey === undefined || SHA256_BASE64URL.test(pinnedKey);
  if (!isPin) {
    throw unusable(
      `pinnedKey is ${
        quoted(pinnedKey)
      }, expected the base64url SHA-256 of a key, 43 characters, as keyOfPem gives it`,
    );
  }
  if (cert !== undefined && key !== undefined) {
    check("its certificate or key", () => checkOwnPair(cert, key));
  } else if (cert !== undefined || key !== undefined) {
    throw unusable("a certificate is shown with its key, and one is missing");
  }
  if (!Array.isArray(caCerts)) {
    throw unusable("caCerts is no array of certificates in PEM");
  }
  for (const pem of caCerts) {
    check("one of caCerts", () => new X509Certificate(pem));
  }
}

/** The hash of a key. */
const SHA256_BASE64URL = /^[\w-]{43}$/;

function check(what: string, run: () => unknown): void {
  try {
    run();
  } catch (cause) {
    throw unusable(`${what} is not usable (${quoted(cause)})`, cause);
  }
}

function unusable(state: string, cause?: unknown): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot connect with these options of tls: ${state}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * The key that a certificate (DER) shown in a handshake names: base64url
 * SHA-256 of its SubjectPublicKeyInfo. Throws as {@linkcode subjectKey} does.
 */
export function keyOf(der: Uint8Array): string {
  return createHash("sha256").update(subjectKey(der)).digest("base64url");
}
