/**
 * Listening on connection method `tls`.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { LektError } from "../base/errors.ts";
import { DEFAULT_LIMITS } from "../base/limits.ts";
import { quoted } from "../base/reasons.ts";
import type { StreamSocket } from "../runtime/sockets.ts";
import { type RelayMethod, type TcpMethod, withPort } from "./method.ts";
import type { PlaceCounts, Transport, TransportListener } from "./transport.ts";
import { AcceptLoop } from "./accept_loop.ts";
import { checkKeyPair, keyOf } from "./certificate.ts";
import { offersHttp, readHello } from "./client_hello.ts";
import { type PlaceLimits, Places } from "./places.ts";
import { clientReason, hasClientLeft } from "./reasons.ts";
import { ReadyQueue, TRANSPORT_HANDSHAKE_MS } from "./ready_queue.ts";
import { bindTcp, formatAddress, prepareTcp } from "./tcp.ts";
import { secureOptions } from "./tls.ts";
import { isTlsNative, secureNatively } from "./tls_native.ts";
import {
  CLOSED_EARLY,
  STRANGER_READ_SIZE,
  TlsTransport,
  Wire,
} from "./tls_stream.ts";

/** How to listen on a method that is secured by TLS. */
export interface TlsListenOptions {
  /** The certificate to show, in PEM. */
  cert?: string;
  /** Its private key, in PEM. */
  key?: string;
  /**
   * Whether clients must show a certificate; as a function: whether one whose
   * key is this is let in, which takes `true`. Who shows none, or another, is
   * refused after the TLS handshake. Default: `false`, clients may show one; browsers, which offer
   * HTTP/1.1 by ALPN, are then not asked, because they would leave.
   */
  requireClientKey?: boolean | ((key: string) => boolean);
  /** Milliseconds for a client's TLS handshake, and again for its request for a WebSocket. Default: 10 s. */
  handshakeTimeoutMs?: number;
  /** Clients that may be amid their handshakes or wait to be taken, and an address's share of them. Default: those of `Limits`. */
  places?: PlaceLimits;
  /** Whether a client's byte stream is read in small pieces, and its unfinished messages are bounded, until `Transport.admit` is called. Default: `false`. */
  needsAdmission?: boolean;
  /** Told of each client that was refused, or broke the TLS or WebSocket handshake. */
  onRefused?: (error: LektError, address: string) => void;
}

/**
 * Listens on a `tls` method; port 0 asks for a free one.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where the certificate or its key is
 * missing or unusable, or with the system's error as `cause`, such as a taken port.
 */
export async function listenTls(
  method: TcpMethod,
  options: TlsListenOptions,
): Promise<TransportListener> {
  checkIdentity(method, options);
  const listener = await bindTcp(method);
  const loop = new AcceptLoop<ClientStream>({
    async accept() {
      const connection = await listener.accept();
      prepareTcp(connection);
      return { connection, address: formatAddress(connection.remoteAddr) };
    },
    close: () => listener.close(),
  });
  return new TlsListener(loop, withPort(method, listener.addr.port), options);
}

/** The byte stream of a client, before TLS. */
export interface ClientStream {
  /** Carries the encrypted bytes. */
  readonly connection: StreamSocket;
  /** Where the client is. */
  readonly address: string;
}

/** Where a {@linkcode TlsListener} has its clients from. */
export type ClientSource = Pick<
  AcceptLoop<ClientStream>,
  "accept" | "close" | "isClosed"
>;

/** Refuses certificates and keys that cannot serve to listen. */
export function checkIdentity(
  method: TcpMethod | RelayMethod,
  options: TlsListenOptions,
): void {
  if (options.cert === undefined || options.key === undefined) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot listen on ${method.uri}: it needs a certificate and its key`,
    );
  }
  const { requireClientKey = false } = options;
  if (
    typeof requireClientKey !== "boolean" &&
    typeof requireClientKey !== "function"
  ) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot listen on ${method.uri}: requireClientKey is ${typeof requireClientKey}, expected true, false or a function`,
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

/** The key that a client's certificate proves, or nothing; throws where the client is not let in. */
function judgeClient(
  der: Uint8Array | undefined,
  required: TlsListenOptions["requireClientKey"] = false,
): string | undefined {
  const key = der === undefined ? undefined : keyOf(der);
  if (required === false) return key;
  if (key === undefined) throw notLetIn("the client showed no certificate");
  if (required === true || isLetIn(key, required)) return key;
  throw notLetIn(`the client has key ${key}, which is not let in`);
}

/** What the application says of a key. Only `true` lets in: a promise would, too, where any answer counts that is not empty. */
function isLetIn(key: string, required: (key: string) => boolean): boolean {
  let answer: unknown;
  try {
    answer = required(key);
  } catch (cause) {
    throw notLetIn("requireClientKey failed", cause);
  }
  if (typeof answer === "boolean") return answer;
  // A promise that nobody waits for must not end the program.
  Promise.resolve(answer).catch(() => {});
  throw notLetIn(
    `requireClientKey returned ${typeof answer}, expected true or false at once`,
  );
}

/** This side's decision, which is no fault of the client's. */
function notLetIn(state: string, cause?: unknown): LektError {
  return new LektError("REJECTED", state, {
    by: "local",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Why a client's handshake was ended by this side, or that the client has left. */
export type Ending = "late" | "gave way" | "left";

/** A client in its TLS handshake; until its first byte it costs no more than its socket. */
class TlsClient {
  readonly address: string;
  /** Why this side has ended it. */
  ending: Ending | undefined;
  readonly #connection: StreamSocket;
  #transport: Transport | undefined;
  #isClosed = false;

  constructor({ connection, address }: ClientStream) {
    this.#connection = connection;
    this.address = address;
  }

  /** Waits for the first bytes, tells of them, and sees the TLS handshake through. */
  async handshake(
    secureContext: SecureContext,
    onFirst: () => void,
    requireClientKey: TlsListenOptions["requireClientKey"] = false,
  ): Promise<Transport> {
    function serveOver(socket: Duplex, requestCert: boolean): TLSSocket {
      const tls = new TLSSocket(socket as Socket, {
        isServer: true,
        secureContext,
        requestCert,
        rejectUnauthorized: false,
      });
      tls.allowHalfOpen = true;
      return tls;
    }
    const judge = (der: Uint8Array | undefined) =>
      judgeClient(der, requireClientKey);
    if (isTlsNative()) {
      return await secureNatively(
        this.#connection,
        this.address,
        "secure",
        (socket) => serveOver(socket, true),
        judge,
      );
    }
    const first = await readHello(
      this.#connection,
      STRANGER_READ_SIZE,
      onFirst,
    );
    if (first === null || this.#isClosed) throw new Error(CLOSED_EARLY);
    const wire = new Wire({ allowHalfOpen: true });
    // Browsers leave when they are asked for a certificate.
    const isAsked = requireClientKey !== false || !offersHttp(first);
    const transport = new TlsTransport(
      this.#connection,
      wire,
      serveOver(wire, isAsked),
      this.address,
      "client",
    );
    this.#transport = transport;
    await transport.handshake("secure", judge, first);
    return transport;
  }

  /** Ends it; may be called again. */
  close(ending?: Ending): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.ending = ending;
    (this.#transport ?? this.#connection).close();
  }
}

/** Runs TLS with the clients of a source; handshakes run side by side, so that a slow one holds up nobody. */
export class TlsListener<M extends TcpMethod | RelayMethod>
  implements TransportListener {
  readonly method: M;
  readonly #loop: ClientSource;
  readonly #options: TlsListenOptions;
  readonly #secureContext: SecureContext;
  readonly #ready = new ReadyQueue();
  readonly #places: Places;
  readonly #handshaking = new Set<TlsClient>();

  /** Begins to accept; the source is owned from now on. */
  constructor(source: ClientSource, method: M, options: TlsListenOptions) {
    this.method = method;
    this.#options = options;
    this.#secureContext = createSecureContext(secureOptions(options));
    this.#places = new Places(options.places ?? DEFAULT_LIMITS);
    this.#loop = source;
    this.#run();
  }

  get places(): readonly PlaceCounts[] {
    return [this.#places];
  }

  accept(): Promise<Transport | null> {
    return this.#ready.take();
  }

  async close(): Promise<void> {
    const closed = this.#loop.close();
    this.#places.close();
    this.#ready.close();
    for (const client of this.#handshaking) client.close();
    await closed;
  }

  async #run(): Promise<void> {
    while (true) {
      const stream = await this.#loop.accept();
      if (stream === null) return;
      this.#welcome(new TlsClient(stream));
      await this.#places.untilRoom();
    }
  }

  async #welcome(client: TlsClient): Promise<void> {
    const places = this.#places;
    const place = places.take(client.address, () => client.close("gave way"));
    this.#handshaking.add(client);
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      if (!await place.taken) return client.close();
      timer = setTimeout(
        () => client.close("late"),
        this.#options.handshakeTimeoutMs ?? TRANSPORT_HANDSHAKE_MS,
      );
      const transport = await client.handshake(
        this.#secureContext,
        () => places.setTurn(place, "client"),
        this.#options.requireClientKey,
      );
      if (!this.#options.needsAdmission) transport.admit?.();
      places.setTurn(place, "none");
      this.#ready.push(transport, () => places.release(place));
    } catch (cause) {
      client.close();
      places.release(place);
      if (!this.#loop.isClosed) this.#tell(cause, client);
    } finally {
      clearTimeout(timer);
      this.#handshaking.delete(client);
    }
  }

  #tell(cause: unknown, { address, ending }: TlsClient): void {
    this.#options.onRefused?.(
      refusal(this.method.uri, address, ending, cause),
      address,
    );
  }
}

/** What `onRefused` is told. */
export function refusal(
  uri: string,
  address: string,
  ending: Ending | undefined,
  cause: unknown,
  ruleId?: string,
): LektError {
  const what = `Cannot let ${address} in on ${uri}`;
  switch (ending) {
    case "late":
      return new LektError("TIMEOUT", `${what}: the handshake timed out`, {
        cause,
      });
    case "gave way":
      return new LektError(
        "LIMIT",
        `${what}: all places are taken, and it kept its own for longest without a word`,
      );
    case "left":
      return new LektError("CLOSED", `${what}: it left within the handshake`);
  }
  if (cause instanceof LektError && cause.code === "REJECTED") {
    return new LektError("REJECTED", `${what}: ${cause.message}`, {
      by: "local",
      ...(cause.cause === undefined ? {} : { cause: cause.cause }),
    });
  }
  // Who leaves breaks no rule: it may not trust the certificate, or only look whether anything listens.
  const code = hasClientLeft(cause) ? "CLOSED" : "PROTOCOL";
  return new LektError(code, `${what}: ${clientReason(cause)}`, {
    cause,
    ...(ruleId !== undefined && { ruleId }),
  });
}
