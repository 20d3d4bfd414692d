/**
 * A transport in the clothes of a Node socket, so that HTTP and WebSocket run
 * on top of it. (Over TLS sockets of their own, Deno's `node:` modules read on
 * although nobody takes the bytes, without bound.)
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { concat } from "@std/bytes";
import { LektError } from "../base/errors.ts";
import { ReadSize } from "./read_size.ts";
import type { Transport } from "./transport.ts";

/** Bytes of one read. */
const READ_SIZE = 64 * 1024;

/** Bytes of one read from a client whom this side has not accepted, and of all that it may send without anything whole. */
const STRANGER_SIZE_MAX = 2 * 1024;

/** Pieces in which these may come: each costs more than its bytes. */
const STRANGER_PIECES_MAX = 64;

/** Bytes that are sooner copied together than written one piece after the other. */
const JOINED_SIZE_MAX = 16 * 1024;

/** A Node socket over a {@linkcode Transport}, which it owns. */
export class TransportSocket extends Duplex {
  /** What is underneath. */
  readonly transport: Transport;
  #arrived: Uint8Array;
  /** Whoever reads from here takes all of it at once: of small frames 64 KiB take 10 ms. */
  #readSize = new ReadSize(READ_SIZE);
  /** Messages that the last read has brought. */
  #wholeCount = 0;
  #strangeSize: number | undefined;
  #strangePieces = 0;

  /** Puts a socket round `transport`; of a client, of whom `first` was read already, the reads are small until {@linkcode admit} is called. `readSize` is how much is read at once. */
  constructor(transport: Transport, first?: Uint8Array, readSize = READ_SIZE) {
    // Where nobody takes what it has read, it reads no further.
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.transport = transport;
    this.#arrived = new Uint8Array(first ? STRANGER_SIZE_MAX : readSize);
    if (first) this.push(Buffer.from(first));
  }

  /** From now on the socket breaks where too much comes that is not whole, until {@linkcode admit} is called; `size` bytes of it are there already. */
  guard(size: number): void {
    this.#strangeSize = size;
  }

  /** A message of `size` bytes is whole. */
  noteWhole(size: number): void {
    this.#wholeCount++;
    if (this.#strangeSize === undefined) return;
    this.#strangeSize = Math.max(0, this.#strangeSize - size);
    this.#strangePieces = 0;
  }

  /** See {@linkcode Transport.admit}. */
  admit(): void {
    this.#strangeSize = undefined;
    if (this.#arrived.byteLength < READ_SIZE) {
      this.#arrived = new Uint8Array(READ_SIZE);
    }
    this.transport.admit?.();
  }

  /** Reads on, as long as there is room. */
  override async _read(): Promise<void> {
    const arrived = this.#arrived.subarray(0, this.#readSize.size);
    try {
      const size = await this.transport.read(arrived);
      if (size !== null) this.#count(size);
      const startMs = performance.now();
      this.#wholeCount = 0;
      // Of its memory itself: of an array there would be a second copy.
      this.push(
        size === null ? null : Buffer.from(arrived.slice(0, size).buffer),
      );
      this.#readSize.note(performance.now() - startMs, this.#wholeCount);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #count(size: number): void {
    if (this.#strangeSize === undefined) return;
    this.#strangeSize += size;
    this.#strangePieces++;
    const isTooMuch = this.#strangeSize > STRANGER_SIZE_MAX ||
      this.#strangePieces > STRANGER_PIECES_MAX;
    if (isTooMuch) throw strangerError(this.transport.address);
  }

  /** Writes it all before more is taken. */
  override async _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error) => void,
  ): Promise<void> {
    try {
      let offset = 0;
      while (offset < chunk.byteLength) {
        offset += await this.transport.write(chunk.subarray(offset));
      }
    } catch (error) {
      return done(error as Error);
    }
    done();
  }

  /** Writes what came as one in one, where it is small: a frame's header and payload, or an answer's head and body, leave together. */
  override _writev(
    chunks: readonly { chunk: Uint8Array }[],
    done: (error?: Error) => void,
  ): void {
    const parts = chunks.map(({ chunk }) => chunk);
    const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const pieces = size > JOINED_SIZE_MAX ? parts : [concat(parts)];
    const writeNext = (error?: Error): void => {
      const piece = pieces.shift();
      if (error || piece === undefined) return done(error);
      this._write(piece, "buffer", writeNext);
    };
    writeNext();
  }

  /** Ends this side's stream. */
  override _final(done: (error?: Error) => void): void {
    this.transport.closeWrite().then(() => done(), done);
  }

  /** Closes both directions. */
  override _destroy(
    error: Error | null,
    done: (error?: Error | null) => void,
  ): void {
    this.transport.close();
    done(error);
  }

  /** HTTP asks for it; deadlines are kept elsewhere. */
  setTimeout(): this {
    return this;
  }

  /** The transport has seen to it. */
  setNoDelay(): this {
    return this;
  }

  /** The transport has seen to it. */
  setKeepAlive(): this {
    return this;
  }

  /** Has no effect: the program lives as long as its transports. */
  ref(): this {
    return this;
  }

  /** Has no effect, see {@linkcode ref}. */
  unref(): this {
    return this;
  }
}

function strangerError(address: string): LektError {
  return new LektError(
    "LIMIT",
    `Cannot read from ${address}: before it is accepted a message may have ${STRANGER_SIZE_MAX} bytes, in ${STRANGER_PIECES_MAX} pieces at most`,
  );
}
