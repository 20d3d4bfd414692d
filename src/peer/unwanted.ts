/**
 * Messages of which the other side wants no more.
 *
 * @module
 */
import { LektError } from "../../mod.ts";

/** Whether the other side wants no more of a message; why not comes behind that, for what ends a message overtakes others. */
export function isUnwanted(error: unknown): boolean {
  return error instanceof LektError && error.code === "CANCELLED";
}

/** What is told of one for which no reason comes: whoever ends a conversation drops what is still to come. */
export function unwantedError(cause: unknown): LektError {
  const text = "The other side has ended, or wants no more of it";
  return new LektError("CANCELLED", text, { cause });
}

/** What is told of the end of a conversation in which the other side had such messages still to come. */
export function leftError(cause: unknown): LektError {
  const text =
    "The other side has ended before it had all that was sent to it: it was interrupted, say";
  return new LektError("TRUNCATED", text, { cause });
}
