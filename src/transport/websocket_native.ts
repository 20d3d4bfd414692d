/**
 * Connection methods `ws` and `wss` by the platform's own WebSocket, for
 * browsers. It cannot hold the other side back: what arrives faster than it is
 * read piles up here, to a bound. Nor does it say why it cannot be opened, so
 * all that can be said is what there is to look at.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import {
  breakError,
  CLOSED_EARLY,
  closedError,
  unreachableError,
} from "./faults.ts";
import { type Method, methodScope, type WebSocketMethod } from "./method.ts";
import type { Transport } from "./transport.ts";
import {
  CLOSE_NORMAL,
  SEND_SIZE_MAX,
  SUBPROTOCOL,
  WebSocketInbox,
} from "./websocket_inbox.ts";

/** Close codes that a program may send begin here; browsers refuse the standard ones. */
const CLOSE_FAULT = 4000;

/** Bytes that may wait inside the platform before writes wait. */
const WAITING_SIZE_MAX = 1024 * 1024;

/** The platform tells of no drain: how often it is asked, in milliseconds. Timers of a page that is not looked at run once a second or less, so whatever arrives has it asked, too. */
const DRAIN_POLL_MS = 5;

/** How to dial with the platform's WebSocket. */
export interface NativeDialOptions {
  /** Cancels the attempt. */
  signal?: AbortSignal;
  /** Bytes that may wait to be read before the byte stream fails with `LIMIT`. Default: 64 MiB. */
  maxBufferedBytes?: number;
}

/**
 * Connects to a `ws` or `wss` method.
 *
 * @throws {LektError} `UNREACHABLE` (browsers do not tell why); the signal's
 * reason where `signal` fired.
 */
export function dialNativeWebSocket(
  method: WebSocketMethod,
  options: NativeDialOptions = {},
): Promise<Transport> {
  return openNativeWebSocket({
    method,
    url: method.uri,
    subprotocol: SUBPROTOCOL,
    reason: reasonAgainst(method),
  }, options);
}

/** A WebSocket that is to be opened. */
export interface NativeTarget {
  /** The method, for the texts of errors. */
  readonly method: Method;
  /** The URL of the WebSocket. */
  readonly url: string;
  /** The subprotocol to name. */
  readonly subprotocol: string;
  /** What to say where it cannot be opened. */
  readonly reason: string;
}

/** {@linkcode dialNativeWebSocket}, whatever the WebSocket is for. */
export async function openNativeWebSocket(
  { method, url, subprotocol, reason }: NativeTarget,
  options: NativeDialOptions,
): Promise<Transport> {
  const { signal } = options;
  signal?.throwIfAborted();
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, [subprotocol]);
  } catch (cause) {
    throw unreachableError(method, reason, cause);
  }
  socket.binaryType = "arraybuffer";
  const opened = Promise.withResolvers<void>();
  const transport = new NativeTransport(
    socket,
    method.uri,
    options.maxBufferedBytes ?? 64 * 1024 * 1024,
  );
  const refused = () =>
    opened.reject(new Error("the WebSocket could not be opened"));
  const onAbort = () => opened.reject(signal?.reason);
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("error", refused);
  socket.addEventListener("close", refused);
  signal?.addEventListener("abort", onAbort);
  try {
    await opened.promise;
    return transport;
  } catch (cause) {
    transport.close();
    signal?.throwIfAborted();
    throw unreachableError(method, reason, cause);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** What to look at where a WebSocket could not be opened: browsers keep the reason from pages. */
function reasonAgainst(method: WebSocketMethod): string {
  if (method.scheme === "ws" && isMixed(method)) {
    return "this page came by https, and from such pages browsers open ws to this machine alone; the other side must offer wss";
  }
  const origin = originToLetIn();
  const trusted = method.scheme === "wss"
    ? ", does this platform trust its certificate"
    : "";
  const named = origin === undefined
    ? ""
    : `, and is ${origin} among its \`origins\``;
  return `the WebSocket could not be opened; does a listener of lekt run there${trusted}${named}?`;
}

/** What a listener must have among its `origins` for this page, where it is one. */
export function originToLetIn(): string | undefined {
  const { location } = globalThis as { location?: Location };
  // Pages from files have no origin of their own.
  if (location?.protocol === "file:") return "`*` (for a page from a file)";
  const { origin = "" } = location ?? {};
  return /^https?:/.test(origin) ? origin : undefined;
}

/** Whether this page came by https, so that it cannot reach that host without TLS. */
export function isMixed(method: Method): boolean {
  const { location } = globalThis as { location?: Location };
  return location?.protocol === "https:" && methodScope(method) !== "local";
}

/** A {@linkcode Transport} over the platform's WebSocket. */
class NativeTransport implements Transport {
  readonly address: string;
  readonly tellsCut = true;
  readonly #socket: WebSocket;
  readonly #inbox: WebSocketInbox;
  readonly #bufferedSizeMax: number;
  #hasLocalEnded = false;
  #isClosed = false;
  #onArrival: (() => void) | undefined;

  constructor(socket: WebSocket, address: string, bufferedSizeMax: number) {
    this.address = address;
    this.#socket = socket;
    this.#inbox = new WebSocketInbox(address);
    this.#bufferedSizeMax = bufferedSizeMax;
    socket.addEventListener("message", ({ data }) => this.#handle(data));
    socket.addEventListener("close", ({ code }) => this.#inbox.closed(code));
  }

  async read(into: Uint8Array): Promise<number | null> {
    await this.#inbox.wait();
    return this.#inbox.take(into);
  }

  async write(bytes: Uint8Array): Promise<number> {
    const some = bytes.slice(0, SEND_SIZE_MAX);
    this.#send("write to", some);
    await this.#drained();
    return some.byteLength;
  }

  closeWrite(): Promise<void> {
    try {
      this.#send("end the stream to", new Uint8Array(0));
    } catch (error) {
      return Promise.reject(error);
    }
    this.#hasLocalEnded = true;
    this.#closeWhenEnded();
    return Promise.resolve();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbox.drop(closedError("read from", this.address));
    this.#socket.close();
  }

  #handle(data: unknown): void {
    this.#onArrival?.();
    if (this.#isClosed) return;
    const fault = this.#inbox.push(
      data instanceof ArrayBuffer ? new Uint8Array(data) : "",
    );
    if (fault !== undefined) {
      this.#socket.close(CLOSE_FAULT);
    } else if (this.#inbox.size > this.#bufferedSizeMax) {
      this.#inbox.drop(
        new LektError(
          "LIMIT",
          `Cannot hold more than ${this.#bufferedSizeMax} bytes from ${this.address}: ` +
            "they arrive faster than they are read",
        ),
      );
      this.#socket.close(CLOSE_FAULT);
    } else {
      this.#closeWhenEnded();
    }
  }

  #closeWhenEnded(): void {
    if (!this.#hasLocalEnded || !this.#inbox.hasEnded) return;
    this.#socket.close(CLOSE_NORMAL);
  }

  #send(action: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#throwIfGone(action);
    this.#socket.send(bytes);
  }

  async #drained(): Promise<void> {
    while (this.#socket.bufferedAmount > WAITING_SIZE_MAX) {
      const elapsed = Promise.withResolvers<void>();
      const timer = setTimeout(elapsed.resolve, DRAIN_POLL_MS);
      this.#onArrival = elapsed.resolve;
      await elapsed.promise;
      clearTimeout(timer);
      this.#throwIfGone("write to");
    }
  }

  #throwIfGone(action: string): void {
    if (this.#isClosed) throw closedError(action, this.address);
    if (this.#socket.readyState !== WebSocket.OPEN) {
      const said = "the WebSocket is closed";
      const reason = `${CLOSED_EARLY} (${said})`;
      throw breakError(action, this.address, reason, new Error(said));
    }
  }
}
