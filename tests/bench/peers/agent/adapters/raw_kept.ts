/**
 * The limit of any `for await` whose messages the application may keep: bare
 * Deno TCP as in `raw_tcp.ts`, read straight to fresh memory, and a view of it
 * for each message. Messages have headers, of which only the length is looked
 * at: where the next one begins. Nothing is limited or checked.
 *
 * @module
 */
import type { Sink } from "../link.ts";
import { HEADER_SIZE, JOIN_SIZE, lengthAt, rawAdapter } from "./raw_link.ts";

/** So many whole messages share one piece of fresh memory: reading to 64 KiB or 1 MiB, or copying out of a reused buffer, is not faster. */
const BLOCK_SIZE = 256 * 1024;

/** Reads on until at least one whole message is there. */
class Blocks {
  readonly #conn: Deno.TcpConn;
  readonly #size: number;
  readonly #headerSize: number;
  #nextSize: number;
  #block = new Uint8Array();
  #taken = 0;
  #filled = 0;

  /** Messages have `size` bytes: a block ends with one, so that none has to be carried over. */
  constructor(conn: Deno.TcpConn, size: number) {
    this.#conn = conn;
    this.#size = size;
    this.#nextSize = size;
    this.#headerSize = size < JOIN_SIZE ? HEADER_SIZE : 0;
  }

  /** Whether a whole message is there that was not taken; to be asked before each is. */
  get hasNext(): boolean {
    const there = this.#filled - this.#taken;
    if (this.#headerSize > 0) {
      if (there < this.#headerSize) return false;
      this.#nextSize = lengthAt(this.#block, this.#taken);
    }
    return there >= this.#headerSize + this.#nextSize;
  }

  /** Takes it. */
  take(): Uint8Array {
    const start = this.#taken + this.#headerSize;
    this.#taken = start + this.#nextSize;
    return new Uint8Array(this.#block.buffer, start, this.#nextSize);
  }

  /** `false`: the stream has ended. */
  async read(): Promise<boolean> {
    do {
      if (this.#filled === this.#block.length) this.#renew();
      const room = this.#block.subarray(this.#filled);
      const size = await this.#conn.read(room);
      if (size === null) return false;
      this.#filled += size;
    } while (!this.hasNext);
    return true;
  }

  #renew(): void {
    const size = this.#headerSize + this.#size;
    const count = Math.max(1, Math.floor(BLOCK_SIZE / size));
    this.#block = new Uint8Array(count * size);
    this.#taken = 0;
    this.#filled = 0;
  }
}

/** Written by hand: an async generator costs twice as much. */
class Messages implements AsyncIterableIterator<Uint8Array> {
  readonly #blocks: Blocks;

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#blocks.hasNext) return this.#nextRead();
    return Promise.resolve({ done: false, value: this.#blocks.take() });
  }

  async #nextRead(): Promise<IteratorResult<Uint8Array>> {
    return await this.#blocks.read()
      ? { done: false, value: this.#blocks.take() }
      : { done: true, value: undefined };
  }
}

async function* batches(blocks: Blocks): AsyncGenerator<Uint8Array[]> {
  while (await blocks.read()) {
    const batch: Uint8Array[] = [];
    while (blocks.hasNext) batch.push(blocks.take());
    yield batch;
  }
}

async function readKept(
  conn: Deno.TcpConn,
  sinkNow: () => Sink,
): Promise<void> {
  const { size, mode } = sinkNow();
  const blocks = new Blocks(conn, size);
  if (mode === "batch") {
    for await (const batch of batches(blocks)) {
      const sink = sinkNow();
      for (const message of batch) sink.whole(message);
    }
  } else {
    for await (const message of new Messages(blocks)) sinkNow().whole(message);
  }
}

/** Raw Deno TCP whose messages are kept. */
export const adapter = rawAdapter({
  readAll: readKept,
  isFramed: true,
  isIndirect: true,
});
