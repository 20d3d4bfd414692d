/**
 * Long messages over bare TCP as lekt's wire has them, in parts that each have
 * a header, and the event loop shared with others as lekt shares it: what the
 * limits must do too.
 *
 * @module
 */
import { yieldToArrivals } from "../../../../../src/transport/yield.ts";

/** Bytes before each part, as before each message that is not long. */
export const HEADER_SIZE = 12;
const LENGTH_OFFSET = 8;

/** Bytes of the longest part (`PROTOCOL.md`, section 5). */
const PART_SIZE = 256 * 1024;

/** So much of a part is written with its header; the rest from where it lies (all of it copied and written at once: a tenth less at 1 MiB). */
const BEGIN_SIZE = 8 * 1024;

/** The length of the payload is in the last four of twelve bytes. */
export function putHeader(
  memory: Uint8Array,
  at: number,
  { length }: Uint8Array,
): void {
  for (let i = 0; i < LENGTH_OFFSET; i++) memory[at + i] = 0;
  memory[at + LENGTH_OFFSET] = length >>> 24;
  memory[at + LENGTH_OFFSET + 1] = length >>> 16;
  memory[at + LENGTH_OFFSET + 2] = length >>> 8;
  memory[at + LENGTH_OFFSET + 3] = length;
}

/** What {@linkcode putHeader} has put there. */
export function lengthAt(memory: Uint8Array, at: number): number {
  return (memory[at + LENGTH_OFFSET]! << 24 |
    memory[at + LENGTH_OFFSET + 1]! << 16 |
    memory[at + LENGTH_OFFSET + 2]! << 8 |
    memory[at + LENGTH_OFFSET + 3]!) >>> 0;
}

/** Writes all of `bytes`. */
export async function writeAll(
  conn: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  let written = await conn.write(bytes);
  while (written < bytes.length) {
    written += await conn.write(bytes.subarray(written));
  }
}

/** Reads until `memory` is full. */
export async function readWhole(
  conn: Deno.Conn,
  memory: Uint8Array,
): Promise<void> {
  for (let filled = 0; filled < memory.length;) {
    const size = await conn.read(memory.subarray(filled));
    if (size === null) throw new Error("Cannot read: the stream has ended");
    filled += size;
  }
}

/** Writes payload in parts, one call at a time. */
export class PartWriter {
  readonly #conn: Deno.Conn;
  readonly #begin: Uint8Array<ArrayBuffer> = new Uint8Array(
    HEADER_SIZE + BEGIN_SIZE,
  );

  /** Writes to `conn`. */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Writes all of `payload`. */
  async write(payload: Uint8Array): Promise<void> {
    for (let at = 0; at < payload.length; at += PART_SIZE) {
      const part = payload.subarray(at, at + PART_SIZE);
      putHeader(this.#begin, 0, part);
      const begin = part.subarray(0, BEGIN_SIZE);
      this.#begin.set(begin, HEADER_SIZE);
      await writeAll(
        this.#conn,
        this.#begin.subarray(0, HEADER_SIZE + begin.length),
      );
      if (part.length > BEGIN_SIZE) {
        await writeAll(this.#conn, part.subarray(BEGIN_SIZE));
      }
    }
  }
}

/** Reads the payload of parts straight to where it is wanted. */
export class PartReader {
  readonly #conn: Deno.Conn;
  readonly #slice = new Slice();
  readonly #header: Uint8Array<ArrayBuffer> = new Uint8Array(HEADER_SIZE);
  #headerFilled = 0;
  #missing = 0;

  /** Reads from `conn`. */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Reads some payload to the start of `memory`; the next header may come to lie behind it there. Resolves with its size; `null` at the end of the stream. */
  async read(memory: Uint8Array): Promise<number | null> {
    if (this.#missing === 0 && !await this.#readHeader()) return null;
    const room = memory.subarray(0, this.#missing + HEADER_SIZE);
    const size = await this.#conn.read(room);
    if (size === null) throw new Error("Cannot read: a part is cut short");
    const payloadSize = Math.min(size, this.#missing);
    this.#missing -= payloadSize;
    this.#header.set(room.subarray(payloadSize, size));
    this.#headerFilled = size - payloadSize;
    const pause = this.#slice.pause(size === room.length);
    if (pause) await pause;
    return payloadSize;
  }

  async #readHeader(): Promise<boolean> {
    while (this.#headerFilled < HEADER_SIZE) {
      const rest = this.#header.subarray(this.#headerFilled);
      const size = await this.#conn.read(rest);
      if (size === null) return false;
      this.#headerFilled += size;
    }
    this.#headerFilled = 0;
    this.#missing = lengthAt(this.#header, 0);
    return true;
  }
}

/** So long a reader goes on, in milliseconds. */
const SLICE_MS = 2;

/** The time for which a reader keeps the event loop to itself: in Deno, reads of what is there already let nobody else have a turn. */
export class Slice {
  #startMs: number = performance.now();

  /** What to await between two reads; a read that was not filled makes the next one wait anyway. */
  pause(wasFilled: boolean): Promise<void> | undefined {
    const isOver = wasFilled && performance.now() - this.#startMs > SLICE_MS;
    return isOver ? this.#pause() : undefined;
  }

  async #pause(): Promise<void> {
    await yieldToArrivals();
    this.#startMs = performance.now();
  }
}
