/**
 * Messages that arrived in one piece: most are of this kind, so they cost little.
 *
 * @module
 */

import { RECORD_SIZE } from "../asm/wire.ts";

/** Numbers in one record. */
export const RECORD_LENGTH = RECORD_SIZE / 4;

/** What such a message counts besides its bytes, so that endless empty ones have a bound too: an object and an `ArrayBuffer`. */
export const WHOLE_OVERHEAD_SIZE = 256;

/** A complete message, in memory that it may share with its neighbours. */
export class WholeMessage {
  /** The sender's id for it. */
  readonly id: number;
  /** Bytes of the message. */
  readonly size: number;
  #buffer: ArrayBuffer;
  #offset: number;

  /** The bytes `offset` to `offset + size` of `buffer`. */
  constructor(id: number, buffer: ArrayBuffer, offset: number, size: number) {
    this.id = id;
    this.size = size;
    this.#buffer = buffer;
    this.#offset = offset;
  }

  /** Its bytes. A view is made only here: it costs more than all the rest of a short message. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, this.#offset, this.size);
  }
}

/**
 * Neighbours that share one copy of what was read, still as the core's records
 * (`asm/wire.ts`): an object for each is made when it is handed over, and is
 * then young enough to cost the garbage collector nothing (40 ns a message
 * where all are made at once and wait, 10 ns so).
 */
export class WholeRun {
  #buffer: ArrayBuffer;
  #start: number;
  #records: Uint32Array;
  #at = 0;

  /** `buffer` is a copy of the receive region from `start` on; `records` are those of the messages in it. */
  constructor(buffer: ArrayBuffer, start: number, records: Uint32Array) {
    this.#buffer = buffer;
    this.#start = start;
    this.#records = records;
  }

  /** The id of the next message. */
  get id(): number {
    return this.#records[this.#at + 1]!;
  }

  /** Whether all messages were taken out. */
  get isEmpty(): boolean {
    return this.#at === this.#records.length;
  }

  /** Bytes of memory that it stands for, until the last message is taken out. */
  get copySize(): number {
    return this.#buffer.byteLength;
  }

  /** Takes out the next message. */
  shift(): WholeMessage {
    const records = this.#records;
    const at = this.#at;
    this.#at = at + RECORD_LENGTH;
    return new WholeMessage(
      records[at + 1]!,
      this.#buffer,
      records[at + 2]! - this.#start,
      records[at + 3]!,
    );
  }
}
