/**
 * Time that stands still.
 *
 * @module
 */

/** While it is there `performance.now()` stays the same; timers run. What takes as long as this machine likes is done in no time then. */
export class StoppedClock implements Disposable {
  readonly #now = performance.now;

  constructor() {
    // Sums of whole numbers are exact.
    const nowMs = Math.ceil(performance.now());
    performance.now = (): number => nowMs;
  }

  /** Time goes on. */
  [Symbol.dispose](): void {
    performance.now = this.#now;
  }
}
