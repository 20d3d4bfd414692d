/**
 * What is to be sent: whose turn it is, and which bytes go to the transport
 * next. Two regions of the core take turns: one is filled while the other is
 * written.
 *
 * @module
 */
import { ABORT_PART, MORE_BIT } from "../../asm/wire.ts";
import type { CoreHolder } from "../framing/core.ts";
import { LektError } from "../base/errors.ts";
import { LinkedQueue } from "./linked_queue.ts";
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
import { Turns } from "./turns.ts";

/** While long messages wait for a turn, short ones fill a region only so far. */
const SHORT_SIZE_MAX = 64 * 1024;

/** A part that has less room than this waits for the next region. */
const PART_ROOM_MIN = 8 * 1024;

/** A region that holds so much is written before long messages get another turn. */
const LONG_SIZE_MAX = 64 * 1024;

/** Decides what is sent next. */
export class Outbox {
  #ids = new MessageIds();
  #buffers: [PacketBuffer, PacketBuffer];
  #fillIndex = 0;
  #smallBuffer = new SmallMessageBuffer();
  #wasSmall = true;
  #short = new LinkedQueue<OutgoingMessage>();
  #long = new Turns(this.#ids);
  #aborts = new LinkedQueue<OutgoingMessage>();
  #maxPartBytes: number;
  #loan = new Loan();
  #hasFailed = false;
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

  /** Whether everything has gone to the transport, and nothing is lent to it. */
  get isDrained(): boolean {
    return !this.#loan.rest && this.#filling.size === 0 &&
      this.#smallBuffer.size === 0 &&
      this.#short.size === 0 && this.#long.size === 0 &&
      this.#aborts.size === 0;
  }

  /** Whether what the transport has taken ends with a whole packet. */
  get isBetweenPackets(): boolean {
    return this.#loan.isBetweenPackets;
  }

  /** Takes a short message over at once and returns its id; -1 where it must wait, or is not short. */
  trySend(data: Uint8Array | string): number {
    if (this.#short.size > 0) return -1;
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
    if (data.length <= this.#maxPartBytes) this.#short.push(message);
    else this.#long.add(message);
    return message;
  }

  /** Queues a message of which the bytes come piece by piece. */
  queueOpen(): OutgoingMessage {
    const message = new OutgoingMessage();
    this.#long.add(message);
    return message;
  }

  /** Gives a message up; on the wire only where a part of it was sent. */
  abort(message: OutgoingMessage, reason: string): void {
    if (message.isEnded) return;
    message.end();
    this.#short.remove(message);
    this.#long.remove(message);
    if (message.id < 0) return;
    message.abortReason = reason;
    this.#aborts.push(message);
  }

  /** Aborts all messages that are not taken over; each gets `error`. */
  abortAll(error: LektError, reason: string): void {
    for (const message of this.#drain()) {
      this.abort(message, reason);
      message.fail(error);
    }
  }

  /** Forgets everything: the stream is broken. Each message gets `error`. */
  fail(error: LektError): void {
    const waiting = this.#drain();
    this.#aborts.drain();
    this.#hasFailed = true;
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
    if (!this.#loan.advance(size) || this.#hasFailed) return;
    this.#buffers[1 - this.#fillIndex]!.clear();
    this.#smallBuffer.clear();
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
    return this.#long.size > 0 ? Math.min(room, SHORT_SIZE_MAX - size) : room;
  }

  #drain(): OutgoingMessage[] {
    return [...this.#short.drain(), ...this.#long.drain()];
  }

  #schedule(): void {
    if (this.#smallBuffer.size > 0) {
      this.#loan.begin(this.#smallBuffer.bytes());
      return;
    }
    const buffer = this.#filling;
    this.#putAborts(buffer);
    this.#putShort(buffer);
    this.#putLong(buffer);
    if (buffer.size === 0) return;
    this.#wasSmall = buffer.size <= SMALL_BUFFER_SIZE;
    this.#loan.begin(buffer.bytes());
    this.#fillIndex = 1 - this.#fillIndex;
  }

  #putAborts(buffer: PacketBuffer): void {
    for (
      let message = this.#aborts.first;
      message;
      message = this.#aborts.first
    ) {
      const reason = encodeReason(message.abortReason);
      if (reason.length > buffer.room) return;
      buffer.putBegin(message.id, ABORT_PART, reason.length, reason);
      this.#ids.close(message.id);
      this.#aborts.remove(message);
    }
  }

  #putShort(buffer: PacketBuffer): void {
    for (
      let message = this.#short.first;
      message;
      message = this.#short.first
    ) {
      const { chunk, chunkSize } = message;
      if (chunkSize > this.#shortRoom() && buffer.size > 0) return;
      if (message.isChanged) {
        this.#refuse(message);
        continue;
      }
      message.id = this.#ids.take();
      buffer.putMessage(message.id, chunk);
      this.#short.remove(message);
      message.end();
      this.#sentCount++;
      message.tellTaken();
    }
  }

  /** Gives long messages their turns while there is room. */
  #putLong(buffer: PacketBuffer): void {
    let before: number;
    // At least one round: short messages must not take every turn.
    do {
      before = buffer.size;
      for (let turns = this.#long.readyCount; turns > 0; turns--) {
        const message = this.#long.first;
        // Who finds no room keeps the turn, for the next region.
        if (!message || !this.#takeTurn(buffer, message)) return;
        this.#long.rotate(message);
      }
    } while (buffer.size !== before && buffer.size < LONG_SIZE_MAX);
  }

  /** Puts the next part of a message; returns `false` where there is no room. */
  #takeTurn(buffer: PacketBuffer, message: OutgoingMessage): boolean {
    if (message.isChanged) {
      this.#refuse(message);
      return true;
    }
    const { room } = buffer;
    const partSize = Math.min(message.chunk.length, this.#maxPartBytes);
    // A part may be shorter, so that it need not wait for an empty region.
    if (partSize > room && room < PART_ROOM_MIN) return false;
    this.#putParts(buffer, message, Math.min(partSize, room));
    return true;
  }

  /** One part a turn; as many as have room where nobody else waits. */
  #putParts(
    buffer: PacketBuffer,
    message: OutgoingMessage,
    payloadSize: number,
  ): void {
    const { chunk, nextIndex } = message;
    const partSize = payloadSize || 1;
    const room = this.#long.size > 1 ? partSize : buffer.roomInParts(partSize);
    const size = chunk.length <= room ? chunk.length : room - room % partSize;
    const count = Math.max(1, Math.ceil(size / partSize));
    const part = this.#nextPart(message, size, count);
    if (part === undefined) return;
    const payload = chunk.subarray(0, size);
    const hasMore = part >= MORE_BIT;
    buffer.putParts(message.id, nextIndex, payload, partSize, hasMore);
    message.tellTaken();
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
    if (message.id < 0) {
      message.id = this.#ids.open();
      this.#long.noteBegun();
    }
    message.nextIndex = index + 1;
    message.advance(size);
    if (!isLast) {
      if (!message.hasOffer) this.#long.rest(message);
      return (index | MORE_BIT) >>> 0;
    }
    message.end();
    this.#long.remove(message);
    this.#ids.close(message.id);
    this.#sentCount++;
    return index;
  }

  /** Its memory was taken away before it was taken over. */
  #refuse(message: OutgoingMessage): void {
    this.abort(message, "memory taken away");
    message.fail(
      new LektError(
        "INVALID_ARGUMENT",
        "Cannot send the message: its memory was transferred or resized before send() had resolved",
        message.id < 0 ? {} : { messageId: message.id },
      ),
    );
  }
}
