/**
 * Packetizing in plain TypeScript, made as fast as it can be: the core in WASM
 * is measured beside it. It has the methods of `Packetizer` that are measured.
 *
 * @module
 */
import { WORD_COPY_SIZE_MAX } from "./twin_copy.ts";

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
    const roomCount = Math.floor(BUFFER_SIZE / (HEADER_SIZE + partSize));
    // All parts but the last one have MORE and are of one size.
    let restCount = Math.max(0, Math.ceil(message.length / partSize) - 1);
    let index = 0;
    while (restCount >= roomCount) {
      this.#putParts(messageId, index, roomCount, message, source);
      index += roomCount;
      restCount -= roomCount;
      yield this.#bytes.subarray(0, this.#fill);
    }
    this.#putParts(messageId, index, restCount, message, source);
    index += restCount;
    const last = message.subarray(index * partSize);
    this.#putHeader(this.#fill, messageId, index, last.length);
    this.#bytes.set(last, this.#fill + HEADER_SIZE);
    yield this.#bytes.subarray(0, this.#fill + HEADER_SIZE + last.length);
    this.#fill = 0;
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

  /** Puts `count` parts with MORE; what is measured is this loop, so nothing in it is a call that could be left out. */
  #putParts(
    messageId: number,
    firstIndex: number,
    count: number,
    message: Uint8Array,
    source: DataView,
  ): void {
    const size = this.#partSizeMax;
    const view = this.#view;
    const endIndex = firstIndex + count;
    let from = firstIndex * size;
    let to = 0;
    for (let index = firstIndex; index < endIndex; index++) {
      view.setUint32(to, messageId);
      view.setUint32(to + 4, index | MORE);
      view.setUint32(to + 8, size);
      to += HEADER_SIZE;
      const end = from + size;
      if (size > WORD_COPY_SIZE_MAX) {
        this.#bytes.set(message.subarray(from, end), to);
        to += size;
        from = end;
        continue;
      }
      for (const wideEnd = end - 31; from < wideEnd; from += 32, to += 32) {
        view.setBigUint64(to, source.getBigUint64(from, true), true);
        view.setBigUint64(to + 8, source.getBigUint64(from + 8, true), true);
        view.setBigUint64(to + 16, source.getBigUint64(from + 16, true), true);
        view.setBigUint64(to + 24, source.getBigUint64(from + 24, true), true);
      }
      for (; from < end; from++, to++) {
        view.setUint8(to, source.getUint8(from));
      }
    }
    this.#fill = to;
  }
}
