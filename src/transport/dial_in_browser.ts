/**
 * The door to the transports that web pages have: `ws` and `wss`.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { type Method, type MethodScope, methodScope } from "./method.ts";
import { scopeRefusal } from "./faults.ts";
import type { Transport } from "./transport.ts";
import {
  dialNativeWebSocket,
  type NativeDialOptions,
} from "./websocket_native.ts";

/** How a web page dials. */
export interface BrowserDialOptions extends NativeDialOptions {
  /** Scopes of addresses that must not be dialled. */
  refusedScopes?: readonly MethodScope[];
}

/** Why web pages cannot dial such a method at all; `undefined` where they can. */
export function dialFaultInBrowser({ scheme }: Method): string | undefined {
  if (scheme === "relay" || scheme === "relay+ws") {
    return "web pages reach relays by `connect` of @lekt/lekt/browser/relay";
  }
  return scheme === "ws" || scheme === "wss"
    ? undefined
    : `web pages can open WebSockets alone, not ${scheme}; the other side must offer ws or wss as well`;
}

/**
 * Opens a byte stream to a connection method.
 *
 * @throws {LektError} `UNREACHABLE` where it does not lead to the other side;
 * `INVALID_ARGUMENT` where it cannot be dialled at all. Where `signal` fired:
 * the signal's reason.
 */
export async function dialInBrowser(
  method: Method,
  options: BrowserDialOptions = {},
): Promise<Transport> {
  if (method.scheme !== "ws" && method.scheme !== "wss") {
    throw unusable(method, dialFaultInBrowser(method)!);
  }
  if (method.port === 0) throw unusable(method, "port 0 only serves to listen");
  const { refusedScopes = [] } = options;
  const refusal = scopeRefusal(method, methodScope(method), refusedScopes);
  if (refusal) throw refusal;
  return await dialNativeWebSocket(method, options);
}

function unusable(method: Method, fault: string): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot dial ${method.uri}: ${fault}`,
  );
}
