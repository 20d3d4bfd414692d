/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import type { Clock } from "../../src/directory/clock.ts";

/** A clock for tests: `advance` moves it, and resolves what waited for that. */
export class HeldClock implements Clock {
  #now: number;
  #waiting = new Set<{ until: number; done: () => void }>();

  /** Starts at so many milliseconds since 1970. */
  constructor(now: number = Date.now()) {
    this.#now = now;
  }

  /** The milliseconds until each of those who wait is due, the soonest first. */
  get pauses(): number[] {
    return [...this.#waiting].map(({ until }) => until - this.#now)
      .sort((one, other) => one - other);
  }

  /** See {@linkcode Clock.now}. */
  now(): number {
    return this.#now;
  }

  /** See {@linkcode Clock.wait}. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting;
    const entry = { until: this.#now + milliseconds, done };
    function done(): void {
      waiting.delete(entry);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    // As the system's clock: what is due already needs no moving.
    if (signal?.aborted || milliseconds <= 0) return Promise.resolve();
    waiting.add(entry);
    signal?.addEventListener("abort", done, { once: true });
    return promise;
  }

  /** Moves the time on, wakes who waited for it, and lets them run. */
  async advance(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    for (const { until, done } of [...this.#waiting]) {
      if (until <= this.#now) done();
    }
    await settle();
  }
}

/** Lets everything run that is ready to. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
