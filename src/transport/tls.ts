/**
 * Connection method `tls`: TLS 1.3 over TCP.
 *
 * @module
 */
import { connect, createSecureContext, TLSSocket } from "node:tls";
import { LektError } from "../base/errors.ts";
import { quoted } from "../base/reasons.ts";
import { type TcpMethod, withPort } from "./method.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { AcceptLoop, BACKLOG } from "./accept_loop.ts";
import { checkKeyPair, keyOf } from "./certificate.ts";
import { dialError, listenError } from "./failure.ts";
import { clientReason } from "./reasons.ts";
import {
  PENDING_CLIENTS_MAX,
  ReadyQueue,
  TRANSPORT_HANDSHAKE_MS,
} from "./ready_queue.ts";
import {
  connectTcp,
  formatAddress,
  prepareTcp,
  type TcpDialOptions,
} from "./tcp.ts";
import { TlsTransport, Wire } from "./tls_stream.ts";

/** How to dial a method that is secured by TLS. */
export interface TlsDialOptions extends TcpDialOptions {
  /** Own certificate, in PEM, to show to the listener. Default: none is shown. */
  cert?: string;
  /** The private key of `cert`, in PEM. */
  key?: string;
  /**
   * The listener must show a certificate with this key: base64url SHA-256 of
   * its SubjectPublicKeyInfo. Names, dates and issuer do not matter then.
   * Default: the certificate must be valid for the host, by a CA that is trusted.
   */
  pinnedKey?: string;
  /** Certificates, in PEM, of further CAs to trust. Default: those that Deno trusts. */
  caCerts?: readonly string[];
}

/** How to listen on a method that is secured by TLS. */
export interface TlsListenOptions {
  /** The certificate to show, in PEM. */
  cert?: string;
  /** Its private key, in PEM. */
  key?: string;
  /**
   * Whether clients must show a certificate; as a function: whether one whose
   * key is this is let in. Who shows none, or another, is refused after the TLS
   * handshake. Default: `false`, clients may show one.
   */
  requireClientKey?: boolean | ((key: string) => boolean);
  /** Milliseconds for a client's TLS handshake, and again for its request for a WebSocket. Default: 10 s. */
  handshakeTimeoutMs?: number;
  /** Told of each client that was refused, or broke the TLS or WebSocket handshake. */
  onRefused?: (error: LektError, address: string) => void;
}

/**
 * Connects to a `tls` method.
 *
 * @throws {LektError} `UNREACHABLE`, with what stopped TCP or TLS as `cause`;
 * the signal's reason where `signal` fired.
 */
export async function dialTls(
  method: TcpMethod,
  options: TlsDialOptions = {},
): Promise<Transport> {
  const { signal } = options;
  const { connection, address } = await connectTcp(method, options);
  const wire = new Wire({ allowHalfOpen: true });
  const tls = connect({
    socket: wire,
    host: method.host,
    ...serverName(method.host),
    ...secureOptions(options),
    ca: caCertificates(options),
    rejectUnauthorized: options.pinnedKey === undefined,
  });
  tls.allowHalfOpen = true;
  const transport = new TlsTransport(connection, wire, tls, address);
  const onAbort = () => transport.close();
  signal?.addEventListener("abort", onAbort);
  try {
    await transport.handshake(
      "secureConnect",
      (der) => judgeListener(der, options.pinnedKey),
    );
    signal?.throwIfAborted();
    return transport;
  } catch (cause) {
    transport.close();
    signal?.throwIfAborted();
    throw dialError(method, cause);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Listens on a `tls` method; port 0 asks for a free one.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where the certificate or its key is
 * missing or unusable, or with the system's error as `cause`, such as a taken port.
 */
export function listenTls(
  method: TcpMethod,
  options: TlsListenOptions,
): TransportListener {
  checkIdentity(method, options);
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({
      hostname: method.host,
      port: method.port,
      tcpBacklog: BACKLOG,
    });
  } catch (cause) {
    throw listenError(method, cause);
  }
  return new TlsListener(
    listener,
    withPort(method, listener.addr.port),
    options,
  );
}

/** Refuses certificates and keys that cannot serve to listen. */
function checkIdentity(
  method: TcpMethod,
  options: TlsListenOptions,
): void {
  if (options.cert === undefined || options.key === undefined) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot listen on ${method.uri}: it needs a certificate and its key`,
    );
  }
  try {
    checkKeyPair(options.cert, options.key);
  } catch (cause) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot listen on ${method.uri}: its certificate or key is not usable (${
        quoted(cause)
      })`,
      { cause },
    );
  }
}

/** The key that a listener's certificate proves; throws where it is not the pinned one. */
function judgeListener(
  der: Uint8Array | undefined,
  pinnedKey: string | undefined,
): string | undefined {
  if (der === undefined) throw new Error("the listener showed no certificate");
  const key = keyOf(der);
  if (pinnedKey !== undefined && key !== pinnedKey) {
    throw new Error(
      `the listener has key ${key}, expected ${pinnedKey}; it has a new key, or is somebody else`,
    );
  }
  return key;
}

/** The key that a client's certificate proves, or nothing; throws where the client is not let in. */
function judgeClient(
  der: Uint8Array | undefined,
  required: TlsListenOptions["requireClientKey"] = false,
): string | undefined {
  const key = der === undefined ? undefined : keyOf(der);
  if (required === false) return key;
  if (key === undefined) throw new Error("the client showed no certificate");
  if (required !== true && !required(key)) {
    throw new Error(`the client has key ${key}, which is not let in`);
  }
  return key;
}

/** What `node:tls` is to use on both sides. */
function secureOptions(
  options: { cert?: string; key?: string },
): { minVersion: "TLSv1.3"; cert?: string; key?: string } {
  const { cert, key } = options;
  return {
    minVersion: "TLSv1.3",
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** A list for `node:tls`, where one was given. */
function caCertificates(options: TlsDialOptions): string[] | undefined {
  return options.caCerts === undefined ? undefined : [...options.caCerts];
}

/** Addresses are not sent as server names (RFC 6066, section 3). */
function serverName(host: string): { servername?: string } {
  const isAddress = host.includes(":") || /^[\d.]+$/.test(host);
  return isAddress ? {} : { servername: host };
}

/** Listens on a `tls` method; handshakes run side by side, so that a slow one holds up nobody. */
class TlsListener implements TransportListener {
  readonly method: TcpMethod;
  readonly #loop: AcceptLoop<Deno.TcpConn>;
  readonly #options: TlsListenOptions;
  readonly #ready = new ReadyQueue();
  readonly #handshaking = new Set<TlsTransport>();
  #onRoom: (() => void) | undefined;

  constructor(
    listener: Deno.TcpListener,
    method: TcpMethod,
    options: TlsListenOptions,
  ) {
    this.method = method;
    this.#options = options;
    this.#loop = new AcceptLoop(listener);
    this.#run();
  }

  async accept(): Promise<Transport | null> {
    const transport = await this.#ready.take();
    this.#onRoom?.();
    return transport;
  }

  async close(): Promise<void> {
    const closed = this.#loop.close();
    this.#ready.close();
    for (const transport of this.#handshaking) transport.close();
    this.#onRoom?.();
    await closed;
  }

  async #run(): Promise<void> {
    while (true) {
      const connection = await this.#loop.accept();
      if (connection === null) return;
      this.#welcome(connection);
      while (
        this.#handshaking.size + this.#ready.count >= PENDING_CLIENTS_MAX &&
        !this.#loop.isClosed
      ) {
        const room = Promise.withResolvers<void>();
        this.#onRoom = room.resolve;
        await room.promise;
      }
    }
  }

  async #welcome(connection: Deno.TcpConn): Promise<void> {
    const { cert, key, requireClientKey } = this.#options;
    prepareTcp(connection);
    const wire = new Wire({ allowHalfOpen: true });
    const tls = new TLSSocket(wire, {
      isServer: true,
      secureContext: createSecureContext(secureOptions({ cert, key })),
      requestCert: true,
      rejectUnauthorized: false,
    });
    tls.allowHalfOpen = true;
    const address = formatAddress(connection.remoteAddr);
    const transport = new TlsTransport(connection, wire, tls, address);
    this.#handshaking.add(transport);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      transport.close();
    }, this.#options.handshakeTimeoutMs ?? TRANSPORT_HANDSHAKE_MS);
    try {
      await transport.handshake(
        "secure",
        (der) => judgeClient(der, requireClientKey),
      );
      this.#ready.push(transport);
    } catch (cause) {
      transport.close();
      if (!this.#loop.isClosed) this.#tell(cause, isLate, address);
    } finally {
      clearTimeout(timer);
      this.#handshaking.delete(transport);
      this.#onRoom?.();
    }
  }

  #tell(cause: unknown, isLate: boolean, address: string): void {
    this.#options.onRefused?.(
      refusal(this.method.uri, address, isLate, cause),
      address,
    );
  }
}

/** What `onRefused` is told. */
export function refusal(
  uri: string,
  address: string,
  isLate: boolean,
  cause: unknown,
): LektError {
  const reason = isLate ? "the handshake timed out" : clientReason(cause);
  return new LektError(
    isLate ? "TIMEOUT" : "PROTOCOL",
    `Cannot let ${address} in on ${uri}: ${reason}`,
    { cause },
  );
}
