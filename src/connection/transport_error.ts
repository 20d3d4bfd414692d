/**
 * What a transport throws, as the application gets it.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

/** The error of a connection whose transport has failed with `cause`. */
export function asLektError(cause: unknown): LektError {
  if (cause instanceof LektError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new LektError("TRUNCATED", `The connection broke: ${text}`, { cause });
}
