/**
 * Connection method `tcp`: plain TCP.
 *
 * @module
 */
import {
  hostScope,
  type MethodScope,
  type TcpMethod,
  withPort,
} from "./method.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { AcceptLoop } from "./accept_loop.ts";
import { dialError, listenError, scopeRefusal } from "./failure.ts";
import { StreamTransport } from "./stream.ts";

/** How to dial a method that goes over TCP. */
export interface TcpDialOptions {
  /** Cancels the attempt. */
  signal?: AbortSignal;
  /**
   * Where the method must not lead: the address that TCP has come to is judged
   * before any byte is sent, so that no host name is a way round. For methods
   * that a stranger names, such as a directory. Default: anywhere is fine.
   */
  refusedScopes?: readonly MethodScope[];
}

/**
 * Connects to a `tcp` method. A host name's addresses are tried as Deno does
 * (Happy Eyeballs).
 *
 * @throws {LektError} `UNREACHABLE` with the system's error as `cause`; the
 * signal's reason where `signal` fired.
 */
export async function dialTcp(
  method: TcpMethod,
  options: TcpDialOptions = {},
): Promise<Transport> {
  const connection = await connectTcp(method, options);
  return new StreamTransport(connection, formatAddress(connection.remoteAddr));
}

/** {@linkcode dialTcp} without the transport round the socket: for what runs on top of TCP. */
export async function connectTcp(
  method: TcpMethod,
  { signal, refusedScopes }: TcpDialOptions = {},
): Promise<Deno.TcpConn> {
  signal?.throwIfAborted();
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({
      hostname: method.host,
      port: method.port,
      signal,
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw dialError(method, cause);
  }
  const { hostname } = connection.remoteAddr;
  const refusal = refusedScopes &&
    scopeRefusal(method, hostScope(hostname), refusedScopes);
  if (refusal) {
    connection.close();
    throw refusal;
  }
  if (isSelfConnection(connection)) {
    connection.close();
    throw dialError(
      method,
      new Deno.errors.ConnectionRefused(
        "nobody listens there, the connection led back to itself",
      ),
    );
  }
  prepareTcp(connection);
  return connection;
}

/**
 * Listens on a `tcp` method; port 0 asks for a free one.
 *
 * @throws {LektError} `INVALID_ARGUMENT` with the system's error as `cause`, such as a taken port.
 */
export function listenTcp(method: TcpMethod): TransportListener {
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname: method.host, port: method.port });
  } catch (cause) {
    throw listenError(method, cause);
  }
  return new TcpListener(listener, withPort(method, listener.addr.port));
}

/** Listens on a `tcp` method. */
class TcpListener implements TransportListener {
  readonly method: TcpMethod;
  readonly #loop: AcceptLoop<Deno.TcpConn>;

  constructor(listener: Deno.TcpListener, method: TcpMethod) {
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
export function formatAddress(address: Deno.NetAddr): string {
  const host = address.hostname.replace(/^::ffff:(?=\d+\.)/i, "");
  return host.includes(":")
    ? `[${host}]:${address.port}`
    : `${host}:${address.port}`;
}

/** Whether a dial to a closed port met itself: TCP's simultaneous open, when the system picked that very port for this side. */
export function isSelfConnection(
  connection: Pick<Deno.TcpConn, "localAddr" | "remoteAddr">,
): boolean {
  const { localAddr, remoteAddr } = connection;
  return localAddr.port === remoteAddr.port &&
    localAddr.hostname === remoteAddr.hostname;
}

/** Packets go out at once, and a dead other side is noticed. Only possible while no write is under way. */
export function prepareTcp(connection: Deno.TcpConn): void {
  try {
    connection.setNoDelay(true);
    connection.setKeepAlive(true);
  } catch {
    // The other side has reset the connection already: its first read says so.
  }
}
