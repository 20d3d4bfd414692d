/**
 * Messages of one packet each, read straight to a block of memory that they share: what
 * comes where many messages of 1 to 64 KiB follow each other.
 *
 * @module
 */
import { PACKET_HEADER_SIZE } from "../../asm/wire.ts";
import {
  endOf,
  singlePacketRecords,
  singlePacketSizeAt,
} from "./small_message_reader.ts";
import { MessageBatch } from "./message_batch.ts";

/** Shorter messages are copied: the core finds them faster (64 B: 15 %), and they would keep much more memory alive than they have bytes. */
export const SHARED_MESSAGE_SIZE_MIN = 1024;

/** The longest messages that share a block. */
export const SHARED_MESSAGE_SIZE_MAX = 64 * 1024;

/** Bytes of a block, at most: room for four of the longest messages (with three, 64 KiB come a tenth slower; with eight hardly faster). */
export const SHARED_BLOCK_SIZE = 4 *
  (PACKET_HEADER_SIZE + SHARED_MESSAGE_SIZE_MAX);

/** Reads that bring so much are a flow; where they bring less, too much of a block would be kept alive for too little. */
const FLOW_SIZE_MIN = 128 * 1024;

/**
 * Reads to blocks of fresh memory, and hands the messages in them out as views:
 * to copy each, as shorter ones are, takes a tenth to a sixth of the receiver's
 * time. What a read brings of the next message is carried to the next block.
 */
export class SharedBlockReader {
  #messageSizeMax: number;
  #expectedSize = 0;
  #block: Uint8Array<ArrayBuffer> | undefined;
  #start = 0;
  #end = 0;

  /** Takes messages of at most `messageSizeMax` bytes: longer ones may be handed over before they are whole. */
  constructor(messageSizeMax: number) {
    this.#messageSizeMax = Math.min(messageSizeMax, SHARED_MESSAGE_SIZE_MAX);
  }

  /** Whether the next read goes on here. */
  get isReading(): boolean {
    return this.#block !== undefined;
  }

  /** Whether reading here is worth while: to begin as soon as nothing is incomplete, or to go on. */
  get isWanted(): boolean {
    return this.#expectedSize > 0;
  }

  /** Says that a read to another place brought `readSize` bytes and ended inside a message of one packet, of `messageSize` bytes. */
  expect(readSize: number, messageSize: number): void {
    const isFlow = readSize >= FLOW_SIZE_MIN && this.#isOfSize(messageSize);
    this.#expectedSize = isFlow ? messageSize : 0;
  }

  /** Memory for the next read, which goes on or begins between two packets. */
  lend(): Uint8Array<ArrayBuffer> {
    this.#block ??= makeBlock(this.#expectedSize);
    return this.#block.subarray(this.#end);
  }

  /** Takes `size` bytes more, where another `room` bytes may be held; returns the messages that are whole with them. */
  take(size: number, room: number): MessageBatch | undefined {
    const block = this.#block!;
    this.#end += size;
    const sizeMax = this.#messageSizeMax;
    const records = singlePacketRecords(
      block,
      0,
      this.#end,
      SHARED_MESSAGE_SIZE_MIN,
      sizeMax,
    );
    if (records.length === 0) {
      if (!this.#belongsHere(0)) this.#expectedSize = 0;
      return undefined;
    }
    this.#start = endOf(records);
    this.#expectedSize = records.at(-1)!;
    const goesOn = size >= FLOW_SIZE_MIN && room >= SHARED_BLOCK_SIZE &&
      this.#belongsHere(this.#start);
    if (goesOn) this.#carry();
    else this.#expectedSize = 0;
    return new MessageBatch(block, 0, records);
  }

  /** Ends reading, which must have begun; returns the packets that are not whole, or do not belong here. */
  leave(): Uint8Array<ArrayBuffer> {
    const unread = this.#block!.subarray(this.#start, this.#end);
    this.#block = undefined;
    this.#start = 0;
    this.#end = 0;
    this.#expectedSize = 0;
    return unread;
  }

  /** Whether the packet at `start` is of the kind that belongs here, as far as is known. */
  #belongsHere(start: number): boolean {
    const isKnown = this.#end - start >= PACKET_HEADER_SIZE;
    return !isKnown || this.#isOfSize(singlePacketSizeAt(this.#block!, start));
  }

  #isOfSize(messageSize: number): boolean {
    return messageSize >= SHARED_MESSAGE_SIZE_MIN &&
      messageSize <= this.#messageSizeMax;
  }

  /** Nothing is read to a block of which the application has messages: it may transfer them while the read is under way. */
  #carry(): void {
    const unread = this.#block!.subarray(this.#start, this.#end);
    this.#block = makeBlock(this.#expectedSize);
    this.#block.set(unread);
    this.#start = 0;
    this.#end = unread.length;
  }
}

/** A block that ends with the end of a message where all have `messageSize` bytes. */
function makeBlock(messageSize: number): Uint8Array<ArrayBuffer> {
  const packetSize = PACKET_HEADER_SIZE + messageSize;
  return new Uint8Array(
    Math.floor(SHARED_BLOCK_SIZE / packetSize) * packetSize,
  );
}
