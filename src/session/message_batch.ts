/**
 * Messages that arrived in one piece: most are of this kind, so they cost little.
 *
 * @module
 */
import { RECORD_SIZE } from "../../asm/wire.ts";

/** What a batch counts besides its bytes and records, so that endless short ones have a bound too: objects and an `ArrayBuffer`. */
const BATCH_OVERHEAD_SIZE = 512;

/** Up to this size the bytes of neighbouring messages share one copy: an allocation for each would cost more than the copy. */
const SHARED_SIZE_MAX = 4 * 1024;

/** Bytes of such a copy, at most, for one message that is kept keeps all of it alive: with 16 KiB messages of 64 B and of 1 KiB take a quarter more time. */
const SHARED_COPY_SIZE = 64 * 1024;

/** From this size on a message shares with no more than so many times its own bytes, which costs it little. */
const LARGE_SIZE_MIN = 2 * 1024;
const LARGE_COPY_RATIO = 8;

/** Numbers in one record. */
export const RECORD_LENGTH = RECORD_SIZE / 4;

/** Copied records; few are copied to an array, for a typed array takes 0.8 µs to make. */
export type Records = number[] | Uint32Array;

/** Numbers of records that are few. */
const FEW_LENGTH = 8 * RECORD_LENGTH;

/** A copy of records that are on loan, for all the batches made from them. */
export function copyRecords(records: Uint32Array): Records {
  if (records.length > FEW_LENGTH) return records.slice();
  const few: number[] = [];
  for (let at = 0; at < records.length; at++) few.push(records[at]!);
  return few;
}

/** The end of the records, from `at` on, of messages that share one copy. */
export function endOfCopy(records: Records, at: number): number {
  const start = records[at + 2]!;
  const firstSize = records[at + 3]!;
  let end = at + RECORD_LENGTH;
  if (firstSize > SHARED_SIZE_MAX) return end;
  let copySizeMax = copySizeMaxOf(firstSize);
  while (end < records.length) {
    const size = records[end + 3]!;
    if (size > SHARED_SIZE_MAX) break;
    copySizeMax = Math.min(copySizeMax, copySizeMaxOf(size));
    if (records[end + 2]! + size - start > copySizeMax) break;
    end += RECORD_LENGTH;
  }
  return end;
}

/** Bytes of a copy in which a message of this size is, at most. */
function copySizeMaxOf(size: number): number {
  return size < LARGE_SIZE_MIN ? SHARED_COPY_SIZE : LARGE_COPY_RATIO * size;
}

/**
 * Complete messages that lie behind each other in one copy of what was read,
 * still as the core's records (`asm/wire.ts`). There is no object for each: a
 * message is an index here.
 */
export class MessageBatch {
  #memory: Uint8Array<ArrayBuffer>;
  #start: number;
  #records: Records;
  #at: number;
  #end: number;
  #next: number;

  /** `copy` is what was read from `start` to the end of the last message, or further; the records of the messages are those of `records` from `at` to `end`. */
  constructor(
    copy: Uint8Array<ArrayBuffer>,
    start: number,
    records: Records,
    at = 0,
    end: number = records.length,
  ) {
    this.#memory = copy;
    this.#start = start;
    this.#records = records;
    this.#at = at;
    this.#end = end;
    this.#next = at;
  }

  /** A copy of the messages whose records are those from `at` to `end`, and that lie in `region`. */
  static copyOf(
    region: Uint8Array,
    records: Records,
    at: number,
    end: number,
  ): MessageBatch {
    const start = records[at + 2]!;
    const last = end - RECORD_LENGTH;
    const copyEnd = records[last + 2]! + records[last + 3]!;
    // Not by `slice`, which clears the memory first (9.1 against 6.5 GB/s).
    const copy = new Uint8Array(region.subarray(start, copyEnd));
    return new MessageBatch(copy, start, records, at, end);
  }

  /** How many messages there were. */
  get count(): number {
    return (this.#end - this.#at) / RECORD_LENGTH;
  }

  /** Where the last message ends in what was read. */
  get endOffset(): number {
    return this.#records[this.#end - 2]! + this.#records[this.#end - 1]!;
  }

  /** The index of the next message to be taken out. */
  get next(): number {
    return this.#next;
  }

  /** Whether all messages were taken out. */
  get isEmpty(): boolean {
    return this.#next === this.#end;
  }

  /** Bytes that it counts until its last message was taken out, for until then it keeps all of its memory. */
  get heldSize(): number {
    return this.#memory.length + this.count * RECORD_SIZE + BATCH_OVERHEAD_SIZE;
  }

  /** These messages and those of `next`, where they may share a copy, and where `next` has as many at least: so each is copied a few times, however many follow. Nobody has taken any out. */
  joined(next: MessageBatch): MessageBatch | undefined {
    const isLarge = this.heldSize + next.heldSize > SHARED_COPY_SIZE;
    if (isLarge || this.count > next.count) return undefined;
    const { length } = this.#memory;
    const records = new Uint32Array(
      (this.count + next.count) * RECORD_LENGTH,
    );
    this.#copyRecords(records, 0, 0);
    next.#copyRecords(records, this.#end - this.#at, length);
    if (endOfCopy(records, 0) < records.length) return undefined;
    const memory = new Uint8Array(length + next.#memory.length);
    memory.set(this.#memory);
    memory.set(next.#memory, length);
    return new MessageBatch(memory, 0, records);
  }

  /** Takes out the next message; returns its index. */
  shift(): number {
    const index = this.#next;
    this.#next = index + RECORD_LENGTH;
    return index;
  }

  /** The sender's id for the message at `index`. */
  idAt(index: number): number {
    return this.#records[index + 1]!;
  }

  /** Bytes of the message at `index`. */
  sizeAt(index: number): number {
    return this.#records[index + 3]!;
  }

  /** The bytes of the message at `index`. A view is made only here: it costs more than all the rest of a short message. */
  bytesAt(index: number): Uint8Array<ArrayBuffer> {
    const size = this.sizeAt(index);
    if (size === this.#memory.length) return this.#memory;
    const { buffer, byteOffset } = this.#memory;
    const offset = byteOffset + this.#records[index + 2]! - this.#start;
    return new Uint8Array(buffer, offset, size);
  }

  /** Puts its records to `at` of `into`, as of messages whose copy begins at `start`. */
  #copyRecords(into: Uint32Array, at: number, start: number): void {
    const shift = start - this.#start;
    for (let from = this.#at; from < this.#end; from += RECORD_LENGTH) {
      into[at + 1] = this.#records[from + 1]!;
      into[at + 2] = this.#records[from + 2]! + shift;
      into[at + 3] = this.#records[from + 3]!;
      at += RECORD_LENGTH;
    }
  }
}
