/**
 * The key that a client signs its registrations with: its identity.
 *
 * @module
 */
import { toBase64Url } from "./base64url.ts";
import { subtleCrypto } from "./web_crypto.ts";

/** A key pair, and the identity that follows from it. */
export interface Identity {
  /** The RFC 7638 thumbprint of the public key: 43 characters of base64url. */
  readonly thumbprint: string;
  /** The public key: 32 bytes in base64url, as `x` of its JWK. */
  readonly publicKey: string;
  /** The private key, for signing. */
  readonly privateKey: CryptoKey;
}

/**
 * Makes a new identity that nothing remembers: for tests, and for clients that
 * are somebody else each time.
 *
 * @example
 * ```ts
 * import { createIdentity } from "@lekt/lekt/directory";
 * import { assertMatch } from "@std/assert";
 *
 * const identity = await createIdentity();
 * assertMatch(identity.thumbprint, /^[A-Za-z0-9_-]{43}$/);
 * ```
 */
export async function createIdentity(): Promise<Identity> {
  const pair = await subtleCrypto().generateKey("Ed25519", false, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const { x } = await subtleCrypto().exportKey("jwk", pair.publicKey);
  return await identityOf(x!, pair.privateKey);
}

/** The identity of a key pair; `x` is the public key. */
export async function identityOf(
  x: string,
  privateKey: CryptoKey,
): Promise<Identity> {
  return { thumbprint: await thumbprintOf(x), publicKey: x, privateKey };
}

/** The RFC 7638 thumbprint of an Ed25519 key, `x` of its JWK. */
export async function thumbprintOf(x: string): Promise<string> {
  const text = `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`;
  const bytes = new TextEncoder().encode(text);
  return toBase64Url(
    new Uint8Array(await subtleCrypto().digest("SHA-256", bytes)),
  );
}
