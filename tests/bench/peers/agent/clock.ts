/**
 * Time and cost, as both runtimes tell them.
 *
 * @module
 */
import process from "node:process";

/** Milliseconds of wall time, finer than a microsecond, comparable between processes of one machine. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** CPU time of this process so far, all threads, in milliseconds. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
}

/** Resident memory of this process in bytes, garbage collected first where the runtime lets us. */
export function residentMemory(): number {
  collectGarbage();
  return process.memoryUsage().rss;
}

/** What objects and their buffers take of it, the same way: not what the runtime keeps for objects to come, nor its own. */
export function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Resolves after the event loop's next turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
