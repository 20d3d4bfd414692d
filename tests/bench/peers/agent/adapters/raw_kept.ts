/**
 * The limit of any `for await` whose messages the application may keep: bare
 * Deno TCP as in `raw_tcp.ts`, read straight to fresh memory, and a view of it
 * for each message. Messages and the parts of long ones have headers, of which
 * only the length is looked at: where the next one begins. Others have the event
 * loop as often as beside lekt. Nothing is limited or checked.
 *
 * @module
 */
import type { Sink } from "../link.ts";
import { JOIN_SIZE, rawAdapter } from "./raw_link.ts";
import { HEADER_SIZE, lengthAt, PartReader, Slice } from "./raw_parts.ts";

/** So many whole messages share one piece of fresh memory: reading to 64 KiB or 1 MiB, or copying out of a reused buffer, is not faster. */
const BLOCK_SIZE = 256 * 1024;

/** Reads on until at least one whole message is there. */
class Blocks {
  readonly #conn: Deno.TcpConn;
  readonly #size: number;
  readonly #slice = new Slice();
  #nextSize: number;
  #block = new Uint8Array();
  #taken = 0;
  #filled = 0;

  /** Messages have `size` bytes: a block ends with one, so that none has to be carried over. */
  constructor(conn: Deno.TcpConn, size: number) {
    this.#conn = conn;
    this.#size = size;
    this.#nextSize = size;
  }

  /** Whether a whole message is there that was not taken; to be asked before each is. */
  get hasNext(): boolean {
    const there = this.#filled - this.#taken;
    if (there < HEADER_SIZE) return false;
    this.#nextSize = lengthAt(this.#block, this.#taken);
    return there >= HEADER_SIZE + this.#nextSize;
  }

  /** Takes it. */
  take(): Uint8Array {
    const start = this.#taken + HEADER_SIZE;
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
      const pause = this.#slice.pause(size === room.length);
      if (pause) await pause;
    } while (!this.hasNext);
    return true;
  }

  #renew(): void {
    const size = HEADER_SIZE + this.#size;
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

/** Messages that come in parts, each in memory of its own, as long as is known here that it will be. */
async function readParts(
  conn: Deno.TcpConn,
  sinkNow: () => Sink,
): Promise<void> {
  const reader = new PartReader(conn);
  for (;;) {
    const { size } = sinkNow();
    const memory = new Uint8Array(size + HEADER_SIZE);
    for (let filled = 0; filled < size;) {
      const read = await reader.read(memory.subarray(filled));
      if (read === null) return;
      filled += read;
    }
    sinkNow().whole(memory.subarray(0, size));
  }
}

async function readKept(
  conn: Deno.TcpConn,
  sinkNow: () => Sink,
): Promise<void> {
  const { size, mode } = sinkNow();
  if (size >= JOIN_SIZE) return await readParts(conn, sinkNow);
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
