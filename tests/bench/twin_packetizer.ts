/**
 * Packetizing in plain TypeScript, made as fast as it can be: the core in WASM
 * is measured beside it. It has the methods of `Packetizer` that are measured.
 *
 * @module
 */
import { copyWords, WORD_COPY_SIZE_MAX } from "./twin_copy.ts";

const HEADER_SIZE = 12;
const MORE = 0x8000_0000;

/** As much as a region for sending of the core. */
const BUFFER_SIZE = 0x4_4000;

/** Messages to packets, in a buffer that is used again. */
export class TwinPacketizer {
  readonly #bytes = new Uint8Array(BUFFER_SIZE);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #partSizeMax: number;
  #fill = 0;
  #nextId = 0;

  /** Takes `maxPartBytes` as `Packetizer` does. */
  constructor(options: { maxPartBytes?: number } = {}) {
    this.#partSizeMax = options.maxPartBytes ?? 0x4_0000;
  }

  /** The packets of a whole message, as many at once as have room. */
  *packetize(message: Uint8Array): Generator<Uint8Array> {
    const partSize = this.#partSizeMax;
    const messageId = this.#takeId();
    const source = new DataView(
      message.buffer,
      message.byteOffset,
      message.length,
    );
    let offset = 0;
    let index = 0;
    let isDone = false;
    while (!isDone) {
      const rest = message.length - offset;
      const roomCount = Math.floor(BUFFER_SIZE / (HEADER_SIZE + partSize));
      isDone = rest <= roomCount * partSize;
      const count = isDone
        ? Math.max(1, Math.ceil(rest / partSize))
        : roomCount;
      this.#fill = 0;
      this.#putParts(messageId, index, count, message, source, offset, isDone);
      offset += count * partSize;
      index += count;
      yield this.#bytes.subarray(0, this.#fill);
    }
  }

  /** Puts a message of one packet behind those put before; false where it has no room. */
  put(message: Uint8Array): boolean {
    const size = message.length;
    const fill = this.#fill;
    if (size > this.#partSizeMax || size > BUFFER_SIZE - fill - HEADER_SIZE) {
      return false;
    }
    this.#putHeader(fill, this.#takeId(), 0, size);
    this.#bytes.set(message, fill + HEADER_SIZE);
    this.#fill = fill + HEADER_SIZE + size;
    return true;
  }

  /** The packets of all messages put since the last call. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#fill);
    this.#fill = 0;
    return bytes;
  }

  #takeId(): number {
    const messageId = this.#nextId;
    this.#nextId = (messageId + 1) >>> 0;
    return messageId;
  }

  #putHeader(
    offset: number,
    messageId: number,
    part: number,
    length: number,
  ): void {
    const view = this.#view;
    view.setUint32(offset, messageId);
    view.setUint32(offset + 4, part);
    view.setUint32(offset + 8, length);
  }

  #putParts(
    messageId: number,
    firstIndex: number,
    count: number,
    message: Uint8Array,
    source: DataView,
    start: number,
    isLast: boolean,
  ): void {
    const partSize = this.#partSizeMax;
    const view = this.#view;
    let from = start;
    let to = 0;
    for (let index = firstIndex; index < firstIndex + count; index++) {
      const size = Math.min(partSize, message.length - from);
      const hasMore = !isLast || index < firstIndex + count - 1;
      view.setUint32(to, messageId);
      view.setUint32(to + 4, hasMore ? index | MORE : index);
      view.setUint32(to + 8, size);
      to += HEADER_SIZE;
      if (size <= WORD_COPY_SIZE_MAX) {
        copyWords(view, to, source, from, size);
      } else {
        this.#bytes.set(message.subarray(from, from + size), to);
      }
      to += size;
      from += size;
    }
    this.#fill = to;
  }
}
