/**
 * The errors in which a handshake ends.
 *
 * @module
 */
import { LektError, type LektErrorOptions } from "../base/errors.ts";
import { harmless } from "../base/text.ts";

/** The error of a handshake that came to nothing; `state` says what is, behind what could not be done. */
export function failure(
  code: "PROTOCOL" | "TIMEOUT" | "CLOSED",
  state: string,
  options?: LektErrorOptions,
): LektError {
  return new LektError(
    code,
    `Cannot complete the handshake: ${state}`,
    options,
  );
}

/** The error of a handshake that one side decided against. */
export function rejected(
  by: "local" | "remote",
  reason: string | undefined,
): LektError {
  const who = by === "local" ? "this side" : "the other side";
  const why = reason ? `: ${harmless(reason)}` : "";
  return new LektError(
    "REJECTED",
    `Cannot complete the handshake: ${who} rejected the connection${why}`,
    { by, reason },
  );
}
