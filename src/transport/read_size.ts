/**
 * How much to read at once for somebody who works all of it off in one go,
 * and can be stopped only in between.
 *
 * @module
 */

/** What is read may take so long to be worked off, in milliseconds. */
const WORK_MS_MAX = 0.5;

/** What comes in fewer pieces takes long for another reason. */
const PIECES_MIN = 32;

/** Bytes of the shortest read. */
const SIZE_MIN = 1024;

/** After so many reads that took little time, at first, twice as much is read; after twice as many whenever that was wrong. */
const QUICK_COUNT = 32;
const QUICK_COUNT_MAX = 65_536;

/** The size of reads, from the largest down and up again. */
export class ReadSize {
  readonly #sizeMax: number;
  #size: number;
  #quickCount = 0;
  #quickCountMin = QUICK_COUNT;

  /** Begins with the largest, a power of two. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
    this.#size = sizeMax;
  }

  /** Bytes of the next read, at most. */
  get size(): number {
    return this.#size;
  }

  /** To work the last read off has taken so long, in milliseconds, and it came in so many pieces. */
  note(workMs: number, pieceCount: number): void {
    if (workMs > WORK_MS_MAX && pieceCount >= PIECES_MIN) this.#shrink();
    else if (this.#size < this.#sizeMax) this.#grow();
  }

  #shrink(): void {
    this.#quickCount = 0;
    if (this.#size === SIZE_MIN) return;
    this.#size /= 2;
    this.#quickCountMin = Math.min(2 * this.#quickCountMin, QUICK_COUNT_MAX);
  }

  #grow(): void {
    if (++this.#quickCount < this.#quickCountMin) return;
    this.#quickCount = 0;
    this.#size *= 2;
    // Who has shown for long that it sends nothing of that kind is trusted again.
    if (this.#size === this.#sizeMax) this.#quickCountMin = QUICK_COUNT;
  }
}
