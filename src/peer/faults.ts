/**
 * Which errors concern the own files or the directory, and not the other side.
 *
 * @module
 */
const faults = new WeakSet<object>();

/** Remembers that an error concerns the own files or the directory, and gives it back. */
export function markFault(error: unknown): unknown {
  if (typeof error === "object" && error !== null) faults.add(error);
  return error;
}

/** Tells whether an error was marked so. */
export function isFault(error: object): boolean {
  return faults.has(error);
}
