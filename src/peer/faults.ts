/**
 * Which errors concern the own files or the directory, and not the other side,
 * which are none for a person, and what is told of the others.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { isSystemError } from "../runtime/errors.ts";
import { LektError, type Remote } from "../../mod.ts";
import { safeFileName } from "../talk/mod.ts";
import type { ErrorEventCode } from "./events.ts";

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

/** What is told of an error of the connection, or of one message: with `name` of the file that it is. */
export function describeFault(
  error: unknown,
  name?: string,
): { code: ErrorEventCode; message: string } {
  const code = error instanceof LektError ? error.code : "FILE";
  const text = messageOf(error);
  const message = name === undefined
    ? text
    : `Cannot take ${safeFileName(name)}: ${text}`;
  return { code, message };
}

/** Tells whether nobody was reached. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof LektError && error.code === "UNREACHABLE";
}

/** Tells whether it was somebody else who listens there already. */
export function isAddressInUse(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isSystemError(cause, "AddrInUse")) return true;
  }
  return false;
}
