/**
 * Time that goes on with each look at it.
 *
 * @module
 */

/** While it is there each call of `performance.now()` finds it so many milliseconds later; timers run. What takes as long as this machine likes takes as long as the test says. */
export class TickingClock implements Disposable {
  readonly #now = performance.now;

  /** Begins at the present moment, or another one. */
  constructor(stepMs: number, startMs: number = performance.now()) {
    let nowMs = startMs;
    performance.now = (): number => nowMs += stepMs;
  }

  /** Time goes on by itself. */
  [Symbol.dispose](): void {
    performance.now = this.#now;
  }
}
