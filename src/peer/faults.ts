/**
 * Which errors concern the own files or the directory, and not the other side,
 * and which are none for a person.
 *
 * @module
 */
import type { LektError, Remote } from "../../mod.ts";

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

/**
 * Tells whether somebody left before they said who they are: who dials several
 * methods at once leaves all of them but one, which is no failure.
 */
export function hasLeftUnnamed(error: LektError, remote: Remote): boolean {
  return error.code === "CLOSED" && remote.nickname === "";
}
