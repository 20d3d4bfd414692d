/**
 * The receiving half of the LEKT wire by hand: headers in one pass over what a
 * read has brought, the payload of long messages straight to its place.
 *
 * @module
 */
import type { PartSink, Sink } from "../link.ts";
import {
  broken,
  type Buffer,
  HEADER_SIZE,
  MORE,
  newBuffer,
} from "./hand_written_wire.ts";

const READ_SIZE = 256 * 1024;
/** Kept messages share memory of this size. */
const BLOCK_SIZE = 64 * 1024;
/** A block with less room than this is read to no more. */
const ROOM_MIN = 8 * 1024;
/** Payload from this size on is read to its place. */
const LONG_SIZE = 32 * 1024;
/** The memory of a kept message of unknown length begins with so many times its first part, and grows so. */
const GROWTH = 4;

/** A long message under way. */
interface OpenMessage {
  /** Takes bytes that lie elsewhere. */
  put(bytes: Uint8Array): void;
  /** Memory for the next `size` bytes, or for some of them. */
  room(size: number): Uint8Array;
  /** So much of it was filled. */
  fill(size: number): void;
  end(): void;
}

class KeptMessage implements OpenMessage {
  readonly #sink: Sink;
  #memory: Uint8Array<ArrayBuffer>;
  #filled = 0;

  /** Begins with so much memory. */
  constructor(sink: Sink, capacity: number) {
    this.#sink = sink;
    this.#memory = new Uint8Array(capacity + HEADER_SIZE);
  }

  put(bytes: Uint8Array): void {
    this.room(bytes.length).set(bytes);
    this.fill(bytes.length);
  }

  room(size: number): Uint8Array {
    const end = this.#filled + size;
    if (end > this.#memory.length) {
      const capacity = GROWTH * (this.#memory.length - HEADER_SIZE);
      const memory = new Uint8Array(capacity + HEADER_SIZE);
      memory.set(this.#memory.subarray(0, this.#filled));
      this.#memory = memory;
    }
    return this.#memory.subarray(this.#filled, end);
  }

  fill(size: number): void {
    this.#filled += size;
  }

  end(): void {
    this.#sink.whole(this.#memory.subarray(0, this.#filled));
  }
}

class LentMessage implements OpenMessage {
  readonly #parts: PartSink;
  readonly #memory: Uint8Array;

  /** Bytes come to `memory`, and are handed over before it is used again. */
  constructor(sink: Sink, memory: Uint8Array) {
    this.#parts = sink.open();
    this.#memory = memory;
  }

  put(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#parts.part(bytes);
  }

  room(size: number): Uint8Array {
    return this.#memory.subarray(0, size);
  }

  fill(size: number): void {
    this.#parts.part(this.#memory.subarray(0, size));
  }

  end(): void {
    this.#parts.end();
  }
}

/** The receiving half. */
export class Receiver {
  readonly #conn: Deno.TcpConn;
  readonly #isKept: boolean;
  readonly #open = new Map<number, OpenMessage>();
  #buffer: Buffer;
  /** Of the buffer, what has come and was not taken. */
  #start = 0;
  #end = 0;
  #isGiven = false;

  /** Reads from `conn`; the application keeps messages, or not. */
  constructor(conn: Deno.TcpConn, isKept: boolean) {
    this.#conn = conn;
    this.#isKept = isKept;
    this.#buffer = newBuffer(isKept ? BLOCK_SIZE : READ_SIZE);
  }

  /** Reads until the stream ends. */
  async readAll(sinkNow: () => Sink): Promise<void> {
    for (;;) {
      this.#makeRoom();
      const room = this.#buffer.bytes.subarray(this.#end);
      const size = await this.#conn.read(room);
      if (size === null) return;
      this.#end += size;
      const sink = sinkNow();
      while (this.#takeShort(sink)) await this.#takeLong(sink);
    }
  }

  /** What was not taken goes to the start, of another buffer where this one was given away. */
  #makeRoom(): void {
    const { bytes } = this.#buffer;
    const isFull = bytes.length - this.#end < ROOM_MIN;
    if (this.#isKept ? !isFull : this.#start === 0) return;
    const rest = bytes.subarray(this.#start, this.#end);
    if (this.#isGiven) this.#buffer = newBuffer(BLOCK_SIZE);
    this.#buffer.bytes.set(rest);
    this.#isGiven = false;
    this.#start = 0;
    this.#end = rest.length;
  }

  /** All short messages that are whole; tells whether a part of a long one is next. */
  #takeShort(sink: Sink): boolean {
    const { bytes, view } = this.#buffer;
    const { buffer } = bytes;
    const isKept = this.#isKept;
    const end = this.#end;
    let at = this.#start;
    let isLong = false;
    while (end - at >= HEADER_SIZE) {
      const length = view.getUint32(at + 8);
      isLong = length >= LONG_SIZE || view.getUint32(at + 4) !== 0;
      const payloadAt = at + HEADER_SIZE;
      if (isLong || end - payloadAt < length) break;
      // Only those of the size that is known on both ends can be lent.
      if (!isKept && length === sink.size) sink.lent(bytes, payloadAt);
      else sink.whole(new Uint8Array(buffer, payloadAt, length));
      at = payloadAt + length;
    }
    if (isKept && at > this.#start) this.#isGiven = true;
    this.#start = at;
    return isLong;
  }

  /** One part, the payload straight to its place. */
  async #takeLong(sink: Sink): Promise<void> {
    const { bytes, view } = this.#buffer;
    const at = this.#start;
    const id = view.getUint32(at);
    const part = view.getUint32(at + 4);
    const length = view.getUint32(at + 8);
    const end = at + HEADER_SIZE + length;
    const open = this.#open.get(id) ?? this.#begin(sink, length, part > 0);
    open.put(bytes.subarray(at + HEADER_SIZE, Math.min(end, this.#end)));
    this.#start = Math.min(end, this.#end);
    let missing = end - this.#start;
    while (missing > 0) {
      const room = open.room(missing + HEADER_SIZE);
      const size = await this.#conn.read(room) ?? broken();
      const filled = Math.min(size, missing);
      open.fill(filled);
      missing -= filled;
      // The beginning of the next header.
      bytes.set(room.subarray(filled, size), at);
      this.#start = at;
      this.#end = at + size - filled;
    }
    if (part >= MORE) this.#open.set(id, open);
    else {
      this.#open.delete(id);
      open.end();
    }
  }

  #begin(sink: Sink, length: number, isCut: boolean): OpenMessage {
    return this.#isKept
      ? new KeptMessage(sink, isCut ? GROWTH * length : length)
      : new LentMessage(sink, this.#buffer.bytes);
  }
}
