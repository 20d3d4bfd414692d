/**
 * Tells why there is no conversation with somebody.
 *
 * @module
 */
import type { LektError } from "../../mod.ts";
import type { Reporter } from "./reporter.ts";

/** Tells why there is none; `connection` is its number, where somebody was there. */
export function reportNoConversation(
  reporter: Reporter,
  error: LektError,
  connection?: number,
): void {
  if (error.code === "REJECTED" && connection !== undefined) {
    const { by = "remote", reason = "" } = error;
    return reporter.emit({ event: "rejected", connection, by, reason });
  }
  const { code, message } = error;
  reporter.emit({ event: "error", connection, code, message });
}
