/**
 * One door to all transports: dialling and listening by connection method.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { type Method, methodScope, type WebSocketMethod } from "./method.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { dialError, listenError, scopeRefusal } from "./failure.ts";
import { proxyFor } from "./proxy.ts";
import type { TlsDialOptions } from "./tls.ts";
import type { WebSocketListenOptions } from "./websocket_listener.ts";
import type { NativeDialOptions } from "./websocket_native.ts";

/** How to dial; what is said of TLS serves `tls` and `wss`. */
export type DialOptions = TlsDialOptions & NativeDialOptions;

/** How to listen; what is said of TLS serves `tls` and `wss`. */
export type TransportListenOptions = WebSocketListenOptions;

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
  const { refusedScopes } = options;
  // To find the scope takes 2 µs.
  const refusal = refusedScopes &&
    scopeRefusal(method, methodScope(method), refusedScopes);
  if (refusal) throw refusal;
  const fault = dialFault(method);
  if (fault !== undefined) throw notUsable("dial", method, fault);
  switch (method.scheme) {
    case "tcp":
      tcp ??= await import("./tcp.ts");
      return await tcp.dialTcp(method, options);
    case "unix":
      return await (await import("./unix.ts")).dialUnix(method, options.signal);
    case "tls":
      return await (await import("./tls.ts")).dialTls(method, options);
    case "ws":
    case "wss":
      return await dialWebSocket(method, options);
    case "relay":
    case "relay+ws":
      return await (await import("./relay.ts").catch((cause) => {
        throw dialError(method, cause);
      })).dialRelay(method, options);
  }
}

/** Kept, for to import it again takes 2 µs and a turn. */
let tcp: typeof import("./tcp.ts") | undefined;

/** Why this runtime cannot dial such a method at all: without sockets only `ws` and `wss` can be. `undefined` where it can. */
export function dialFault({ scheme }: Method): string | undefined {
  if (hasSockets() || scheme === "ws" || scheme === "wss") return undefined;
  return `this runtime has no ${scheme}`;
}

async function dialWebSocket(
  method: WebSocketMethod,
  options: DialOptions,
): Promise<Transport> {
  if (hasSockets()) {
    const { dialWebSocket } = await import("./websocket.ts").catch((cause) => {
      // What is imported asks for the environment, which needs a permission.
      throw dialError(method, cause);
    });
    return await dialWebSocket(method, options);
  }
  if (proxyFor(options.proxy, method.uri)) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot dial ${method.uri}: this runtime chooses proxies by itself`,
    );
  }
  const { dialNativeWebSocket } = await import("./websocket_native.ts");
  return await dialNativeWebSocket(method, options);
}

/**
 * Waits for others on a connection method.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where the system refuses, such as a taken port.
 */
export async function listenOn(
  method: Method,
  options: TransportListenOptions = {},
): Promise<TransportListener> {
  if (!hasSockets()) {
    const fault = `this runtime has no ${method.scheme}`;
    throw notUsable("listen on", method, fault);
  }
  switch (method.scheme) {
    case "tcp":
      return await (await import("./tcp.ts")).listenTcp(method);
    case "unix":
      return await (await import("./unix.ts")).listenUnix(method);
    case "tls":
      return await (await import("./tls_listener.ts"))
        .listenTls(method, options);
    case "ws":
    case "wss":
      return await (await import("./websocket_listener.ts").catch((cause) => {
        throw listenError(method, cause);
      })).listenWebSocket(method, options);
    case "relay":
    case "relay+ws":
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot listen on ${method.uri}: name the relay in the option \`relay\``,
      );
  }
}

/** Whether there are sockets: on Deno, Node and Bun. */
export function hasSockets(): boolean {
  return typeof Deno !== "undefined" ||
    typeof globalThis.process?.getBuiltinModule === "function";
}

function notUsable(action: string, method: Method, fault: string): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot ${action} ${method.uri}: ${fault}`,
  );
}
