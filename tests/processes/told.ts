/**
 * Messages that say which they are: the other side can tell whether one is
 * whole, and the next.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Prng } from "../helpers/prng.ts";

const SMALL_SIZE_MAX = 3_000;

/** One in so many is large. */
const LARGE_STEP = 20;
const LARGE_SIZE_MAX = 200_000;

/** The message of this number from who has this seed. */
export function messageOf(
  seed: number,
  number: number,
): Uint8Array<ArrayBuffer> {
  const prng = new Prng(seed * 1_000_003 + number);
  const sizeMax = prng.below(LARGE_STEP) === 0
    ? LARGE_SIZE_MAX
    : SMALL_SIZE_MAX;
  const bytes = new Uint8Array(4 + prng.below(sizeMax));
  new DataView(bytes.buffer).setUint32(0, number);
  const begin = prng.next();
  for (let at = 4; at < bytes.length; at++) bytes[at] = begin + at * 31;
  return bytes;
}

/** Throws where these bytes are not that very message. */
export function assertMessage(
  bytes: Uint8Array,
  seed: number,
  number: number,
): void {
  const expected = messageOf(seed, number);
  assertEquals(bytes.length, expected.length, `message ${number}`);
  const isSame = expected.every((byte, at) => byte === bytes[at]);
  assertEquals(isSame, true, `message ${number}`);
}
