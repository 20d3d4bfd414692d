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
import type { Transport } from "./transport.ts";

/** Bytes of one read. */
const READ_SIZE = 64 * 1024;

/** Bytes that are sooner copied together than written one piece after the other. */
const JOINED_SIZE_MAX = 16 * 1024;
/** A Node socket over a {@linkcode Transport}, which it owns. */
export class TransportSocket extends Duplex {
  /** What is underneath. */
  readonly transport: Transport;
  readonly #arrived = new Uint8Array(READ_SIZE);

  /** Puts a socket round `transport`. */
  constructor(transport: Transport) {
    super({ allowHalfOpen: true });
    this.transport = transport;
  }

  /** Reads on, as long as there is room. */
  override async _read(): Promise<void> {
    try {
      const size = await this.transport.read(this.#arrived);
      this.push(
        size === null ? null : Buffer.from(this.#arrived.slice(0, size)),
      );
    } catch (error) {
      this.destroy(error as Error);
    }
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
