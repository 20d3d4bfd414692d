/**
 * Standard input as lines of bytes.
 *
 * @module
 */
import { concat } from "@std/bytes";

const LF = 0x0a;
const CR = 0x0d;

/** A line of up to this many bytes is handed over whole; of a longer one the bytes flow. */
export const WHOLE_LINE_SIZE_MAX = 64 * 1024;

/** One line without its end: its bytes, or, where it is long, chunks of them. */
export type Line = Uint8Array | AsyncIterable<Uint8Array>;

/** Cuts a stream of bytes into lines; LF and CRLF end a line, and so does the end of the stream. */
export class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #isInLongLine = false;

  /** Takes the stream over; its chunks must not be changed later. */
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /**
   * The next line, or `null` at the end. What was not read of a long line is
   * skipped.
   */
  async next(): Promise<Line | null> {
    while (this.#isInLongLine) await this.#lineChunk();
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const chunk = await this.#chunk();
      if (!chunk) {
        return pieces.length > 0 ? concat(pieces) : null;
      }
      const end = chunk.indexOf(LF);
      pieces.push(end < 0 ? chunk : chunk.subarray(0, end));
      if (end >= 0) {
        this.#rest = chunk.subarray(end + 1);
        return withoutCr(pieces.length === 1 ? pieces[0]! : concat(pieces));
      }
      size += chunk.length;
      if (size > WHOLE_LINE_SIZE_MAX) {
        this.#isInLongLine = true;
        return this.#longLine(concat(pieces));
      }
    }
  }

  async #chunk(): Promise<Uint8Array | undefined> {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = new Uint8Array(0);
      return rest;
    }
    for (;;) {
      const { value, done } = await this.#chunks.next();
      if (done) return undefined;
      if (value.length > 0) return value;
    }
  }

  /** A long line; each chunk waits for the next one, because a CR at its end may belong to the line's end. */
  async *#longLine(start: Uint8Array): AsyncGenerator<Uint8Array> {
    let held = start;
    while (this.#isInLongLine) {
      const chunk = await this.#lineChunk();
      const isEnd = !chunk || chunk.length === 0;
      const piece = isEnd && chunk ? withoutCr(held) : held;
      if (piece.length > 0) yield piece;
      if (isEnd) return;
      held = chunk;
    }
    const last = withoutCr(held);
    if (last.length > 0) yield last;
  }

  /** What the next chunk holds of the long line; nothing at the end of the stream. */
  async #lineChunk(): Promise<Uint8Array | undefined> {
    const chunk = await this.#chunk();
    const end = chunk ? chunk.indexOf(LF) : -1;
    if (!chunk || end >= 0) this.#isInLongLine = false;
    if (!chunk || end < 0) return chunk;
    this.#rest = chunk.subarray(end + 1);
    return chunk.subarray(0, end);
  }
}

function withoutCr(line: Uint8Array): Uint8Array {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}
