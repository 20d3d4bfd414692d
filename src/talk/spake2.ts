/**
 * SPAKE2 (RFC 9382): two sides that share a short code agree on a key, and
 * whoever does not know the code learns nothing but whether one guess was
 * right. The ciphersuite is SPAKE2-P256-SHA256-HKDF-HMAC.
 *
 * @module
 */
import { p256 } from "@noble/curves/nist.js";
import { concat } from "@std/bytes";
import {
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  scryptSync,
  timingSafeEqual,
} from "node:crypto";

/** Which of the two sides: A speaks first. */
export type Spake2Side = "A" | "B";

/** What both sides have to agree on. */
export interface Spake2Context {
  /** The code as a number: see {@linkcode scalarOf}. */
  readonly scalar: bigint;
  /** Who A is. */
  readonly identityA: string;
  /** Who B is. */
  readonly identityB: string;
  /** What the exchange is for. */
  readonly purpose: string;
}

/** What comes of an exchange; it is worth something only when the other side's confirmation is right. */
export interface Spake2Keys {
  /** Proves to the other side that this one has the same key: 32 bytes. */
  readonly confirmation: Uint8Array<ArrayBuffer>;
  /** Whether these bytes prove that the other side has the same key. */
  isConfirmedBy(bytes: Uint8Array): boolean;
  /** The key: 16 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
}

/** Bytes of a share: a point of the curve, uncompressed. */
export const SHARE_SIZE = 65;

/** Bytes of a confirmation. */
export const CONFIRMATION_SIZE = 32;

type Point = InstanceType<typeof p256.Point>;

const ORDER = p256.Point.Fn.ORDER;

/** Two points of which nobody knows how they hang together (RFC 9382, section 6). */
const BLINDS: Readonly<Record<Spake2Side, Point>> = {
  A: p256.Point.fromHex(
    "02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f",
  ),
  B: p256.Point.fromHex(
    "03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49",
  ),
};

/** scrypt's costs (RFC 7914): 16 MiB of memory, and some 50 ms. */
const SCRYPT = { N: 2 ** 14, r: 8, p: 1 } as const;

/** Bytes that are reduced to a scalar: 8 more than it has, so that none is likelier than another. */
const SCALAR_SEED_SIZE = 40;

const ENCODER = new TextEncoder();

/**
 * The number that stands for a code: its scrypt hash modulo the curve's order.
 *
 * @param code The code, in the spelling that both sides use.
 * @param salt What keeps hashes of other programs apart.
 */
export function scalarOf(code: string, salt: string): bigint {
  const seed = scryptSync(code, salt, SCALAR_SEED_SIZE, SCRYPT);
  return BigInt(`0x${seed.toString("hex")}`) % ORDER;
}

/** One side of one exchange; its secret is used once. */
export class Spake2 {
  /** What the other side needs: 65 bytes. */
  readonly share: Uint8Array<ArrayBuffer>;
  readonly #side: Spake2Side;
  readonly #context: Spake2Context;
  readonly #secret: bigint;

  /**
   * Draws a secret and makes the share.
   *
   * @param side Which side this is.
   * @param context What both sides agree on.
   * @param secret The secret, for test vectors alone. Default: a random one.
   */
  constructor(
    side: Spake2Side,
    context: Spake2Context,
    secret: bigint = randomSecret(),
  ) {
    this.#side = side;
    this.#context = context;
    this.#secret = secret;
    const blind = BLINDS[side].multiply(context.scalar);
    const share = p256.Point.BASE.multiply(secret).add(blind);
    this.share = share.toBytes(false) as Uint8Array<ArrayBuffer>;
  }

  /**
   * Makes the keys of the other side's share; `undefined` where that is no
   * point of the curve, whatever the code.
   *
   * A share that was made so that the common point is none, which takes a guess
   * of the code, gets keys that nobody else has: were it refused, whoever sends
   * such shares could guess without ever confirming.
   */
  finish(otherShare: Uint8Array): Spake2Keys | undefined {
    const other = readShare(otherShare);
    if (!other) return undefined;
    const { scalar, identityA, identityB, purpose } = this.#context;
    const isA = this.#side === "A";
    const blind = BLINDS[isA ? "B" : "A"].multiply(scalar);
    const common = other.subtract(blind).multiply(this.#secret);
    const transcript = concat([
      ENCODER.encode(identityA),
      ENCODER.encode(identityB),
      isA ? this.share : otherShare,
      isA ? otherShare : this.share,
      common.is0() ? randomBytes(SHARE_SIZE) : common.toBytes(false),
      p256.Point.Fn.toBytes(scalar),
    ].flatMap((part) => [lengthOf(part), part]));
    const hash = createHash("sha256").update(transcript).digest();
    const info = `ConfirmationKeys${purpose}`;
    const confirming = new Uint8Array(
      hkdfSync("sha256", hash.subarray(16), "", info, 32),
    );
    const byA = mac(confirming.subarray(0, 16), transcript);
    const byB = mac(confirming.subarray(16), transcript);
    const expected = isA ? byB : byA;
    return {
      confirmation: isA ? byA : byB,
      isConfirmedBy: (bytes) =>
        bytes.length === expected.length && timingSafeEqual(bytes, expected),
      key: new Uint8Array(hash.subarray(0, 16)),
    };
  }
}

/** Draws a scalar that is not 0; all are equally likely. */
function randomSecret(): bigint {
  return p256.Point.Fn.fromBytes(p256.utils.randomSecretKey());
}

/** A share as a point; `undefined` where it is none. */
function readShare(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== SHARE_SIZE) return undefined;
  try {
    return p256.Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** A length as RFC 9382 writes it: 8 bytes, the least significant first. */
function lengthOf(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
  return length;
}

function mac(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHmac("sha256", key).update(data).digest());
}
