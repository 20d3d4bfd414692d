/**
 * The errors of transports that rest on what the system says of them; those
 * that need nothing from it are in `faults.ts`.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { Method } from "./method.ts";
import { breakError, unreachableError } from "./faults.ts";
import {
  breakReason,
  dialReason,
  listenReason,
  permissionReason,
  unixListenReason,
} from "./reasons.ts";

export { closedError, scopeRefusal } from "./faults.ts";

/** What `read` and `write` reject with when the stream breaks off before its end: `TRUNCATED`. */
export function brokenError(
  action: string,
  address: string,
  cause: unknown,
): LektError {
  return breakError(action, address, breakReason(cause), cause);
}

/**
 * What a dial rejects with when it does not reach the other side: `UNREACHABLE`;
 * where this program lacks a permission, which no other side can mend:
 * `INVALID_ARGUMENT`.
 */
export function dialError(
  method: Method,
  cause: unknown,
  reason: string = dialReason(method, cause),
): LektError {
  if (isPermissionMissing(cause)) {
    return new LektError(
      "INVALID_ARGUMENT",
      `Cannot dial ${method.uri}: ${permissionReason(cause)}`,
      { cause },
    );
  }
  return unreachableError(method, reason, cause);
}

/** What listening rejects with when the system refuses it, such as a taken port: `INVALID_ARGUMENT`. */
export function listenError(
  method: Method,
  cause: unknown,
  reason: string = reasonAgainst(method, cause),
): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot listen on ${method.uri}: ${reason}`,
    { cause },
  );
}

function reasonAgainst({ scheme }: Method, cause: unknown): string {
  if (isPermissionMissing(cause)) return permissionReason(cause);
  return scheme === "unix" ? unixListenReason(cause) : listenReason(cause);
}

/**
 * Whether an error of the system, or the `LektError` round it, says that the
 * address is taken: somebody listens there, or a file has the name of the socket.
 */
export function isTaken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as Error & { code?: unknown };
  return code === "EADDRINUSE" || code === "EEXIST" || isTaken(cause);
}

/** Whether Deno refuses something for want of a flag; its text names the flag. */
export function isPermissionMissing(error: unknown): boolean {
  return error instanceof Error && error.name === "NotCapable";
}
