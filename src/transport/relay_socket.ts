/**
 * WebSockets to a relay, for calls and for those who wait for them.
 *
 * @module
 */
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import type { RelayMethod } from "./method.ts";
import { relayReason } from "./reasons.ts";
import { RELAY_SUBPROTOCOL } from "./relay_wire.ts";
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
  const { host, port, uri } = method;
  const { signal, refusedScopes, proxy, caCerts, maxPayload } = options;
  const how = {
    ...(signal === undefined ? {} : { signal }),
    ...(refusedScopes === undefined ? {} : { refusedScopes }),
    ...(proxy === undefined ? {} : { proxy }),
  };
  const below = method.scheme === "relay+ws"
    ? await dialTcp({ scheme: "tcp", host, port, uri }, how)
    : await dialTls({ scheme: "tls", host, port, uri }, {
      ...how,
      ...(caCerts === undefined ? {} : { caCerts }),
    });
  return await openWebSocket(below, {
    method,
    path,
    host: new URL(uri).host,
    subprotocol: RELAY_SUBPROTOCOL,
    maxPayload,
    explain: ({ status, retryAfter }) => relayReason(status, retryAfter),
    signal,
  }, (socket) => wrap(socket, below.address));
}
