/**
 * WebSockets to a relay, for calls and for those who wait for them.
 *
 * @module
 */
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { LektError } from "../base/errors.ts";
import { unreachableError, unreachableReason } from "./faults.ts";
import type { RelayMethod } from "./method.ts";
import { relayLineReason, relayReason } from "./reasons.ts";
import { LISTEN_PATH, RELAY_SUBPROTOCOL } from "./relay_wire.ts";
import type { Transport } from "./transport.ts";
import { dialTcp, type TcpDialOptions } from "./tcp.ts";
import { dialTls } from "./tls.ts";
import { openWebSocket } from "./websocket.ts";

/** How to get to a relay. */
export interface RelayPathOptions extends TcpDialOptions {
  /** Certificates, in PEM, of further CAs to trust. Default: those that the runtime trusts. */
  caCerts?: readonly string[];
}

/**
 * Opens a WebSocket to the relay of a method; `wrap` is called with it in the
 * very turn in which it opens, and with the relay's address.
 *
 * @throws {LektError} `UNREACHABLE`; the signal's reason where `signal` fired.
 */
export async function openRelaySocket<T>(
  method: RelayMethod,
  path: string,
  options: RelayPathOptions & { maxPayload: number },
  wrap: (socket: WebSocket, address: string) => T,
): Promise<T> {
  const { signal, maxPayload } = options;
  const below = await dialBelow(method, options);
  const explain = path === LISTEN_PATH ? relayLineReason : relayReason;
  return await openWebSocket(below, {
    method,
    path,
    host: new URL(method.uri).host,
    subprotocol: RELAY_SUBPROTOCOL,
    maxPayload,
    explain: ({ status, retryAfter }) => explain(status, retryAfter),
    signal,
  }, (socket) => wrap(socket, below.address));
}

/** Dials the relay; that nothing leads to it says nothing about whoever is behind it. */
async function dialBelow(
  { scheme, host, port, uri }: RelayMethod,
  { signal, refusedScopes, proxy, caCerts }: RelayPathOptions,
): Promise<Transport> {
  const how = {
    ...(signal === undefined ? {} : { signal }),
    ...(refusedScopes === undefined ? {} : { refusedScopes }),
    ...(proxy === undefined ? {} : { proxy }),
  };
  try {
    if (scheme === "relay+ws") {
      return await dialTcp({ scheme: "tcp", host, port, uri }, how);
    }
    return await dialTls({ scheme: "tls", host, port, uri }, {
      ...how,
      ...(caCerts === undefined ? {} : { caCerts }),
    });
  } catch (error) {
    if (!(error instanceof LektError && error.code === "UNREACHABLE")) {
      throw error;
    }
    const reason = unreachableReason(error, { uri });
    throw unreachableError(
      { uri },
      `the relay cannot be reached: ${reason}`,
      error.cause,
    );
  }
}
