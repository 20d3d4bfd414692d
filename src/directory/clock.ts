/**
 * The time, as something that a test can hold still.
 *
 * @module
 */

/** Tells the time and waits for it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Resolves after `milliseconds`, or at once when `signal` fires; never rejects.
   *
   * @param milliseconds How long.
   * @param signal Ends the wait early.
   */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** How long one timer of the system's clock runs, in milliseconds: so late at most is it noticed that the machine has slept. */
const TIMER_MS_MAX = 5_000;

/**
 * Makes a clock of the system's. A machine that sleeps stops its timers, but
 * not the time: what became due meanwhile is due at once when it wakes.
 *
 * @param timerMsMax How long one timer runs at most, in milliseconds.
 */
export function createSystemClock(timerMsMax: number = TIMER_MS_MAX): Clock {
  return Object.freeze({
    now: () => Date.now(),
    wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
      if (signal?.aborted) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      // Whichever comes first: the time of day may also be set back.
      const dueAt = performance.now() + milliseconds;
      const dueAtDay = Date.now() + milliseconds;
      let timer: ReturnType<typeof setTimeout>;
      function look(): void {
        const left = Math.min(
          dueAt - performance.now(),
          dueAtDay - Date.now(),
        );
        if (left <= 0) done();
        else timer = setTimeout(look, Math.min(left, timerMsMax));
      }
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      }
      signal?.addEventListener("abort", done, { once: true });
      timer = setTimeout(
        look,
        Math.min(Math.max(milliseconds, 0), timerMsMax),
      );
      return promise;
    },
  });
}

/** The time of the system. */
export const SYSTEM_CLOCK: Clock = createSystemClock();

/**
 * Settles as `work` does, or rejects with `late()` when that takes longer than
 * `milliseconds`. What `work` comes to after that is ignored.
 */
export function withDeadline<T>(
  work: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(expire, milliseconds);
  function expire(): void {
    reject(late());
  }
  work.then(resolve, reject).finally(clear);
  function clear(): void {
    clearTimeout(timer);
  }
  return promise;
}
