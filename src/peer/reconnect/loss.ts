/**
 * Which errors say that a connection was lost.
 *
 * @module
 */
import { LektError } from "../../../mod.ts";

const LOSSES: ReadonlySet<string> = new Set(["TRUNCATED", "TIMEOUT", "CLOSED"]);

/** Whether an error tells of a network that has gone, or of a side that has: not of a fault, a limit, or a message alone. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof LektError && LOSSES.has(error.code);
}
