/**
 * Reads a body of unknown size with a look ahead at its beginning.
 *
 * @module
 */

import { concat } from "@std/bytes";

/** Most bodies are small: the first buffer is. */
const FIRST_BUFFER_SIZE = 16 * 1024;

/** A body that fills its first buffer gets one of this size, which is used again and again. */
const BUFFER_SIZE = 256 * 1024;

/** A body that is read in chunks, and whose next bytes can be looked at first. */
export class ByteReader {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer: ArrayBuffer = new ArrayBuffer(FIRST_BUFFER_SIZE);
  #pending: Uint8Array = new Uint8Array(0);

  /** Takes the body over: nobody else reads it from now on. */
  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader({ mode: "byob" });
  }

  /**
   * The next chunk, at least one byte, or `undefined` at the end. It is valid
   * until the next call: its memory is used again.
   */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#pending.length > 0) {
      const pending = this.#pending;
      this.#pending = new Uint8Array(0);
      return pending;
    }
    const { value, done } = await this.#reader.read(
      new Uint8Array(this.#buffer),
    );
    if (value) {
      const isFull = value.length === value.buffer.byteLength;
      this.#buffer = isFull && value.length < BUFFER_SIZE
        ? new ArrayBuffer(BUFFER_SIZE)
        : value.buffer as ArrayBuffer;
    }
    return done || !value ? undefined : value;
  }

  /**
   * Looks at the next bytes without taking them: all that are here, at least
   * `sizeMin`; fewer only where the body ends before.
   */
  async peek(sizeMin: number): Promise<Uint8Array> {
    while (this.#pending.length < sizeMin) {
      // A copy: the next read uses the memory again.
      const seen = this.#pending.slice();
      this.#pending = new Uint8Array(0);
      const chunk = await this.next();
      if (!chunk) {
        this.#pending = seen;
        break;
      }
      this.#pending = seen.length === 0 ? chunk : concat([seen, chunk]);
    }
    return this.#pending;
  }

  /** The next chunk, but no more than `sizeMax` bytes of it, at least 1; otherwise as {@linkcode next}. */
  async take(sizeMax: number): Promise<Uint8Array | undefined> {
    const chunk = await this.next();
    if (!chunk || chunk.length <= sizeMax) return chunk;
    this.#pending = chunk.subarray(sizeMax);
    return chunk.subarray(0, sizeMax);
  }

  /** Takes `size` bytes that {@linkcode peek} has shown. */
  skip(size: number): void {
    this.#pending = this.#pending.subarray(size);
  }

  /** Lets the rest of the body be dropped; never throws. */
  async cancel(): Promise<void> {
    try {
      await this.#reader.cancel();
    } catch {
      // A body that has failed has nothing left to drop.
    }
  }
}
