/**
 * Holds the reader of a connection back while the disk does not keep up.
 *
 * @module
 */

/** Counts what waits for the disk. */
export class DiskGate {
  readonly #countMax: number;
  #count = 0;
  #change = Promise.withResolvers<void>();

  /** Shut while `countMax` works are at the disk. */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Does some work of the disk, shut or not: what has begun goes on. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await work();
    } finally {
      this.#count--;
      this.#change.resolve();
      this.#change = Promise.withResolvers();
    }
  }

  /** Resolves when the gate is open. */
  async opened(): Promise<void> {
    while (this.#count >= this.#countMax) await this.#change.promise;
  }
}
