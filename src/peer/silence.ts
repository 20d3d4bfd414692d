/**
 * Notices that something has been silent for too long.
 *
 * @module
 */

/** A timer that every sign of life sets back. It costs nothing per sign, and runs only between `start` and `stop`. */
export class SilenceWatch {
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #lastMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onSilence` is called once after `limitMs` milliseconds without a sign. */
  constructor(limitMs: number, onSilence: () => void) {
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
  }

  /** Begins to wait for signs, where it does not wait yet. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.touch();
    this.#arm(this.#limitMs);
  }

  /** A sign of life. */
  touch(): void {
    this.#lastMs = performance.now();
  }

  /** Waits no longer. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const leftMs = this.#lastMs + this.#limitMs - performance.now();
      if (leftMs > 0) this.#arm(Math.ceil(leftMs));
      else this.#onSilence();
    }, ms);
  }
}
