/**
 * The byte stream of a WebSocket of npm `ws`.
 *
 * @module
 */
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { LektError } from "../base/errors.ts";
import type { Transport } from "./transport.ts";
import { brokenError, closedError } from "./failure.ts";
import type { TransportSocket } from "./transport_socket.ts";
import {
  CLOSE_NORMAL,
  CLOSE_UNSUPPORTED,
  SEND_SIZE_MAX,
  WebSocketInbox,
} from "./websocket_inbox.ts";

/** How `ws` is to behave on both sides. */
export const SOCKET_OPTIONS = {
  /** Bytes of a WebSocket message that is received, all its fragments together: it is held until it is whole. */
  maxPayload: 16 * 1024 * 1024,
  /** Fragments of one message: each costs more than its bytes. */
  maxFragments: 1_024,
  /** Pieces in which one message may come from TCP. */
  maxBufferedChunks: 16 * 1024,
  /** Pings whose answers wait to be sent: who sends more is cut off. */
  maxPendingAutoPongs: 128,
  /** Compression costs 300 KB a connection, and opens a way to bombs. */
  perMessageDeflate: false,
  /** Milliseconds for the other side to answer a Close. */
  closeTimeout: 1_000,
} as const;

/**
 * A {@linkcode Transport} over WebSocket. It reads from TCP only while somebody
 * reads from it, so that at most one WebSocket message, and one read of TCP, is held.
 */
export class WebSocketTransport implements Transport {
  readonly address: string;
  readonly tellsCut = true;
  readonly remoteKey?: string;
  readonly #socket: WebSocket;
  readonly #inbox: WebSocketInbox;
  readonly #below: TransportSocket | undefined;
  /** The write under way: `ws` does not settle one that is under way at the end. */
  #sending: PromiseWithResolvers<void> | undefined;
  #hasLocalEnded = false;
  #isClosed = false;
  #closed = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;

  /** To be made in the very turn in which the WebSocket opened: it misses no message. `below` is what a client's runs on. */
  constructor(
    socket: WebSocket,
    { address, remoteKey }: Pick<Transport, "address" | "remoteKey">,
    below?: TransportSocket,
  ) {
    this.address = address;
    if (remoteKey !== undefined) this.remoteKey = remoteKey;
    this.#socket = socket;
    this.#inbox = new WebSocketInbox(address);
    this.#below = below;
    below?.on("error", (error) => {
      if (error instanceof LektError && error.code === "LIMIT") {
        this.#inbox.fail(error);
      }
    });
    socket.on("message", (data, isBinary) => {
      this.#handleMessage(isBinary ? data as Uint8Array : "");
    });
    socket.on("error", (error) => this.#inbox.fail(this.#classify(error)));
    socket.on("close", (code) => {
      this.#inbox.closed(code);
      this.#closed.resolve();
      this.#sending?.reject(
        new Error(`the WebSocket was closed with code ${code}`),
      );
    });
  }

  admit(): void {
    this.#below?.admit();
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#isClosed) throw closedError("read from", this.address);
    if (this.#inbox.size === 0) this.#socket.resume();
    await this.#inbox.wait();
    return this.#inbox.take(into);
  }

  async write(bytes: Uint8Array): Promise<number> {
    const some = bytes.subarray(0, SEND_SIZE_MAX);
    await this.#send("write to", some);
    return some.byteLength;
  }

  async closeWrite(): Promise<void> {
    await this.#send("end the stream to", new Uint8Array(0));
    this.#hasLocalEnded = true;
    this.#closeWhenEnded();
  }

  close(): void | Promise<void> {
    if (this.#isClosed) return this.#closing;
    this.#isClosed = true;
    if (this.#hasLocalEnded && this.#inbox.hasEnded) {
      // Both Close frames take their way, within `closeTimeout`.
      this.#closing = this.#closed.promise;
    }
    this.#inbox.drop(closedError("read from", this.address));
    if (!this.#closing) this.#socket.terminate();
    return this.#closing;
  }

  async #send(action: string, bytes: Uint8Array): Promise<void> {
    if (this.#isClosed) throw closedError(action, this.address);
    const sent = Promise.withResolvers<void>();
    this.#sending = sent;
    this.#socket.send(
      bytes,
      { binary: true },
      (error) => error ? sent.reject(error) : sent.resolve(),
    );
    try {
      await sent.promise;
    } catch (cause) {
      throw this.#isClosed
        ? closedError(action, this.address)
        : brokenError(action, this.address, cause);
    }
  }

  #handleMessage(data: Uint8Array | string): void {
    if (this.#isClosed) return;
    this.#below?.noteWhole(data.length);
    if (this.#inbox.push(data) !== undefined) {
      this.#socket.close(CLOSE_UNSUPPORTED);
    } else if (this.#inbox.hasEnded) {
      this.#closeWhenEnded();
    } else {
      this.#socket.pause();
    }
  }

  #closeWhenEnded(): void {
    if (!this.#hasLocalEnded || !this.#inbox.hasEnded) return;
    // The end may have come with bytes behind which reading was to stop: the answer to Close must be read.
    this.#socket.resume();
    this.#socket.close(CLOSE_NORMAL);
  }

  #classify(error: Error & { code?: string }): LektError {
    const action = `Cannot read from ${this.address}`;
    switch (error.code) {
      case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
      case "WS_ERR_TOO_MANY_BUFFERED_PARTS":
        return new LektError("LIMIT", `${action}: ${error.message}`, {
          cause: error,
          ruleId: "S-7",
        });
      default:
        return error.code?.startsWith("WS_ERR_")
          ? new LektError("PROTOCOL", `${action}: ${error.message}`, {
            cause: error,
          })
          : brokenError("read from", this.address, error);
    }
  }
}
