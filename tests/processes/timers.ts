/**
 * Counts the timers of this program that wait: import it before what takes
 * `setTimeout` for itself.
 *
 * @module
 */

const waiting = new Set<unknown>();
const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout,
};

type Callback = (...args: unknown[]) => void;

function clear(id: unknown): void {
  waiting.delete(id);
  real.clearTimeout(id as number);
}

Object.assign(globalThis, {
  setTimeout: (run: Callback, delayMs = 0, ...args: unknown[]): unknown => {
    const id = real.setTimeout(() => {
      waiting.delete(id);
      run(...args);
    }, delayMs);
    waiting.add(id);
    return id;
  },
  setInterval: (run: Callback, everyMs = 0, ...args: unknown[]): unknown => {
    const id = real.setInterval(run, everyMs, ...args);
    waiting.add(id);
    return id;
  },
  clearTimeout: clear,
  clearInterval: clear,
});

/** How many wait. */
export function timerCount(): number {
  return waiting.size;
}
