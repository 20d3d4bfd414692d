/**
 * The errors of transports: what each says and which code it has. Runs
 * everywhere, browsers included; what systems say is explained in `failure.ts`.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { Method, MethodScope } from "./method.ts";

/** Why a stream that somebody closed is no whole one. */
export const CLOSED_EARLY =
  "the other side, or something in between, closed it before its end";

/** What `read`, `write` and `closeWrite` reject with once `close` was called: `CLOSED`. */
export function closedError(action: string, address: string): LektError {
  return new LektError(
    "CLOSED",
    `Cannot ${action} ${address}: the transport is closed`,
  );
}

/** What `read` and `write` reject with when the stream breaks off before its end, for `reason`: `TRUNCATED`. */
export function breakError(
  action: string,
  address: string,
  reason: string,
  cause: unknown,
): LektError {
  return new LektError(
    "TRUNCATED",
    `Cannot ${action} ${address}: the stream broke off: ${reason}`,
    { cause },
  );
}

/** What a dial rejects with when it does not reach the other side, for `reason`: `UNREACHABLE`. */
export function unreachableError(
  method: Pick<Method, "uri">,
  reason: string,
  cause: unknown,
): LektError {
  return new LektError(
    "UNREACHABLE",
    `Cannot reach ${method.uri}: ${reason}`,
    { cause },
  );
}

/** The reason in an error of {@linkcode unreachableError}. */
export function unreachableReason(
  { message }: LektError,
  { uri }: Pick<Method, "uri">,
): string {
  return message.replace(`Cannot reach ${uri}: `, "");
}

/** What a dial rejects with where `scope`, to which the method leads, is refused. */
export function scopeRefusal(
  method: Method,
  scope: MethodScope,
  refusedScopes: readonly MethodScope[],
): LektError | undefined {
  if (!refusedScopes.includes(scope)) return undefined;
  const reason = `it leads to a ${scope} address`;
  return unreachableError(method, reason, new Error(reason));
}
