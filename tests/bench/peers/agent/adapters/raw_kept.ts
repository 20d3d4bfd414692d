/**
 * The limit of any `for await` whose messages the application may keep: bare
 * Deno TCP as in `raw_tcp.ts`, read straight to fresh memory, and a view of it
 * for each message. Nothing is framed, limited or checked.
 *
 * @module
 */
import type { Sink } from "../link.ts";
import { rawAdapter } from "./raw_link.ts";

/** So many whole messages share one piece of fresh memory: reading to 64 KiB or 1 MiB, or copying out of a reused buffer, is not faster. */
const BLOCK_SIZE = 256 * 1024;

/** Reads on until at least one whole message is there. */
class Blocks {
  readonly #conn: Deno.TcpConn;
  readonly #size: number;
  #block = new Uint8Array();
  #taken = 0;
  #filled = 0;

  /** Messages have `size` bytes. */
  constructor(conn: Deno.TcpConn, size: number) {
    this.#conn = conn;
    this.#size = size;
  }

  /** Whole messages that are there and were not taken. */
  get count(): number {
    return Math.floor((this.#filled - this.#taken) / this.#size);
  }

  /** Takes one of them. */
  take(): Uint8Array {
    const { buffer } = this.#block;
    const message = new Uint8Array(buffer, this.#taken, this.#size);
    this.#taken += this.#size;
    return message;
  }

  /** `false`: the stream has ended. */
  async read(): Promise<boolean> {
    do {
      if (this.#filled === this.#block.length) this.#renew();
      const room = this.#block.subarray(this.#filled);
      const size = await this.#conn.read(room);
      if (size === null) return false;
      this.#filled += size;
    } while (this.count === 0);
    return true;
  }

  /** A block ends with a whole message: none has to be carried over. */
  #renew(): void {
    const count = Math.max(1, Math.floor(BLOCK_SIZE / this.#size));
    this.#block = new Uint8Array(count * this.#size);
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
    if (this.#blocks.count === 0) return this.#nextRead();
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
    yield Array.from({ length: blocks.count }, () => blocks.take());
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
export const adapter = rawAdapter({ readAll: readKept, isIndirect: true });
