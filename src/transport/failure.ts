/**
 * The errors of transports, in one place: what each says and which code it has.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { Method, MethodScope } from "./method.ts";
import {
  breakReason,
  dialReason,
  listenReason,
  permissionReason,
  unixListenReason,
} from "./reasons.ts";

/** What `read`, `write` and `closeWrite` reject with once `close` was called: `CLOSED`. */
export function closedError(action: string, address: string): LektError {
  return new LektError(
    "CLOSED",
    `Cannot ${action} ${address}: the transport is closed`,
  );
}

/** What `read` and `write` reject with when the stream breaks off before its end: `TRUNCATED`. */
export function brokenError(
  action: string,
  address: string,
  cause: unknown,
): LektError {
  return new LektError(
    "TRUNCATED",
    `Cannot ${action} ${address}: the stream broke off: ${breakReason(cause)}`,
    { cause },
  );
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
  return new LektError(
    "UNREACHABLE",
    `Cannot reach ${method.uri}: ${reason}`,
    { cause },
  );
}

/** What a dial rejects with where `scope`, to which the method leads, is refused. */
export function scopeRefusal(
  method: Method,
  scope: MethodScope,
  refusedScopes: readonly MethodScope[],
): LektError | undefined {
  if (!refusedScopes.includes(scope)) return undefined;
  const reason = `it leads to a ${scope} address`;
  return dialError(method, new Error(reason), reason);
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
function isPermissionMissing(error: unknown): boolean {
  return typeof Deno !== "undefined" &&
    error instanceof Deno.errors.NotCapable;
}
