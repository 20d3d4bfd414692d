/**
 * Stand-in for `@std/bytes` on machines that cannot reach JSR: the functions
 * that this project uses, with the same behaviour.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Joins byte arrays into one new array. */
export function concat(
  buffers: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const buffer of buffers) size += buffer.length;
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const buffer of buffers) {
    joined.set(buffer, offset);
    offset += buffer.length;
  }
  return joined;
}

/** Tells whether two byte arrays hold the same bytes. */
export function equals(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Tells whether `source` begins with `prefix`. */
export function startsWith(source: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.length <= source.length &&
    equals(source.subarray(0, prefix.length), prefix);
}
