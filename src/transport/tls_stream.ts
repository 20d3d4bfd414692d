/**
 * The byte stream of a TLS connection: `node:tls` between two queues, with the
 * TCP connection read and written from here.
 *
 * `node:tls` over a socket of its own reports the end of TCP as the end of
 * stream, whether a close_notify came before it or not: a cut looks like an
 * orderly end. So it is never told of TCP's end. What it reports as the end of
 * stream is then a close_notify, and TCP's end without one is a cut.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { StreamSocket } from "../runtime/sockets.ts";
import type { Transport } from "./transport.ts";
import { brokenError, closedError } from "./failure.ts";
import { yieldToOthers } from "./yield.ts";

/** Bytes of one read from TCP: about four records. */
const READ_SIZE = 64 * 1024;

/** The same while each read brings as many as it has room for: each costs a turn, here and above. */
const LONG_READ_SIZE = 256 * 1024;

/** Bytes of one read from a client whom this side has not accepted. */
export const STRANGER_READ_SIZE = 2 * 1024;

/** Bytes of a client's TLS handshake, its certificates included: as many as of a record. */
const HANDSHAKE_SIZE_MAX = 16 * 1024;

/** Bytes of one write: TLS encrypts them all before any is on its way. Of more Deno's `node:tls` takes a second turn. */
const WRITE_SIZE_MAX = 48 * 1024;

/** Encrypted bytes that may wait for TCP besides one write's: answers to the other side's key updates. */
const WAITING_SIZE_MAX = 1024 * 1024;

/** Why a TLS handshake fails whose other side has gone. */
export const CLOSED_EARLY = "the other side closed within the TLS handshake";

/** What TLS sees in place of a socket: two queues. */
export class Wire extends Duplex {
  /** Encrypted bytes that wait to be written to TCP. */
  readonly waiting: Uint8Array[] = [];
  /** How many they are. */
  waitingSize = 0;
  /** Called whenever there are new ones. */
  onWaiting: (() => void) | undefined;

  /** Nothing to do: bytes are pushed when they have arrived. */
  override _read(): void {}

  /** Takes what TLS wants to send. */
  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error) => void,
  ): void {
    this.waiting.push(chunk);
    this.waitingSize += chunk.byteLength;
    done();
    this.onWaiting?.();
  }
}

/** A {@linkcode Transport} over TLS; {@linkcode handshake} comes first. */
export class TlsTransport implements Transport {
  readonly address: string;
  // TLS tells it, but not through a program that ends TLS in front of the other side.
  readonly tellsCut = false;
  readonly #socket: StreamSocket;
  readonly #wire: Wire;
  readonly #tls: TLSSocket;
  /** Memory for reads from TCP. */
  #arrived: Uint8Array;
  #plain: Uint8Array[] = [];
  #remoteKey: string | undefined;
  #isSecure = false;
  #hasEnded = false;
  #closing: Promise<void> | undefined;
  #failure: unknown;
  #writeFailure: unknown;
  #flushing: Promise<void> | undefined;

  /** `tls` works on `wire`; `socket` is the TCP connection, owned from now on. A client's is read with care until {@linkcode admit} is called. */
  constructor(
    socket: StreamSocket,
    wire: Wire,
    tls: TLSSocket,
    address: string,
    side: "dialled" | "client",
  ) {
    this.address = address;
    this.#arrived = new Uint8Array(
      side === "client" ? STRANGER_READ_SIZE : READ_SIZE,
    );
    this.#socket = socket;
    this.#wire = wire;
    this.#tls = tls;
    wire.onWaiting = () => void this.#flush().catch(() => {});
    // Node has something to send as soon as `tls` is made, before this is.
    if (wire.waitingSize > 0) wire.onWaiting();
    tls.on("data", (chunk: Uint8Array) => this.#plain.push(chunk));
    tls.on("end", () => this.#hasEnded = true);
    const fail = (error: Error) => this.#failure ??= error;
    tls.on("error", fail);
    // Where a handshake fails on the side of the listener, this is all that tells why.
    tls.on("_tlsError", fail);
    wire.on("error", fail);
  }

  get remoteKey(): string | undefined {
    return this.#remoteKey;
  }

  get #isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Sees the TLS handshake through, then lets `judge` look at the other side's
   * certificate: what that returns becomes `remoteKey`, and what it throws fails the handshake.
   * `first` are bytes of a client that were read already.
   */
  async handshake(
    event: "secureConnect" | "secure",
    judge: (der: Uint8Array | undefined) => string | undefined,
    first?: Uint8Array,
  ): Promise<void> {
    this.#tls.once(event, () => this.#isSecure = true);
    let size = first?.byteLength ?? 0;
    if (first) {
      // `node:tls` begins in its next tick, and must not meet an error before.
      await yieldToOthers();
      await this.#feed(first);
    }
    while (!this.#isSecure) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#tls.destroyed) throw new Error("the TLS handshake failed");
      if (first && size > HANDSHAKE_SIZE_MAX) {
        throw new Error("it sent too much within the TLS handshake");
      }
      size += await this.#pump();
    }
    if (this.#failure !== undefined) throw this.#failure;
    const der = this.#tls.getPeerCertificate(true)?.raw as
      | Uint8Array
      | undefined;
    this.#remoteKey = judge(der);
    await this.#flush();
  }

  admit(): void {
    if (this.#arrived.byteLength < READ_SIZE) {
      this.#arrived = new Uint8Array(READ_SIZE);
    }
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (true) {
      if (this.#isClosed) throw closedError("read from", this.address);
      if (this.#plain.length > 0) return this.#take(into);
      if (this.#hasEnded) return null;
      if (this.#failure !== undefined) {
        throw brokenError("read from", this.address, this.#failure);
      }
      await this.#pump();
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#isClosed) throw closedError("write to", this.address);
    const some = bytes.subarray(0, WRITE_SIZE_MAX);
    const encrypted = Promise.withResolvers<void>();
    this.#tls.write(
      some,
      (error) => error ? encrypted.reject(error) : encrypted.resolve(),
    );
    try {
      await encrypted.promise;
      await this.#flush();
    } catch (cause) {
      throw this.#isClosed
        ? closedError("write to", this.address)
        : brokenError("write to", this.address, cause);
    }
    return some.byteLength;
  }

  async closeWrite(): Promise<void> {
    if (this.#isClosed) throw closedError("end the stream to", this.address);
    const ended = Promise.withResolvers<void>();
    this.#tls.once("error", ended.reject);
    this.#tls.end(ended.resolve);
    try {
      await ended.promise;
      await this.#flush();
      await this.#socket.closeWrite();
    } catch (cause) {
      throw this.#isClosed
        ? closedError("end the stream to", this.address)
        : brokenError("end the stream to", this.address, cause);
    } finally {
      this.#tls.off("error", ended.reject);
    }
  }

  close(): Promise<void> {
    if (this.#closing) return this.#closing;
    this.#plain = [];
    this.#closing = Promise.resolve(this.#socket.close());
    this.#tls.destroy();
    this.#wire.destroy();
    return this.#closing;
  }

  #take(into: Uint8Array): number {
    const first = this.#plain[0]!;
    const size = Math.min(first.byteLength, into.byteLength);
    into.set(first.subarray(0, size));
    if (size === first.byteLength) this.#plain.shift();
    else this.#plain[0] = first.subarray(size);
    return size;
  }

  /** Reads from TCP once and lets TLS work on that; what comes of it is in the fields. Only called when they are empty, which bounds them. Returns how many bytes came. */
  async #pump(): Promise<number> {
    const arrived = this.#arrived;
    let size: number | null;
    try {
      size = await this.#socket.read(arrived);
    } catch (error) {
      this.#failure ??= error;
      return 0;
    }
    if (this.#isClosed) return 0;
    if (size !== null) {
      await this.#feed(arrived.subarray(0, size));
      this.#resize(arrived.byteLength, size);
      return size;
    }
    await yieldToOthers();
    while (this.#wire.readableLength > 0 && !this.#tls.destroyed) {
      await yieldToOthers();
    }
    this.#failure ??= new Error(
      this.#isSecure ? "TCP ended without a close_notify" : CLOSED_EARLY,
    );
    return 0;
  }

  /** Who sends as much as is read gets more memory, as long as they do; a stranger does not. */
  #resize(roomSize: number, size: number): void {
    if (roomSize < READ_SIZE) return;
    const next = size === roomSize ? LONG_READ_SIZE : READ_SIZE;
    if (next === roomSize || (next < roomSize && size > READ_SIZE)) return;
    this.#arrived = new Uint8Array(next);
  }

  /** Lets TLS work on bytes in memory that is read into again; mostly it does so at once. */
  async #feed(bytes: Uint8Array): Promise<void> {
    const { buffer, byteOffset, byteLength } = bytes;
    this.#wire.push(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));
    if (this.#wire.readableLength > 0) {
      // They wait in there: nothing else may be read to where they are.
      this.#arrived = new Uint8Array(this.#arrived.byteLength);
    }
    if (this.#plain.length === 0) await yieldToOthers();
  }

  /** Writes to TCP what TLS has encrypted; one flush at a time, which takes all that comes up meanwhile. */
  #flush(): Promise<void> {
    if (this.#wire.waitingSize > WAITING_SIZE_MAX) {
      this.#failure ??= new Error("too much waits to be sent");
    }
    return this.#flushing ??= this.#writeWaiting();
  }

  async #writeWaiting(): Promise<void> {
    // By then the field says that a flush is under way.
    await undefined;
    try {
      if (this.#writeFailure !== undefined) throw this.#writeFailure;
      let chunk: Uint8Array | undefined;
      while ((chunk = this.#wire.waiting.shift()) !== undefined) {
        let offset = 0;
        while (offset < chunk.byteLength) {
          offset += await this.#socket.write(chunk.subarray(offset));
        }
        this.#wire.waitingSize -= chunk.byteLength;
      }
    } catch (error) {
      this.#writeFailure = error;
      throw error;
    } finally {
      // Not a turn later than the look at what waits: what comes in between would wait for ever.
      this.#flushing = undefined;
    }
  }
}
