/**
 * One door to all transports: dialling and listening by connection method.
 *
 * @module
 */
import { LektError } from "../errors.ts";
import type { Method } from "../method.ts";
import type { Transport, TransportListener } from "../transport.ts";
import { dialTcp, listenTcp } from "./tcp.ts";

/** How to dial. */
export interface DialOptions {
  /** Gives the attempt up. */
  signal?: AbortSignal;
}

/** How to listen. */
export type TransportListenOptions = Record<never, never>;

/**
 * Opens a byte stream to a connection method.
 *
 * @throws {LektError} `UNREACHABLE` where it does not lead to the other side,
 * with the system's error as `cause`; `INVALID_ARGUMENT` where it cannot be
 * dialled at all. Where `signal` fired: the signal's reason.
 */
export async function dial(
  method: Method,
  options: DialOptions = {},
): Promise<Transport> {
  options.signal?.throwIfAborted();
  if (method.scheme !== "unix" && method.port === 0) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot dial ${method.uri}: port 0 only serves to listen`,
    );
  }
  switch (method.scheme) {
    case "tcp":
      return await dialTcp(method, options.signal);
    default:
      throw notUsable("dial", method);
  }
}

/**
 * Waits for others on a connection method.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where the system refuses, such as a taken port.
 */
export async function listenOn(
  method: Method,
  _options: TransportListenOptions = {},
): Promise<TransportListener> {
  switch (method.scheme) {
    case "tcp":
      return await listenTcp(method);
    default:
      throw notUsable("listen on", method);
  }
}

function notUsable(action: string, method: Method): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot ${action} ${method.uri}: this runtime has no ${method.scheme}`,
  );
}
