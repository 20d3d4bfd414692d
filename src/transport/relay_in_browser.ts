/**
 * Dialling connection method `relay` from a web page: a WebSocket to the relay
 * by the browser, and TLS 1.3 with the listener within it by script.
 *
 * @module
 */
import { scopeRefusal, unreachableError } from "./faults.ts";
import { type MethodScope, methodScope, type RelayMethod } from "./method.ts";
import { CALL_PATH, RELAY_SUBPROTOCOL } from "./relay_wire.ts";
import { secureInScript } from "./tls13_client.ts";
import type { Transport } from "./transport.ts";
import {
  isMixed,
  type NativeDialOptions,
  openNativeWebSocket,
  originToLetIn,
} from "./websocket_native.ts";

/** How a web page dials a relay. */
export interface RelayInBrowserOptions extends NativeDialOptions {
  /** The key that the listener must prove to hold: base64url SHA-256 of its SubjectPublicKeyInfo. */
  pinnedKey?: string;
  /** Scopes of addresses that must not be dialled. */
  refusedScopes?: readonly MethodScope[];
}

/**
 * Connects to a `relay` method.
 *
 * @throws {LektError} `UNREACHABLE`, with what stopped it as `cause`; the
 * signal's reason where `signal` fired.
 */
export async function dialRelayInBrowser(
  method: RelayMethod,
  { pinnedKey, refusedScopes = [], ...options }: RelayInBrowserOptions,
): Promise<Transport> {
  const refusal = scopeRefusal(method, methodScope(method), refusedScopes);
  if (refusal) throw refusal;
  if (pinnedKey === undefined) {
    const reason =
      "a relay is not trusted, so the key that the listener must prove has to be named (pinnedKey), or found by a directory";
    throw unreachableError(method, reason, new Error(reason));
  }
  const below = await openNativeWebSocket({
    method,
    url: urlOf(method),
    subprotocol: RELAY_SUBPROTOCOL,
    reason: reasonAgainst(method),
  }, options);
  const { signal } = options;
  const onAbort = () => below.close();
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) onAbort();
    return await secureInScript(below, pinnedKey);
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unreachableError(method, reason, cause);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function urlOf({ scheme, uri, thumbprint }: RelayMethod): string {
  const { host } = new URL(uri);
  const below = scheme === "relay" ? "wss" : "ws";
  return `${below}://${host}${CALL_PATH}${thumbprint}`;
}

/** What to look at where the relay's WebSocket could not be opened: browsers keep the reason from pages. */
function reasonAgainst(method: RelayMethod): string {
  if (method.scheme === "relay+ws" && isMixed(method)) {
    return "this page came by https, and from such pages browsers open relay+ws to this machine alone; use a relay by https";
  }
  const origin = originToLetIn();
  const named = origin === undefined
    ? ""
    : `, and has it ${origin} among its \`origins\``;
  return `the relay let nothing through; does a relay run there, does the other side listen at it${named}?`;
}
