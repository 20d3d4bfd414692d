/**
 * Listening on methods `ws` and `wss`: an HTTP server that does nothing but
 * turn requests for its path into WebSockets.
 *
 * @module
 */
import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import { WebSocketServer } from "ws";
import { LektError } from "../base/errors.ts";
import { DEFAULT_LIMITS } from "../base/limits.ts";
import { harmless } from "../base/text.ts";
import { type TcpMethod, type WebSocketMethod, withPort } from "./method.ts";
import type { PlaceCounts, Transport, TransportListener } from "./transport.ts";
import { type Place, Places } from "./places.ts";
import { ReadyQueue, TRANSPORT_HANDSHAKE_MS } from "./ready_queue.ts";
import { listenTcp } from "./tcp.ts";
import {
  type Ending,
  listenTls,
  refusal,
  type TlsListenOptions,
} from "./tls_listener.ts";
import { TransportSocket } from "./transport_socket.ts";
import { SUBPROTOCOL } from "./websocket_inbox.ts";
import { SOCKET_OPTIONS, WebSocketTransport } from "./websocket_stream.ts";

/** How to listen on a `ws` or `wss` method. */
export interface WebSocketListenOptions extends TlsListenOptions {
  /**
   * Origins of the web pages that may connect, such as
   * `https://chat.example`; `*` lets all in. A request with an `Origin` comes
   * from a page in somebody's browser, one without from a program, which is
   * always let in. Default: no page. (That a page came from this very host
   * means nothing: any name can be made to lead here.)
   */
  origins?: readonly string[];
}

/** Characters of a stranger's text that are shown. */
const TEXT_SHOWN_MAX = 100;

/** Bytes of the first read. */
const FIRST_READ_SIZE = 1_024;

/** Says to a client of another version of WebSocket which ones there are (RFC 6455, section 4.4). */
const VERSION_HEADER = "Sec-WebSocket-Version: 13, 8\r\n";

/** Bytes of the headers of a request. */
const HEADER_SIZE_MAX = 8 * 1024;

/**
 * Listens on a `ws` or `wss` method; port 0 asks for a free one.
 *
 * @throws {LektError} `INVALID_ARGUMENT` for an origin that is none and, with
 * `wss`, a certificate that is missing or unusable; with the system's error as
 * `cause` where the system refuses, such as a taken port.
 */
export async function listenWebSocket(
  method: WebSocketMethod,
  options: WebSocketListenOptions = {},
): Promise<TransportListener> {
  for (const origin of options.origins ?? []) checkOrigin(origin);
  const { host, port, uri } = method;
  const below = method.scheme === "ws"
    ? await listenTcp({ scheme: "tcp", host, port, uri })
    : await listenTls({ scheme: "tls", host, port, uri }, options);
  const { port: realPort } = below.method as TcpMethod;
  return new WebSocketListener(below, withPort(method, realPort), options);
}

function checkOrigin(origin: string): void {
  if (origin === "*") return;
  if (URL.canParse(origin) && new URL(origin).origin === origin) return;
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot use ${JSON.stringify(origin)} as an origin: ` +
      `expected one such as "https://chat.example", or "*"`,
  );
}

/** Listens on a `ws` or `wss` method. */
class WebSocketListener implements TransportListener {
  readonly method: WebSocketMethod;
  readonly #below: TransportListener;
  readonly #options: WebSocketListenOptions;
  readonly #server = createServer({ maxHeaderSize: HEADER_SIZE_MAX });
  readonly #webSockets = new WebSocketServer({
    ...SOCKET_OPTIONS,
    noServer: true,
    clientTracking: false,
    handleProtocols: () => SUBPROTOCOL,
  });
  readonly #ready = new ReadyQueue();
  readonly #places: Places;
  readonly #newcomers = new Set<Newcomer>();
  #isClosed = false;

  constructor(
    below: TransportListener,
    method: WebSocketMethod,
    options: WebSocketListenOptions,
  ) {
    this.method = method;
    this.#below = below;
    this.#options = options;
    this.#places = new Places(options.places ?? DEFAULT_LIMITS);
    this.#server.on("request", ({ socket }, response) => {
      response.writeHead(426, { connection: "close", upgrade: "websocket" });
      response.end();
      this.#tell(new Error("it asked for no WebSocket"), newcomerOf(socket));
    });
    this.#webSockets.on("wsClientError", ({ message }, socket, { method }) => {
      const status = method === "GET" ? 400 : 405;
      this.#refuse(socket, { status, message, headers: VERSION_HEADER });
    });
    this.#server.on("upgrade", (request, socket, head) => {
      this.#upgrade(request, socket, head);
    });
    this.#server.on("clientError", (error, socket) => {
      this.#tell(error, newcomerOf(socket));
      socket.destroy();
    });
    this.#run();
  }

  get places(): readonly PlaceCounts[] {
    return [this.#places, ...this.#below.places ?? []];
  }

  accept(): Promise<Transport | null> {
    return this.#ready.take();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = this.#below.close();
    this.#server.close();
    this.#places.close();
    for (const newcomer of this.#newcomers) newcomer.end();
    this.#ready.close();
    await closed;
  }

  async #run(): Promise<void> {
    while (true) {
      const transport = await this.#below.accept();
      if (transport === null) return;
      this.#welcome(transport);
      await this.#places.untilRoom();
    }
  }

  /** Waits for a place and the first byte of a client before HTTP costs anything. */
  async #welcome(transport: Transport): Promise<void> {
    const newcomer: Newcomer = new Newcomer(
      transport,
      this.#places,
      (ending) => this.#tell(undefined, newcomer, ending),
      () => this.#newcomers.delete(newcomer),
    );
    this.#newcomers.add(newcomer);
    const { handshakeTimeoutMs = TRANSPORT_HANDSHAKE_MS } = this.#options;
    const socket = await newcomer.open(handshakeTimeoutMs);
    if (socket) this.#server.emit("connection", socket);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    const fault = this.#fault(request);
    if (fault !== undefined) return this.#refuse(socket, fault);
    this.#webSockets.handleUpgrade(
      request,
      socket,
      head as Parameters<WebSocketServer["handleUpgrade"]>[2],
      (webSocket) => {
        const below = socket as ClientSocket;
        const { newcomer, transport } = below;
        newcomer.noteOpen();
        const opened = new WebSocketTransport(webSocket, transport, below);
        if (this.#options.needsAdmission) below.guard(head.byteLength);
        else opened.admit();
        this.#ready.push(opened, () => newcomer.release());
      },
    );
  }

  /** Answers with a status and closes; the newcomer's deadline stays for who does not take the answer. */
  #refuse(
    socket: Duplex,
    { status, message, ruleId, headers = "" }: Refusal,
  ): void {
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}` +
        "Connection: close\r\nContent-Length: 0\r\n\r\n",
      () => socket.destroy(),
    );
    this.#tell(new Error(message), newcomerOf(socket), undefined, ruleId);
  }

  #fault(request: IncomingMessage): Refusal | undefined {
    if (request.url?.replace(/\?.*$/, "") !== this.method.path) {
      const path = shown(request.url ?? "");
      const message = `it asked for another path, ${path}`;
      return { status: 404, message, ruleId: "S-2" };
    }
    const { origin } = request.headers;
    const origins = this.#options.origins ?? [];
    const isPage = origin !== undefined && !origins.includes("*");
    if (isPage && !origins.includes(origin)) {
      return {
        status: 403,
        ruleId: "S-3",
        message: `its web page's origin is not allowed, ${shown(origin)}`,
      };
    }
    const protocols = request.headers["sec-websocket-protocol"] ?? "";
    if (!protocols.split(",").some((name) => name.trim() === SUBPROTOCOL)) {
      return {
        status: 400,
        ruleId: "S-1",
        message: `it does not offer subprotocol ${SUBPROTOCOL}`,
      };
    }
    return undefined;
  }

  /** Tells why a client was not let in: once, whatever else goes wrong behind that. */
  #tell(
    cause: unknown,
    newcomer: Newcomer,
    ending?: Ending,
    ruleId?: string,
  ): void {
    if (!newcomer.settle() || this.#isClosed) return;
    const { address } = newcomer;
    this.#options.onRefused?.(
      refusal(this.method.uri, address, ending, cause, ruleId),
      address,
    );
  }
}

/** A client before its WebSocket. */
class Newcomer {
  readonly #transport: Transport;
  readonly #places: Places;
  readonly #place: Place;
  readonly #onEnded: (ending: Ending) => void;
  readonly #onOver: () => void;
  #isSettled = false;
  #socket: ClientSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Owns `transport`; `onEnded` is told why this side ends it, or that it has left; `onOver` when its place is free again. */
  constructor(
    transport: Transport,
    places: Places,
    onEnded: (ending: Ending) => void,
    onOver: () => void,
  ) {
    this.#transport = transport;
    this.#places = places;
    this.#onEnded = onEnded;
    this.#onOver = onOver;
    this.#place = places.take(transport.address, () => this.end("gave way"));
  }

  /** Where it is. */
  get address(): string {
    return this.#transport.address;
  }

  /** Says that it is known what becomes of it; `false` where it was known before. */
  settle(): boolean {
    const isNew = !this.#isSettled;
    this.#isSettled = true;
    return isNew;
  }

  /** Waits for the client's first bytes; `undefined` where none came. */
  async open(timeoutMs: number): Promise<ClientSocket | undefined> {
    const first = new Uint8Array(FIRST_READ_SIZE);
    let size: number | null = null;
    if (await this.#place.taken) {
      this.#timer = setTimeout(() => this.end("late"), timeoutMs);
      size = await this.#transport.read(first).catch(() => null);
    }
    if (size === null) {
      this.end();
      return undefined;
    }
    const socket = new ClientSocket(
      this,
      this.#transport,
      first.slice(0, size),
    );
    this.#socket = socket;
    socket.on("close", () => this.release());
    socket.on("error", () => {});
    return socket;
  }

  /** Its WebSocket is open, and waits to be taken. */
  noteOpen(): void {
    this.settle();
    clearTimeout(this.#timer);
    this.#places.setTurn(this.#place, "none");
  }

  /** Closes it. */
  end(ending?: Ending): void {
    if (ending) this.#onEnded(ending);
    if (this.#socket) this.#socket.destroy();
    else this.#transport.close();
    this.release();
  }

  /** Gives its place back. */
  release(): void {
    if (!this.#isSettled) this.#onEnded("left");
    clearTimeout(this.#timer);
    this.#places.release(this.#place);
    this.#onOver();
  }
}

/** What HTTP and the WebSocket of a client run on. */
class ClientSocket extends TransportSocket {
  /** Whose it is. */
  readonly newcomer: Newcomer;

  constructor(newcomer: Newcomer, transport: Transport, first: Uint8Array) {
    super(transport, first);
    this.newcomer = newcomer;
  }
}

/** How a request is turned down. */
interface Refusal {
  status: number;
  message: string;
  /** The rule that the client broke, where it is one of this protocol's. */
  ruleId?: string;
  /** Lines of the answer's head. */
  headers?: string;
}

/** A text of a stranger's, for people. */
function shown(text: string): string {
  return harmless(text.slice(0, TEXT_SHOWN_MAX));
}

function newcomerOf(socket: Duplex): Newcomer {
  return (socket as ClientSocket).newcomer;
}
