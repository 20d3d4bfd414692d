/**
 * How many lines strangers can have written to a log.
 *
 * @module
 */

/** How many lines, and of how many addresses it is remembered when they had one. */
export interface LineLimits {
  /** Milliseconds until another line is written for the same address. */
  perAddressMs: number;
  /** Lines within {@linkcode LineLimits.periodMs}, of all addresses together. */
  count: number;
  /** Milliseconds after which lines are counted afresh. */
  periodMs: number;
}

/** One line a minute for an address, and 30 in all: a day of attacks is 43,200 lines, some 10 MB. */
export const LINE_LIMITS: Readonly<LineLimits> = Object.freeze({
  perAddressMs: 60_000,
  count: 30,
  periodMs: 60_000,
});

/** Decides which lines are written, and counts those that are not. Remembers no more addresses than lines. */
export class LineLimit {
  #limits: LineLimits;
  #periodStartMs = -Infinity;
  #count = 0;
  #leftOutCount = 0;
  /** When each address had its last line; the oldest first. */
  #lastMs = new Map<string, number>();

  /** Nothing is written yet. */
  constructor(limits: LineLimits = LINE_LIMITS) {
    this.#limits = limits;
  }

  /**
   * Asks for a line about somebody.
   *
   * @param key Whom it is about.
   * @param nowMs A moment, in milliseconds of a clock that never goes back.
   * @return How many lines were left out since the last one that was written; `undefined` where this one is to be left out, too.
   */
  take(key: string, nowMs: number): number | undefined {
    const { perAddressMs, count, periodMs } = this.#limits;
    if (nowMs - this.#periodStartMs >= periodMs) {
      this.#periodStartMs = nowMs;
      this.#count = 0;
    }
    for (const [each, lastMs] of this.#lastMs) {
      if (nowMs - lastMs < perAddressMs) break;
      this.#lastMs.delete(each);
    }
    if (this.#lastMs.has(key) || this.#count >= count) {
      this.#leftOutCount++;
      return undefined;
    }
    this.#count++;
    this.#lastMs.set(key, nowMs);
    const leftOutCount = this.#leftOutCount;
    this.#leftOutCount = 0;
    return leftOutCount;
  }
}
