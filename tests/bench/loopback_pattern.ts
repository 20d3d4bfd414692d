/**
 * What the loopback benchmark sends.
 *
 * @module
 */

/** The bytes of each message of `size` bytes. */
export function patternOf(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) {
    bytes[index] = Math.imul(index + size, 0x9e37_79b1) >>> 24;
  }
  return bytes;
}
