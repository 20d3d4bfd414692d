/**
 * Connection methods `ws` and `wss`, by npm `ws`; in browsers see
 * `websocket_native.ts`.
 *
 * @module
 */
import type { Socket } from "node:net";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { LektError } from "../base/errors.ts";
import type { Method, WebSocketMethod } from "./method.ts";
import type { Transport } from "./transport.ts";
import { dialError } from "./failure.ts";
import { statusReason } from "./reasons.ts";
import { dialTcp } from "./tcp.ts";
import { dialTls, type TlsDialOptions } from "./tls.ts";
import { TransportSocket } from "./transport_socket.ts";
import { SUBPROTOCOL } from "./websocket_inbox.ts";
import { SOCKET_OPTIONS, WebSocketTransport } from "./websocket_stream.ts";

/**
 * Connects to a `ws` or `wss` method.
 *
 * @throws {LektError} `UNREACHABLE`, with what stopped TCP, TLS or the
 * WebSocket as `cause`; the signal's reason where `signal` fired.
 */
export async function dialWebSocket(
  method: WebSocketMethod,
  options: TlsDialOptions = {},
): Promise<Transport> {
  const { host, port, uri, path, query } = method;
  const below = method.scheme === "ws"
    ? await dialTcp({ scheme: "tcp", host, port, uri }, options)
    : await dialTls({ scheme: "tls", host, port, uri }, options);
  return await openWebSocket(below, {
    method,
    path: path + query,
    host: new URL(uri).host,
    subprotocol: SUBPROTOCOL,
    explain: ({ status, location }) => statusReason(status, location),
    signal: options.signal,
  }, (socket) => new WebSocketTransport(socket, below));
}

/** An answer that is no WebSocket. */
export interface WebSocketRefusal {
  /** Its HTTP status. */
  readonly status: number;
  /** Its header `Location`. */
  readonly location?: string | undefined;
  /** Its header `Retry-After`. */
  readonly retryAfter?: string | undefined;
}

/** What is asked for, and how. */
export interface WebSocketRequest {
  /** For the texts of errors. */
  readonly method: Method;
  /** Path and query. */
  readonly path: string;
  /** What the server is called. */
  readonly host: string;
  /** The one that is offered. */
  readonly subprotocol: string;
  /** Bytes of the longest message that is received. Default: 16 MiB. */
  readonly maxPayload?: number;
  /** Why an answer is none, for people. */
  readonly explain: (refusal: WebSocketRefusal) => string;
  /** Cancels the attempt. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens a WebSocket on `below`, which it owns from now on. `wrap` is called in
 * the very turn in which it opens, so that no message is missed.
 *
 * @throws {LektError} `UNREACHABLE`; the signal's reason where `signal` fired.
 */
export async function openWebSocket<T>(
  below: Transport,
  request: WebSocketRequest,
  wrap: (socket: WebSocket) => T,
): Promise<T> {
  const { method, path, host, subprotocol, maxPayload, signal } = request;
  // The inner URL is without TLS, which is there already.
  const socket = new WebSocket(`ws://lekt.invalid${path}`, [subprotocol], {
    ...SOCKET_OPTIONS,
    ...(maxPayload === undefined ? {} : { maxPayload }),
    headers: { host },
    createConnection: () => new TransportSocket(below) as unknown as Socket,
  });
  const opened = Promise.withResolvers<T>();
  socket.on("open", () => opened.resolve(wrap(socket)));
  socket.on("unexpected-response", (_request, { statusCode, headers }) => {
    const reason = request.explain({
      status: statusCode ?? 0,
      location: headers.location,
      retryAfter: headers["retry-after"],
    });
    opened.reject(dialError(method, new Error(reason), reason));
  });
  socket.on("error", opened.reject);
  const onAbort = () => opened.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    signal?.throwIfAborted();
    return await opened.promise;
  } catch (cause) {
    socket.terminate();
    below.close();
    signal?.throwIfAborted();
    throw cause instanceof LektError && cause.code === "UNREACHABLE"
      ? cause
      : dialError(method, cause);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
