/**
 * The key schedule of TLS 1.3 with SHA-256 (RFC 8446, section 7), by WebCrypto.
 *
 * @module
 */

/** Bytes as WebCrypto takes them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of a SHA-256, and of each secret. */
export const HASH_SIZE = 32;

const KEY_SIZE = 16;
const IV_SIZE = 12;
const EMPTY: Bytes = new Uint8Array(0);
const ZEROS: Bytes = new Uint8Array(HASH_SIZE);
const HMAC = { name: "HMAC", hash: "SHA-256" };

/** The secrets of both directions. */
export interface TrafficSecrets {
  /** That of what this side sends. */
  readonly client: Bytes;
  /** That of what the other side sends. */
  readonly server: Bytes;
}

/** What one direction is protected with. */
export interface TrafficKey {
  /** For AES-128-GCM. */
  readonly key: CryptoKey;
  /** What the number of a record is mixed with. */
  readonly iv: Bytes;
}

/** The SHA-256 of bytes. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** One piece of memory that holds all of them. */
export function joined(...parts: readonly Uint8Array[]): Bytes {
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}

/** The secrets of one handshake, in their order. */
export class KeySchedule {
  readonly #handshake: Bytes;

  private constructor(handshake: Bytes) {
    this.#handshake = handshake;
  }

  /** Begins with what both sides have exchanged. */
  static async begin(shared: Bytes): Promise<KeySchedule> {
    const early = await hmac(ZEROS, ZEROS);
    return new KeySchedule(await hmac(await derived(early), shared));
  }

  /** Those of the handshake's rest; `transcript` is the hash of the messages up to ServerHello. */
  handshakeSecrets(transcript: Bytes): Promise<TrafficSecrets> {
    return secrets(this.#handshake, "hs", transcript);
  }

  /** Those of what comes behind it; `transcript` is the hash of the messages up to the server's Finished. */
  async applicationSecrets(transcript: Bytes): Promise<TrafficSecrets> {
    const master = await hmac(await derived(this.#handshake), ZEROS);
    return await secrets(master, "ap", transcript);
  }
}

/** The key of a direction with such a secret. */
export async function trafficKey(secret: Bytes): Promise<TrafficKey> {
  const bytes = await expand(secret, "key", EMPTY, KEY_SIZE);
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  return { key, iv: await expand(secret, "iv", EMPTY, IV_SIZE) };
}

/** The secret that follows at a key update. */
export function nextSecret(secret: Bytes): Promise<Bytes> {
  return expand(secret, "traffic upd", EMPTY, HASH_SIZE);
}

/** What a Finished holds, by the sender's handshake secret. */
export async function finishedOf(
  secret: Bytes,
  transcript: Bytes,
): Promise<Bytes> {
  return await hmac(await finishedKey(secret), transcript);
}

/** Whether a Finished is right; takes as long whatever is wrong with it. */
export async function isFinished(
  secret: Bytes,
  transcript: Bytes,
  claimed: Bytes,
): Promise<boolean> {
  const key = await crypto.subtle.importKey(
    "raw",
    await finishedKey(secret),
    HMAC,
    false,
    ["verify"],
  );
  return await crypto.subtle.verify("HMAC", key, claimed, transcript);
}

function finishedKey(secret: Bytes): Promise<Bytes> {
  return expand(secret, "finished", EMPTY, HASH_SIZE);
}

async function derived(secret: Bytes): Promise<Bytes> {
  return await expand(secret, "derived", await sha256(EMPTY), HASH_SIZE);
}

async function secrets(
  secret: Bytes,
  phase: "hs" | "ap",
  transcript: Bytes,
): Promise<TrafficSecrets> {
  const of = (side: string) =>
    expand(secret, `${side} ${phase} traffic`, transcript, HASH_SIZE);
  return { client: await of("c"), server: await of("s") };
}

/** HKDF-Expand-Label, of one block at most. */
async function expand(
  secret: Bytes,
  label: string,
  context: Bytes,
  size: number,
): Promise<Bytes> {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = joined(
    Uint8Array.of(0, size, name.byteLength),
    name,
    Uint8Array.of(context.byteLength),
    context,
    Uint8Array.of(1),
  );
  return (await hmac(secret, info)).slice(0, size);
}

async function hmac(secret: Bytes, bytes: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, HMAC, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes));
}
