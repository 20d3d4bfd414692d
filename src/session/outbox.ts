/**
 * What is to be sent: whose turn it is, and which bytes go to the transport
 * next. Two regions of the core take turns: one is filled while the other is
 * written.
 *
 * @module
 */
import { ABORT_PART, MORE_BIT, OPEN_COUNT_MAX } from "../../asm/wire.ts";
import type { CoreHolder } from "../framing/core.ts";
import type { LektError } from "../base/errors.ts";
import { Loan } from "./loan.ts";
import { MessageIds } from "../framing/message_ids.ts";
import { OutgoingMessage } from "./outgoing_message.ts";
import { PacketBuffer } from "../framing/packet_buffer.ts";
import { lastPartIndex } from "../framing/part_index.ts";
import {
  SMALL_BUFFER_SIZE,
  SmallMessageBuffer,
} from "./small_message_buffer.ts";
import { encodeReason } from "../base/text.ts";

/** While long messages wait for a turn, short ones fill a region only so far. */
const SHORT_SIZE_MAX = 64 * 1024;

/** From this size on a part is written from where it lies: above it a copy costs more than a second write. */
const DIRECT_SIZE_MIN = 64 * 1024;

/** Bytes of such a part that are copied behind its header, so that no write is as short as a header. */
const BEGIN_SIZE = 8 * 1024;

/** A region that holds so much is written before long messages get another turn. */
const LONG_SIZE_MAX = 64 * 1024;

/** Decides what is sent next. */
export class Outbox {
  #ids = new MessageIds();
  #buffers: [PacketBuffer, PacketBuffer];
  #fillIndex = 0;
  #smallBuffer = new SmallMessageBuffer();
  #wasSmall = true;
  #short: OutgoingMessage[] = [];
  #long: OutgoingMessage[] = [];
  #aborts: OutgoingMessage[] = [];
  #maxPartBytes: number;
  #loan = new Loan();
  #hasFailed = false;
  #tailOwner: OutgoingMessage | undefined;
  #sentCount = 0;

  /** Sends parts of `maxPartBytes` at most. */
  constructor(holder: CoreHolder, maxPartBytes: number) {
    this.#buffers = [new PacketBuffer(holder, 0), new PacketBuffer(holder, 1)];
    this.#maxPartBytes = maxPartBytes;
  }

  /** Messages that were taken over whole. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Whether everything has gone to the transport. */
  get isDrained(): boolean {
    return !this.#loan.rest && this.#filling.size === 0 &&
      this.#smallBuffer.size === 0 &&
      this.#short.length === 0 && this.#long.length === 0 &&
      this.#aborts.length === 0;
  }

  /** Whether what the transport has taken ends with a whole packet. */
  get isBetweenPackets(): boolean {
    return this.#loan.isBetweenPackets;
  }

  /** Takes a short message over at once and returns its id; -1 where it must wait, or is not short. */
  trySend(data: Uint8Array | string): number {
    if (this.#short.length > 0) return -1;
    const room = Math.min(this.#maxPartBytes, this.#shortRoom());
    if (typeof data === "string") {
      const sizeMax = data.length * 3;
      if (sizeMax > room) return -1;
      const messageId = this.#ids.take();
      this.#bufferFor(sizeMax).putText(messageId, data);
      this.#sentCount++;
      return messageId;
    }
    if (data.length > room) return -1;
    const messageId = this.#ids.take();
    this.#bufferFor(data.length).putMessage(messageId, data);
    this.#sentCount++;
    return messageId;
  }

  /** Queues a message of which all bytes are there; short ones keep their order. */
  queueWhole(data: Uint8Array): OutgoingMessage {
    const message = new OutgoingMessage();
    message.offer(data, true);
    const isShort = data.length <= this.#maxPartBytes;
    (isShort ? this.#short : this.#long).push(message);
    return message;
  }

  /** Queues a message of which the bytes come piece by piece. */
  queueOpen(): OutgoingMessage {
    const message = new OutgoingMessage();
    this.#long.push(message);
    return message;
  }

  /** Gives a message up; on the wire only where a part of it was sent. */
  abort(message: OutgoingMessage, reason: string): void {
    if (message.isEnded) return;
    message.end();
    this.#remove(this.#short, message);
    this.#remove(this.#long, message);
    if (message.id < 0) return;
    message.abortReason = reason;
    this.#aborts.push(message);
  }

  /** Gives up all messages that are not taken over; each hears of `error`. */
  abortAll(error: LektError, reason: string): void {
    for (const message of [...this.#short, ...this.#long]) {
      this.abort(message, reason);
      message.fail(error);
    }
  }

  /** Forgets everything: the stream is broken. Each message hears of `error`. */
  fail(error: LektError): void {
    const waiting = [...this.#short, ...this.#long];
    this.#short = [];
    this.#long = [];
    this.#aborts = [];
    this.#hasFailed = true;
    this.#loan.stop();
    if (this.#tailOwner && !waiting.includes(this.#tailOwner)) {
      waiting.push(this.#tailOwner);
    }
    this.#tailOwner = undefined;
    for (const message of waiting) message.fail(error);
  }

  /** The next bytes for the transport, on loan until {@linkcode handleTransmitted}; `undefined` where there are none. */
  pollTransmit(): Uint8Array | undefined {
    if (this.#hasFailed) return undefined;
    if (!this.#loan.rest) this.#schedule();
    return this.#loan.rest;
  }

  /** The transport has written this many of the bytes it was lent. */
  handleTransmitted(size: number): void {
    // Where it failed nothing more is sent, and how far it came stays known.
    if (!this.#loan.rest || !this.#loan.advance(size) || this.#hasFailed) {
      return;
    }
    this.#buffers[1 - this.#fillIndex]!.clear();
    this.#smallBuffer.clear();
    const owner = this.#tailOwner;
    this.#tailOwner = undefined;
    if (owner) this.#finishPart(owner);
  }

  get #filling(): PacketBuffer {
    return this.#buffers[this.#fillIndex]!;
  }

  /** While little is sent, memory that needs no core; never behind what is in a region. */
  #bufferFor(size: number): SmallMessageBuffer | PacketBuffer {
    const fitsSmall = this.#wasSmall && !this.#loan.rest &&
      this.#filling.size === 0 && size <= this.#smallBuffer.room;
    return fitsSmall ? this.#smallBuffer : this.#filling;
  }

  #shortRoom(): number {
    const { room, size } = this.#filling;
    return this.#long.length > 0 ? Math.min(room, SHORT_SIZE_MAX - size) : room;
  }

  #schedule(): void {
    if (this.#smallBuffer.size > 0) {
      this.#loan.begin(this.#smallBuffer.bytes());
      return;
    }
    const buffer = this.#filling;
    this.#putAborts(buffer);
    this.#putShort(buffer);
    const tail = this.#putLong(buffer);
    if (buffer.size === 0) return;
    this.#wasSmall = buffer.size <= SMALL_BUFFER_SIZE && !tail;
    this.#loan.begin(buffer.bytes(), tail);
    this.#fillIndex = 1 - this.#fillIndex;
  }

  #putAborts(buffer: PacketBuffer): void {
    while (this.#aborts.length > 0) {
      const message = this.#aborts[0]!;
      const reason = encodeReason(message.abortReason);
      if (reason.length > buffer.room) return;
      buffer.putBegin(message.id, ABORT_PART, reason.length, reason);
      this.#ids.close(message.id);
      this.#aborts.shift();
    }
  }

  #putShort(buffer: PacketBuffer): void {
    let count = 0;
    for (const message of this.#short) {
      if (message.chunk.length > this.#shortRoom() && buffer.size > 0) break;
      message.id = this.#ids.take();
      buffer.putMessage(message.id, message.chunk);
      message.end();
      count++;
    }
    const taken = this.#short.splice(0, count);
    this.#sentCount += count;
    for (const message of taken) message.take();
  }

  /** Gives long messages their turns while there is room; returns payload that is written from where it lies. */
  #putLong(buffer: PacketBuffer): Uint8Array | undefined {
    let before: number;
    // At least one round: short messages must not take every turn.
    do {
      before = buffer.size;
      for (let turns = this.#long.length; turns > 0; turns--) {
        const message = this.#long[0]!;
        const tail = this.#takeTurn(buffer, message);
        // It may have left when its last part was put.
        if (this.#long[0] === message) this.#long.push(this.#long.shift()!);
        if (tail) return tail;
      }
    } while (buffer.size !== before && buffer.size < LONG_SIZE_MAX);
    return undefined;
  }

  #takeTurn(
    buffer: PacketBuffer,
    message: OutgoingMessage,
  ): Uint8Array | undefined {
    const { chunk } = message;
    if (!message.hasOffer || !this.#mayBegin(message)) return undefined;
    const partSize = Math.min(chunk.length, this.#maxPartBytes);
    if (partSize >= DIRECT_SIZE_MIN && buffer.room >= BEGIN_SIZE) {
      const part = this.#nextPart(message, partSize, 1);
      if (part === undefined) return undefined;
      const begin = chunk.subarray(0, BEGIN_SIZE);
      buffer.putBegin(message.id, part, partSize, begin);
      this.#tailOwner = message;
      return chunk.subarray(BEGIN_SIZE, partSize);
    }
    if (partSize > buffer.room) return undefined;
    this.#putParts(buffer, message);
    return undefined;
  }

  #mayBegin(message: OutgoingMessage): boolean {
    return message.id >= 0 || this.#ids.openCount < OPEN_COUNT_MAX;
  }

  /** One part a turn; as many as have room where nobody else waits. */
  #putParts(buffer: PacketBuffer, message: OutgoingMessage): void {
    const { chunk, nextIndex } = message;
    const partSize = Math.min(chunk.length, this.#maxPartBytes) || 1;
    const room = this.#long.length > 1
      ? partSize
      : buffer.roomInParts(partSize);
    const size = chunk.length <= room ? chunk.length : room - room % partSize;
    const count = Math.max(1, Math.ceil(size / partSize));
    const part = this.#nextPart(message, size, count);
    if (part === undefined) return;
    const payload = chunk.subarray(0, size);
    const hasMore = part >= MORE_BIT;
    buffer.putParts(message.id, nextIndex, payload, partSize, hasMore);
    this.#finishPart(message);
  }

  /** Steps over `count` parts and returns the part field of the last; ends the message where that is its end. */
  #nextPart(
    message: OutgoingMessage,
    size: number,
    count: number,
  ): number | undefined {
    const isLast = message.isLastOffer && size === message.chunk.length;
    let index: number;
    try {
      index = lastPartIndex(message.id, message.nextIndex, count, isLast);
    } catch (error) {
      this.abort(message, "too many parts");
      message.fail(error as LektError);
      return undefined;
    }
    if (message.id < 0) message.id = this.#ids.open();
    message.nextIndex = index + 1;
    message.advance(size);
    if (!isLast) return (index | MORE_BIT) >>> 0;
    message.end();
    this.#remove(this.#long, message);
    this.#ids.close(message.id);
    this.#sentCount++;
    return index;
  }

  /** Tells the message's source when all that it offered has gone. */
  #finishPart(message: OutgoingMessage): void {
    if (message.chunk.length === 0) message.take();
  }

  #remove(queue: OutgoingMessage[], message: OutgoingMessage): void {
    const index = queue.indexOf(message);
    if (index >= 0) queue.splice(index, 1);
  }
}
