/**
 * Connection method `tcp`: plain TCP.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { openSockets } from "../runtime/open_sockets.ts";
import type {
  SocketAddress,
  TcpSocket,
  TcpSocketListener,
} from "../runtime/sockets.ts";
import {
  hostScope,
  type MethodScope,
  type TcpMethod,
  withPort,
} from "./method.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { AcceptLoop, BACKLOG } from "./accept_loop.ts";
import { dialError, listenError, scopeRefusal } from "./failure.ts";
import { connectThrough } from "./connect_through.ts";
import { proxyReason } from "./reasons.ts";
import { type Proxy, proxyFor, type ProxyOption } from "./proxy.ts";
import { StreamTransport } from "./stream.ts";

/** How to dial a method that goes over TCP. */
export interface TcpDialOptions {
  /** Cancels the attempt. */
  signal?: AbortSignal;
  /**
   * Where the method must not lead: the address that TCP has come to is judged
   * before any byte is sent, so that no host name is a way round. For methods
   * that a stranger names, such as a directory. Through a proxy only the text
   * of the method is judged, as the proxy looks names up. Default: anywhere is fine.
   */
  refusedScopes?: readonly MethodScope[];
  /** The proxy to go through. Default: none. */
  proxy?: ProxyOption;
}

/** A TCP connection that leads to a method, through a proxy or not. */
export interface TcpLink {
  /** The connection to the other side, or to the proxy. */
  readonly connection: TcpSocket;
  /** Who is on the other side: through a proxy its host as the method has it. */
  readonly address: string;
}

/**
 * Connects to a `tcp` method. A host name's addresses are tried as the
 * runtime does (Happy Eyeballs).
 *
 * @throws {LektError} `UNREACHABLE` with the system's error as `cause`; the
 * signal's reason where `signal` fired.
 */
export async function dialTcp(
  method: TcpMethod,
  options: TcpDialOptions = {},
): Promise<Transport> {
  const { connection, address } = await connectTcp(method, options);
  return new StreamTransport(connection, address);
}

/** {@linkcode dialTcp} without the transport round the socket: for what runs on top of TCP. */
export async function connectTcp(
  method: TcpMethod,
  options: TcpDialOptions = {},
): Promise<TcpLink> {
  const { signal, refusedScopes } = options;
  signal?.throwIfAborted();
  const proxy = proxyFor(options.proxy, method.uri);
  const connection = await openTcp(method, proxy, signal);
  try {
    if (isSelfConnection(connection)) {
      throw new Error(
        "nobody listens there, the connection led back to itself",
      );
    }
    prepareTcp(connection);
    if (proxy) {
      await connectThrough(connection, proxy, method, signal);
      const { host: hostname, port } = method;
      return { connection, address: formatAddress({ hostname, port }) };
    }
  } catch (cause) {
    closeTcp(connection);
    signal?.throwIfAborted();
    throw dialError(method, cause, proxy && messageOf(cause));
  }
  const scope = hostScope(connection.remoteAddr.hostname);
  const refusal = refusedScopes && scopeRefusal(method, scope, refusedScopes);
  if (refusal) {
    connection.close();
    throw refusal;
  }
  return { connection, address: formatAddress(connection.remoteAddr) };
}

/** Opens TCP to the host of the method, or to the proxy. */
async function openTcp(
  method: TcpMethod,
  proxy: Proxy | undefined,
  signal: AbortSignal | undefined,
): Promise<TcpSocket> {
  const { host: hostname, port } = proxy ?? method;
  try {
    const { connectTcp } = await openSockets();
    return await connectTcp({ hostname, port, signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw dialError(method, cause, proxy && proxyReason(proxy.uri, cause));
  }
}

/** Closes a connection that may be closed already. */
function closeTcp(connection: TcpSocket): void {
  try {
    connection.close();
  } catch {
    // A proxy has taken too long.
  }
}

/**
 * Listens on a `tcp` method; port 0 asks for a free one.
 *
 * @throws {LektError} `INVALID_ARGUMENT` with the system's error as `cause`, such as a taken port.
 */
export async function listenTcp(
  method: TcpMethod,
): Promise<TransportListener> {
  const listener = await bindTcp(method);
  return new TcpListener(listener, withPort(method, listener.addr.port));
}

/** Binds the port of a method over TCP; throws as {@linkcode listenTcp} does. */
export async function bindTcp(method: TcpMethod): Promise<TcpSocketListener> {
  try {
    const { listenTcp } = await openSockets();
    return await listenTcp({
      hostname: method.host,
      port: method.port,
      tcpBacklog: BACKLOG,
    });
  } catch (cause) {
    throw listenError(method, cause);
  }
}

/** Listens on a `tcp` method. */
class TcpListener implements TransportListener {
  readonly method: TcpMethod;
  readonly #loop: AcceptLoop<TcpSocket>;

  constructor(listener: TcpSocketListener, method: TcpMethod) {
    this.method = method;
    this.#loop = new AcceptLoop(listener);
  }

  async accept(): Promise<Transport | null> {
    const connection = await this.#loop.accept();
    if (connection === null) return null;
    prepareTcp(connection);
    return new StreamTransport(
      connection,
      formatAddress(connection.remoteAddr),
    );
  }

  close(): Promise<void> {
    return this.#loop.close();
  }
}

/** `HOST:PORT`, an IPv6 address in brackets, an IPv4 one that is mapped into IPv6 as IPv4. */
export function formatAddress(address: SocketAddress): string {
  const host = address.hostname.replace(/^::ffff:(?=\d+\.)/i, "");
  return host.includes(":")
    ? `[${host}]:${address.port}`
    : `${host}:${address.port}`;
}

/** Whether a dial to a closed port met itself: TCP's simultaneous open, when the system picked that very port for this side. */
export function isSelfConnection(
  connection: Pick<TcpSocket, "localAddr" | "remoteAddr">,
): boolean {
  const { localAddr, remoteAddr } = connection;
  return localAddr.port === remoteAddr.port &&
    localAddr.hostname === remoteAddr.hostname;
}

/** Packets go out at once, and a dead other side is noticed. Only possible while no write is under way. */
export function prepareTcp(connection: TcpSocket): void {
  try {
    connection.setNoDelay(true);
    connection.setKeepAlive(true);
  } catch {
    // The other side has reset the connection already: its first read says so.
  }
}
