/**
 * Many who listen to one signal. A signal looks through all its listeners
 * whenever one is added or removed, so that of 100,000 sends that share one
 * each would take longer than the last.
 *
 * @module
 */

/** Those who wait for one signal, behind its only listener. */
class Waiting {
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#run);
  }

  add(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** The signal is let go with the last one: a timeout that is listened to would keep the program from ending. */
  remove(listener: () => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#signal.removeEventListener("abort", this.#run);
    waiting.delete(this.#signal);
  }

  #run = (): void => {
    for (const listener of [...this.#listeners]) listener();
  };
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Calls `listener`, which must not throw, when the signal fires. Of no effect where it has fired, as `addEventListener`. */
export function addAbortListener(
  signal: AbortSignal,
  listener: () => void,
): void {
  let those = waiting.get(signal);
  if (!those) {
    those = new Waiting(signal);
    waiting.set(signal, those);
  }
  those.add(listener);
}

/** Calls `listener` no more, and leaves nothing at the signal. */
export function removeAbortListener(
  signal: AbortSignal,
  listener: () => void,
): void {
  waiting.get(signal)?.remove(listener);
}
