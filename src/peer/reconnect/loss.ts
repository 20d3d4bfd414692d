/**
 * Which errors say that a connection was lost.
 *
 * @module
 */
import { LektError } from "../../../mod.ts";

const LOSSES: ReadonlySet<string> = new Set(["TRUNCATED", "TIMEOUT", "CLOSED"]);

/** Why a connection is over: where this side has given it up, what made it do that. */
export function lossOf(error: unknown): unknown {
  const isOwn = error instanceof LektError && error.code === "CLOSED";
  return isOwn && error.cause instanceof LektError ? error.cause : error;
}

/** Whether an error tells of a network that has gone, or of a side that has: not of a fault, a limit, or a message alone. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof LektError && LOSSES.has(error.code);
}
