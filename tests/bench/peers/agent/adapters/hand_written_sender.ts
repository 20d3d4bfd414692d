/**
 * The sending half of the LEKT wire by hand: short messages behind each other
 * into one buffer while the other is written, long ones from where they lie.
 *
 * @module
 */
import {
  type Buffer,
  HEADER_SIZE,
  MORE,
  newBuffer,
  PART_SIZE,
} from "./hand_written_wire.ts";
import { writeAll } from "./raw_parts.ts";

/** Room for the longest part and for short messages behind it. */
const BUFFER_SIZE = PART_SIZE + 64 * 1024;
/** So much of a part is written with its header. */
const BEGIN_SIZE = 8 * 1024;

/** The sending half. */
export class Sender {
  readonly #conn: Deno.TcpConn;
  #filling: Buffer | undefined;
  #spare: Buffer | undefined;
  #filled = 0;
  #begin: Buffer | undefined;
  #nextId = 0;
  #writing: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  /** Writes to `conn`. */
  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** A promise where there is no room, or where the message is long. */
  send(payload: Uint8Array): Promise<void> | undefined {
    if (payload.length > PART_SIZE) return this.#sendLong(payload);
    const buffer = this.#filling ??= newBuffer(BUFFER_SIZE);
    const at = this.#filled;
    const end = at + HEADER_SIZE + payload.length;
    if (end > BUFFER_SIZE) return this.#sendLater(payload);
    putHeader(buffer.view, at, this.#nextId++, 0, payload.length);
    buffer.bytes.set(payload, at + HEADER_SIZE);
    this.#filled = end;
    this.#running ??= this.#run();
    return undefined;
  }

  /** Resolves when all was written. */
  flush(): Promise<void> | undefined {
    return this.#running;
  }

  /** A part a chunk. */
  async sendStream(
    chunks: AsyncIterable<Uint8Array>,
    size: number,
  ): Promise<void> {
    const id = this.#nextId++;
    let rest = size;
    let index = 0;
    for await (const chunk of chunks) {
      rest -= chunk.length;
      await this.#sendPart(id, rest > 0 ? index | MORE : index, chunk);
      index += 1;
    }
  }

  async #sendLong(payload: Uint8Array): Promise<void> {
    const id = this.#nextId++;
    const last = Math.ceil(payload.length / PART_SIZE) - 1;
    for (let index = 0; index <= last; index++) {
      const at = index * PART_SIZE;
      const part = payload.subarray(at, at + PART_SIZE);
      await this.#sendPart(id, index < last ? index | MORE : index, part);
    }
  }

  async #sendLater(payload: Uint8Array): Promise<void> {
    await this.#writing;
    await this.send(payload);
  }

  async #sendPart(id: number, part: number, payload: Uint8Array) {
    await this.#running;
    this.#running = this.#writePart(id, part, payload);
    await this.#running;
  }

  async #writePart(id: number, part: number, payload: Uint8Array) {
    const { view, bytes } = this.#begin ??= newBuffer(HEADER_SIZE + BEGIN_SIZE);
    const begin = payload.subarray(0, BEGIN_SIZE);
    putHeader(view, 0, id, part, payload.length);
    bytes.set(begin, HEADER_SIZE);
    const head = bytes.subarray(0, HEADER_SIZE + begin.length);
    await writeAll(this.#conn, head);
    if (payload.length > BEGIN_SIZE) {
      await writeAll(this.#conn, payload.subarray(BEGIN_SIZE));
    }
    // What was sent meanwhile goes before the next part.
    await this.#run();
  }

  async #run(): Promise<void> {
    await undefined;
    while (this.#filled > 0) {
      const full = this.#filling!;
      const size = this.#filled;
      this.#filling = this.#spare;
      this.#spare = full;
      this.#filled = 0;
      this.#writing = writeAll(this.#conn, full.bytes.subarray(0, size));
      await this.#writing;
    }
    this.#running = undefined;
  }
}

function putHeader(
  view: DataView,
  at: number,
  id: number,
  part: number,
  length: number,
): void {
  view.setUint32(at, id);
  view.setUint32(at + 4, part);
  view.setUint32(at + 8, length);
}
