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

/** `setTimeout` takes no more. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** The time of the system. */
export const SYSTEM_CLOCK: Clock = Object.freeze({
  now(): number {
    return Date.now();
  },
  wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal?.aborted) return Promise.resolve();
    const timer = setTimeout(
      done,
      Math.min(Math.max(milliseconds, 0), TIMER_MS_MAX),
    );
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done, { once: true });
    return promise;
  },
});

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
