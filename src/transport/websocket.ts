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
import type { WebSocketMethod } from "./method.ts";
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
  const { signal } = options;
  const { host, port, uri, path, query } = method;
  const below = method.scheme === "ws"
    ? await dialTcp({ scheme: "tcp", host, port, uri }, options)
    : await dialTls({ scheme: "tls", host, port, uri }, options);
  // The inner URL is without TLS, which is there already.
  const socket = new WebSocket(`ws://lekt.invalid${path}${query}`, [
    SUBPROTOCOL,
  ], {
    ...SOCKET_OPTIONS,
    headers: { host: new URL(uri).host },
    createConnection: () => new TransportSocket(below) as unknown as Socket,
  });
  const opened = Promise.withResolvers<Transport>();
  socket.on("open", () => {
    opened.resolve(new WebSocketTransport(socket, below));
  });
  socket.on("unexpected-response", (_request, { statusCode, headers }) => {
    const reason = statusReason(statusCode ?? 0, headers.location);
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
