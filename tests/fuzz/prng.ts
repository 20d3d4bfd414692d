/**
 * Seeded random numbers that are the same on every machine. Not for secrets.
 *
 * @module
 */

/** A generator of its own for each (seed, index), so that one stream can be made without those before it. */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Makes the generator of the stream `index` of `seed`. */
  constructor(seed: string, index: number) {
    let hash = 0x811c_9dc5;
    for (const byte of new TextEncoder().encode(`${seed}/${index}`)) {
      hash = Math.imul(hash ^ byte, 0x0100_0193);
    }
    this.#a = hash;
    this.#b = Math.imul(hash ^ index, 0x9e37_79b1);
    this.#c = index | 0;
    this.#d = 1;
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** A number from 0 to 2^32 - 1 (the small fast counter generator sfc32). */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum | 0;
    return sum >>> 0;
  }

  /** A whole number from 0 to `end` - 1. */
  below(end: number): number {
    return Math.floor(this.uint32() / 0x1_0000_0000 * end);
  }

  /** A whole number from `lowest` to `highest`, both included. */
  between(lowest: number, highest: number): number {
    return lowest + this.below(highest - lowest + 1);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of `items`. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** `size` random bytes. */
  bytes(size: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    for (let index = 0; index < size; index++) bytes[index] = this.uint32();
    return bytes;
  }
}
