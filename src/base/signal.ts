/**
 * What callers give as a signal.
 *
 * @module
 */
import { LektError } from "./errors.ts";

/** Why `action` cannot be done with this as a signal; `undefined` where it is one, or nothing. */
export function signalError(
  action: string,
  signal: unknown,
): LektError | undefined {
  // Not `instanceof`: it may be of another realm, as in some runners of tests.
  const { throwIfAborted } = Object(signal) as Partial<AbortSignal>;
  if (!signal || typeof throwIfAborted === "function") return undefined;
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot ${action} with this signal: expected an AbortSignal`,
  );
}

/** Refuses a signal that is none. */
export function checkSignal(action: string, signal: unknown): void {
  const error = signalError(action, signal);
  if (error) throw error;
}
