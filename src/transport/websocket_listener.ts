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
import { harmless } from "../base/text.ts";
import { type TcpMethod, type WebSocketMethod, withPort } from "./method.ts";
import type { Transport, TransportListener } from "./transport.ts";
import {
  PENDING_CLIENTS_MAX,
  ReadyQueue,
  TRANSPORT_HANDSHAKE_MS,
} from "./ready_queue.ts";
import { listenTcp } from "./tcp.ts";
import { listenTls, refusal, type TlsListenOptions } from "./tls.ts";
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

/** Bytes of the headers of a request. */
const HEADER_SIZE_MAX = 8 * 1024;

/**
 * Listens on a `ws` or `wss` method; port 0 asks for a free one.
 *
 * @throws {LektError} `INVALID_ARGUMENT` for an origin that is none and, with
 * `wss`, a certificate that is missing or unusable; with the system's error as
 * `cause` where the system refuses, such as a taken port.
 */
export function listenWebSocket(
  method: WebSocketMethod,
  options: WebSocketListenOptions = {},
): TransportListener {
  for (const origin of options.origins ?? []) checkOrigin(origin);
  const { host, port, uri } = method;
  const below = method.scheme === "ws"
    ? listenTcp({ scheme: "tcp", host, port, uri })
    : listenTls({ scheme: "tls", host, port, uri }, options);
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
  /** Clients before their WebSocket, each with its deadline. */
  readonly #newcomers = new Map<Duplex, ReturnType<typeof setTimeout>>();
  #isClosed = false;

  constructor(
    below: TransportListener,
    method: WebSocketMethod,
    options: WebSocketListenOptions,
  ) {
    this.method = method;
    this.#below = below;
    this.#options = options;
    this.#server.on("request", (_request, response) => {
      response.writeHead(426, { connection: "close", upgrade: "websocket" });
      response.end();
    });
    this.#server.on("upgrade", (request, socket, head) => {
      this.#upgrade(request, socket, head);
    });
    this.#server.on("clientError", (error, socket) => {
      socket.destroy();
      this.#tell(error, addressOf(socket));
    });
    this.#run();
  }

  accept(): Promise<Transport | null> {
    return this.#ready.take();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = this.#below.close();
    this.#server.close();
    for (const socket of this.#newcomers.keys()) socket.destroy();
    this.#ready.close();
    await closed;
  }

  async #run(): Promise<void> {
    while (true) {
      const transport = await this.#below.accept();
      if (transport === null) return;
      if (this.#newcomers.size + this.#ready.count >= PENDING_CLIENTS_MAX) {
        transport.close();
        this.#tell(
          new Error("too many clients are waiting"),
          transport.address,
        );
      } else {
        this.#welcome(new TransportSocket(transport));
      }
    }
  }

  #welcome(socket: TransportSocket): void {
    const timer = setTimeout(() => {
      socket.destroy();
      this.#tell(undefined, socket.transport.address, true);
    }, this.#options.handshakeTimeoutMs ?? TRANSPORT_HANDSHAKE_MS);
    this.#newcomers.set(socket, timer);
    socket.on("close", () => this.#settle(socket));
    socket.on("error", () => {});
    this.#server.emit("connection", socket);
  }

  /** The client's handshake is over, one way or the other. */
  #settle(socket: Duplex): void {
    clearTimeout(this.#newcomers.get(socket));
    this.#newcomers.delete(socket);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    const fault = this.#fault(request);
    if (fault !== undefined) return this.#refuse(socket, fault);
    this.#webSockets.handleUpgrade(
      request,
      socket,
      head as Parameters<WebSocketServer["handleUpgrade"]>[2],
      (webSocket) => {
        this.#settle(socket);
        const { address, remoteKey } = (socket as TransportSocket).transport;
        this.#ready.push(
          new WebSocketTransport(webSocket, address, remoteKey),
        );
      },
    );
  }

  /** Answers with a status and closes; the newcomer's deadline stays for who does not take the answer. */
  #refuse(socket: Duplex, { status, message }: Refusal): void {
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
        "Connection: close\r\nContent-Length: 0\r\n\r\n",
      () => socket.destroy(),
    );
    this.#tell(new Error(message), addressOf(socket));
  }

  #fault(request: IncomingMessage): Refusal | undefined {
    if (request.url?.replace(/\?.*$/, "") !== this.method.path) {
      const path = shown(request.url ?? "");
      return { status: 404, message: `it asked for another path, ${path}` };
    }
    const { origin } = request.headers;
    const origins = this.#options.origins ?? [];
    const isPage = origin !== undefined && !origins.includes("*");
    if (isPage && !origins.includes(origin)) {
      return {
        status: 403,
        message: `its web page's origin is not allowed, ${shown(origin)}`,
      };
    }
    const protocols = request.headers["sec-websocket-protocol"] ?? "";
    if (!protocols.split(",").some((name) => name.trim() === SUBPROTOCOL)) {
      return {
        status: 400,
        message: `it does not offer subprotocol ${SUBPROTOCOL}`,
      };
    }
  }

  #tell(cause: unknown, address: string, isLate = false): void {
    if (this.#isClosed) return;
    this.#options.onRefused?.(
      refusal(this.method.uri, address, isLate, cause),
      address,
    );
  }
}

/** How a request is turned down. */
interface Refusal {
  status: number;
  message: string;
}

/** A text of a stranger's, for people. */
function shown(text: string): string {
  return harmless(text.slice(0, TEXT_SHOWN_MAX));
}

function addressOf(socket: Duplex): string {
  return (socket as TransportSocket).transport.address;
}
