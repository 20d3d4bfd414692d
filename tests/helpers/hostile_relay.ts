/**
 * A relay that meddles with what it passes on.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { RELAY_SUBPROTOCOL } from "../../src/transport/relay_wire.ts";

/** What becomes of one message; `pass` passes one on in its direction. */
export type Meddling = (
  message: Uint8Array,
  pass: (message: Uint8Array) => void,
) => void;

/** Who knows that somebody calls. */
interface Ringing {
  request: IncomingMessage;
  socket: Duplex;
  head: Uint8Array;
}

/** A relay that lets everybody listen, and meddles with calls. */
export class HostileRelay implements AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  /** What it does to each message of a call, in both directions. */
  meddle: Meddling = (message, pass) => pass(message);
  /** What it says to a listener in place of a good word. */
  greeting: readonly string[] = [
    JSON.stringify({ challenge: "c".repeat(43) }),
    JSON.stringify({ listening: true }),
  ];
  /** Told of each line, before it is greeted. */
  onLine: (line: WebSocket) => void = () => {};
  /** The line of whoever listens. */
  line: WebSocket | undefined;
  readonly #http: Server;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    handleProtocols: () => RELAY_SUBPROTOCOL,
  });
  readonly #sockets = new Set<Duplex>();
  readonly #ringing = new Map<string, Ringing>();
  readonly #ends = new Set<WebSocket>();

  private constructor(http: Server) {
    this.#http = http;
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    http.on("connection", (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    http.on("upgrade", (request, socket, head) => {
      this.#handle({ request, socket: socket as Duplex, head });
    });
  }

  /** Starts one. */
  static async start(): Promise<HostileRelay> {
    const http = createServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    http.listen(0, "127.0.0.1", resolve);
    await promise;
    return new HostileRelay(http);
  }

  /** Cuts all calls. */
  cut(): void {
    for (const end of this.#ends) end.terminate();
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#http.close(() => resolve());
    await promise;
  }

  #handle(ringing: Ringing): void {
    const path = ringing.request.url ?? "";
    if (path === "/relay/listen") {
      this.line = this.#open(ringing);
      this.onLine(this.line);
      for (const text of this.greeting) this.line.send(text);
    } else if (path.startsWith("/relay/call/")) {
      const token = crypto.randomUUID().replaceAll("-", "");
      this.#ringing.set(token, ringing);
      this.line?.send(JSON.stringify({ call: token, from: "192.0.2.7" }));
    } else {
      const token = path.slice("/relay/answer/".length);
      const caller = this.#ringing.get(token);
      if (!caller) return void ringing.socket.destroy();
      const there = this.#open(ringing);
      const here = this.#open(caller);
      this.#pass(here, there);
      this.#pass(there, here);
    }
  }

  #open({ request, socket, head }: Ringing): WebSocket {
    let opened: WebSocket | undefined;
    this.#webSockets.handleUpgrade(
      request,
      socket,
      head as Parameters<WebSocketServer["handleUpgrade"]>[2],
      (webSocket) => opened = webSocket,
    );
    opened!.on("error", () => {});
    return opened!;
  }

  #pass(from: WebSocket, to: WebSocket): void {
    from.on("message", (data) => {
      this.meddle(data as Uint8Array, (message) => {
        to.send(message, { binary: true }, () => {});
      });
    });
    this.#ends.add(from);
    from.on("close", (code) => {
      this.#ends.delete(from);
      // Behind an end in order there may be something that is held back.
      if (code !== 1000) to.terminate();
    });
  }
}
