/**
 * Reads a body of unknown size with a look ahead at its beginning.
 *
 * @module
 */

/** Most bodies are small: the first buffer is. */
const FIRST_BUFFER_SIZE = 16 * 1024;

/** A body that fills its first buffer gets one of this size, which is used again and again. */
const BUFFER_SIZE = 256 * 1024;

const NOTHING = new Uint8Array(0);

/** A body that is read in chunks, and whose next bytes can be looked at first. */
export class ByteReader {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer: ArrayBuffer = new ArrayBuffer(FIRST_BUFFER_SIZE);
  #pending: Uint8Array = NOTHING;

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
      this.#pending = NOTHING;
      return pending;
    }
    return await this.#read(NOTHING);
  }

  /**
   * Looks at the next bytes without taking them: all that are here, at least
   * `sizeMin`; fewer only where the body ends before.
   */
  async peek(sizeMin: number): Promise<Uint8Array> {
    while (this.#pending.length < sizeMin) {
      // A copy: the next read uses the memory again.
      const seen = this.#pending.slice();
      const chunk = await this.#read(seen, sizeMin);
      this.#pending = chunk ?? seen;
      if (!chunk) break;
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

  /** Reads behind `seen`, with which the result begins: only that is copied, not what comes. */
  async #read(
    seen: Uint8Array,
    sizeMin = 0,
  ): Promise<Uint8Array | undefined> {
    const from = seen.length;
    // Also where nothing is left of it: its memory is given away now, and nobody may look at it from then on.
    this.#pending = NOTHING;
    if (this.#buffer.byteLength <= Math.max(from, sizeMin - 1)) {
      this.#buffer = new ArrayBuffer(Math.max(BUFFER_SIZE, from + sizeMin));
    }
    const into = new Uint8Array(this.#buffer);
    into.set(seen);
    const { value, done } = await this.#reader.read(into.subarray(from));
    if (!value) return undefined;
    this.#buffer = value.buffer as ArrayBuffer;
    if (done) return undefined;
    const size = from + value.length;
    const bytes = new Uint8Array(this.#buffer, 0, size);
    const isFull = size === this.#buffer.byteLength;
    if (isFull && size < BUFFER_SIZE) {
      this.#buffer = new ArrayBuffer(BUFFER_SIZE);
    }
    return bytes;
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
