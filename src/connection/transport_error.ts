/**
 * What a transport throws, as the application gets it.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";

/** The error of a connection whose transport has failed with `cause`. */
export function asLektError(cause: unknown): LektError {
  if (cause instanceof LektError) return cause;
  const text = messageOf(cause);
  return new LektError("TRUNCATED", `The connection broke: ${text}`, { cause });
}
