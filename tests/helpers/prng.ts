/**
 * Randomness that can be replayed.
 *
 * @module
 */

/** A small seeded generator (xorshift32): good enough to vary tests, never for secrets. */
export class Prng {
  #state: number;

  /** Starts from `seed`; equal seeds give equal numbers. */
  constructor(seed: number) {
    // Spreads neighbouring seeds apart, and avoids the one state that stays zero.
    this.#state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) >>> 0 || 1;
  }

  /** The next number, 0 to 2^32 - 1. */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state;
  }

  /** A number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() / 0x1_0000_0000 * count);
  }

  /** A number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** `bytes` cut into reads of 1 to `readSizeMax` bytes. */
  cut(bytes: Uint8Array, readSizeMax: number): Uint8Array[] {
    const reads: Uint8Array[] = [];
    for (let offset = 0; offset < bytes.length;) {
      const end = offset + this.between(1, readSizeMax);
      reads.push(bytes.subarray(offset, end));
      offset = end;
    }
    return reads;
  }
}

/** Runs a test with a generator, and names the seed where it fails. */
export function withSeed(seed: number, run: (prng: Prng) => void): void {
  try {
    run(new Prng(seed));
  } catch (cause) {
    throw new Error(`Failed with seed ${seed}`, { cause });
  }
}
