/**
 * Assertions of what must be true unless lekt itself has a bug.
 *
 * @module
 */

/** Throws where `condition` does not hold; `claim` says what is wrong then. */
export function assert(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`${claim}: this is a bug in lekt`);
}
