/**
 * An HTTP server that lives on whatever clients do and whatever runs out:
 * `Deno.serve` and `node:net` end, or stall for ever, when a process has too
 * many files open, and `Deno.serve` waits without end for the rest of a header.
 * So clients are accepted here, and `node:http` reads and writes what they say.
 *
 * ```text
 *   accepted --request--> answering --answer sent--> silent --request--> …
 *      |                      |                        |
 *    10 s                30 s without              75 s: closed, or
 *   for a header        taking a byte          where room is needed
 * ```
 *
 * @module
 */
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { LektError } from "../base/errors.ts";
import { isSystemError } from "../runtime/errors.ts";
import { openSockets } from "../runtime/open_sockets.ts";
import type { TcpSocket, TcpSocketListener } from "../runtime/sockets.ts";
import { AcceptLoop } from "../transport/accept_loop.ts";
import { StreamTransport } from "../transport/stream.ts";
import { listenReason } from "../transport/reasons.ts";
import { prepareTcp } from "../transport/tcp.ts";
import { TransportSocket } from "../transport/transport_socket.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { type ConnectionLimits, ConnectionTable } from "./connection_table.ts";
import { sendResponse, toRequest } from "./http_exchange.ts";
import {
  HEADER_DEADLINE_MS,
  HEADER_SIZE_MAX,
  HTTP_READ_SIZE,
  IDLE_DEADLINE_MS,
  LINGER_MS,
  WRITE_DEADLINE_MS,
} from "./limits.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import { addressKey } from "../transport/address_key.ts";

/** How long a connection may take for what, in milliseconds. */
export interface HttpDeadlines {
  /** From its beginning to the end of the first header. */
  readonly headerMs: number;
  /** From an answer to the end of the next header. */
  readonly idleMs: number;
  /** Until some of an answer is taken. */
  readonly writeMs: number;
}

/** What an {@linkcode HttpServer} works with. */
export interface HttpServerOptions extends ConnectionLimits {
  /** The address to listen on. */
  readonly hostname: string;
  /** The port to listen on; 0 asks for a free one. */
  readonly port: number;
  /** Certificate chain and private key, in PEM: for HTTPS. */
  readonly tls?: { cert: string; key: string };
  /** Answers a request; `address` is the client's. */
  readonly answer: (request: Request, address: string) => Promise<Response>;
  /** Takes over a connection whose client asks for another protocol; it is not bounded here from then on. Default: such a request is answered as any other. */
  readonly upgrade?: (
    incoming: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
    address: string,
  ) => void;
  /** Told that clients cannot be accepted for a moment; once a minute at most. */
  readonly onTrouble: (error: Error) => void;
  /** Told of what is no HTTP. Default: nobody is. */
  readonly onMisbehaviour?: (what: Misbehaviour) => void;
  /** Deadlines that differ from the usual ones, for tests. */
  readonly deadlines?: Partial<HttpDeadlines>;
}

/** How often the deadlines are looked at, in milliseconds: a part of the shortest one. */
const SWEEP_SHARE = 1 / 8;

/** Trouble is told once in so many milliseconds. */
const TROUBLE_MS = 60_000;

/** A client's connection, with what it is waited for. */
class ClientSocket extends TransportSocket {
  /** The client's address. */
  readonly remoteAddress: string;
  /** When it is closed unless something happens before, on the clock of `performance`. */
  dueAt: number;
  /** The request that is answered, or was last. */
  request: IncomingMessage | undefined;
  #writeDueAt = Infinity;
  readonly #deadlines: HttpDeadlines;

  constructor(
    socket: TcpSocket,
    remoteAddress: string,
    deadlines: HttpDeadlines,
  ) {
    super(
      new StreamTransport(socket, remoteAddress),
      undefined,
      HTTP_READ_SIZE,
    );
    this.remoteAddress = remoteAddress;
    this.#deadlines = deadlines;
    this.dueAt = performance.now() + deadlines.headerMs;
  }

  isLate(now: number): boolean {
    return now > this.dueAt || now > this.#writeDueAt;
  }

  override async _write(
    chunk: Uint8Array,
    encoding: string,
    done: (error?: Error) => void,
  ): Promise<void> {
    this.#writeDueAt = performance.now() + this.#deadlines.writeMs;
    await super._write(chunk, encoding, (error) => {
      this.#writeDueAt = Infinity;
      done(error);
    });
  }

  /** HTTP calls it behind the last answer. Closing with input unread would take the answer back. */
  destroySoon(): void {
    this.dueAt = performance.now() + LINGER_MS;
    this.end(() => {
      if (this.request?.complete) this.destroy();
    });
  }
}

/** Listens for HTTP or HTTPS. */
export class HttpServer {
  /** The port that it listens on. */
  readonly port: number;
  readonly #options: HttpServerOptions;
  readonly #deadlines: HttpDeadlines;
  readonly #loop: AcceptLoop<TcpSocket>;
  readonly #clients: ConnectionTable<ClientSocket>;
  readonly #http = createServer({ maxHeaderSize: HEADER_SIZE_MAX });
  readonly #sweeping: ReturnType<typeof setInterval>;
  #toldAt = -Infinity;
  #isClosing = false;
  readonly #running: Promise<void>;
  readonly #ended = Promise.withResolvers<void>();

  /** @throws {LektError} `INVALID_ARGUMENT` where the system refuses, such as for a port that is taken. */
  static async listen(options: HttpServerOptions): Promise<HttpServer> {
    return new HttpServer(await open(options), options);
  }

  private constructor(listener: TcpSocketListener, options: HttpServerOptions) {
    this.#options = options;
    this.#deadlines = {
      headerMs: HEADER_DEADLINE_MS,
      idleMs: IDLE_DEADLINE_MS,
      writeMs: WRITE_DEADLINE_MS,
      ...options.deadlines,
    };
    this.port = listener.addr.port;
    this.#loop = new AcceptLoop<TcpSocket>({
      accept: () => this.#accept(listener),
      close: () => listener.close(),
    });
    this.#clients = new ConnectionTable(options, (socket) => socket.destroy());
    // Otherwise it would close each connection behind its first answer.
    Object.defineProperty(this.#http, "listening", { value: true });
    this.#http.keepAliveTimeout = this.#deadlines.idleMs;
    this.#http.on("request", (incoming, outgoing) => {
      this.#answer(incoming, outgoing);
    });
    this.#http.on("clientError", (error, duplex) => {
      this.#refuse(error, duplex as unknown as ClientSocket);
    });
    const { upgrade } = options;
    if (upgrade) {
      this.#http.on("upgrade", (incoming, duplex, head) => {
        const socket = duplex as unknown as ClientSocket;
        this.#clients.delete(socket);
        upgrade(incoming, socket, head, socket.remoteAddress);
      });
    }
    const shortest = Math.min(...Object.values(this.#deadlines));
    this.#sweeping = setInterval(() => this.#sweep(), shortest * SWEEP_SHARE);
    this.#running = this.#run();
  }

  /** Accepts nobody any more, lets the answers under way go out within `graceMs` milliseconds, and closes all connections. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#loop.close();
    // The port is free only when the last accept has ended.
    await this.#running;
    this.#clients.endSilent();
    this.#tellEnd();
    const stop = new AbortController();
    const grace = SYSTEM_CLOCK.wait(graceMs, stop.signal);
    await Promise.race([this.#ended.promise, grace]);
    stop.abort();
    for (const socket of this.#clients.all) socket.destroy();
    clearInterval(this.#sweeping);
  }

  async #run(): Promise<void> {
    while (true) {
      const connection = await this.#loop.accept();
      if (connection === null) return;
      this.#welcome(connection);
    }
  }

  async #accept(listener: TcpSocketListener): Promise<TcpSocket> {
    try {
      return await listener.accept();
    } catch (error) {
      // A client that has reset its connection before it was accepted is no trouble of this side's.
      const isReset = isSystemError(
        error,
        "NotConnected",
        "ConnectionAborted",
        "ConnectionReset",
      );
      if (!isReset && !this.#isClosing) this.#makeRoom(error as Error);
      throw error;
    }
  }

  /** The system has run out of something, descriptors mostly. */
  #makeRoom(error: Error): void {
    this.#clients.giveWay();
    const now = performance.now();
    if (now - this.#toldAt < TROUBLE_MS) return;
    this.#toldAt = now;
    this.#options.onTrouble(
      new Error(
        `Cannot accept clients for a moment, with ${this.#clients.size} connected: ${error.message}; ` +
          "it is tried again until it succeeds. Where this happens often, allow more open files (ulimit -n)",
        { cause: error },
      ),
    );
  }

  #welcome(connection: TcpSocket): void {
    const { hostname } = connection.remoteAddr;
    const socket = new ClientSocket(connection, hostname, this.#deadlines);
    if (!this.#clients.add(socket, addressKey(hostname))) {
      socket.destroy();
      return;
    }
    prepareTcp(connection);
    socket.on("error", ignore);
    socket.on("close", () => {
      this.#clients.delete(socket);
      this.#tellEnd();
    });
    this.#http.emit("connection", socket);
  }

  async #answer(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    const socket = incoming.socket as unknown as ClientSocket;
    socket.request = incoming;
    socket.dueAt = Infinity;
    this.#clients.setSilent(socket, false);
    outgoing.on("close", () => {
      if (this.#isClosing) return socket.destroySoon();
      socket.dueAt = performance.now() + this.#deadlines.idleMs;
      this.#clients.setSilent(socket, true);
    });
    try {
      const request = toRequest(incoming);
      if (request === undefined) this.#tellOf(socket, "it is no request");
      const response = request === undefined
        ? new Response(null, { status: 400 })
        : await this.#options.answer(request, socket.remoteAddress);
      // The rest of a body that nobody wants would stand before the next request.
      if (this.#isClosing || !incoming.complete) {
        outgoing.setHeader("connection", "close");
      }
      await sendResponse(response, outgoing);
    } catch {
      // Whoever went away amid it gets no answer.
      socket.destroy();
    }
  }

  /** What came is no HTTP, or its head is too long. */
  #refuse(error: Error & { code?: string }, socket: ClientSocket): void {
    // Whoever has gone away broke no rule.
    if (error.code?.startsWith("HPE_")) this.#tellOf(socket, error.message);
    const isLong = error.code === "HPE_HEADER_OVERFLOW";
    const status = isLong
      ? "431 Request Header Fields Too Large"
      : "400 Bad Request";
    if (!socket.writable) return void socket.destroy();
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => {
      socket.destroy();
    });
  }

  #tellOf({ remoteAddress: address }: ClientSocket, fault: string): void {
    const rule = `it does not speak HTTP: ${fault}`;
    this.#options.onMisbehaviour?.({ address, code: "no-http", rule });
  }

  #sweep(): void {
    const now = performance.now();
    for (const socket of this.#clients.all) {
      if (socket.isLate(now)) socket.destroy();
    }
  }

  #tellEnd(): void {
    if (this.#isClosing && this.#clients.size === 0) this.#ended.resolve();
  }
}

async function open(
  { hostname, port, tls }: HttpServerOptions,
): Promise<TcpSocketListener> {
  try {
    const { listenTcp, listenTls } = await openSockets();
    return tls
      ? await listenTls({ hostname, port, ...tls })
      : await listenTcp({ hostname, port });
  } catch (cause) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot listen on ${hostname} port ${port}: ${listenReason(cause)}`,
      { cause },
    );
  }
}

function ignore(): void {}
