/**
 * What is to be sent: whose turn it is, and which bytes go to the transport
 * next.
 *
 * @module
 */
import {
  ABORT_PART,
  MORE_BIT,
  PACKET_COST,
  PACKET_HEADER_SIZE,
} from "../../asm/wire.ts";
import { AwaitedConfirmations } from "./confirmations.ts";
import type { ControlQueue } from "./control_queue.ts";
import type { ControlPacket } from "../framing/control.ts";
import type { CoreHolder } from "../framing/core.ts";
import { LektError } from "../base/errors.ts";
import { LinkedQueue } from "./linked_queue.ts";
import { MessageIds } from "../framing/message_ids.ts";
import {
  cancelledError,
  OutgoingMessage,
  type OutgoingOptions,
  sizeFrom,
} from "./outgoing_message.ts";
import type { PacketBuffer } from "../framing/packet_buffer.ts";
import { lastPartIndex } from "../framing/part_index.ts";
import { type PartBuffer, SendBuffers } from "./send_buffers.ts";
import { SendWindows, sizeWithin } from "./send_windows.ts";
import { encodeReason } from "../base/text.ts";
import { Turns } from "./turns.ts";

/** While long messages wait for a turn, short ones fill a region only so far. */
const SHORT_SIZE_MAX = 64 * 1024;

/** A part that has less room than this waits for the next region. */
const PART_ROOM_MIN = 8 * 1024;

/** A region that holds so much is written before long messages get another turn. */
const LONG_SIZE_MAX = 64 * 1024;

/** What short messages leave of a region, so that control packets need not wait for the next one. */
const CONTROL_RESERVE = 2 * 1024;

/** Room that most control packets do with. */
const CONTROL_SIZE = 32;

/** What a packet costs beyond its size on the wire. */
const EXTRA_COST = PACKET_COST - PACKET_HEADER_SIZE;

/** Decides what is sent next. */
export class Outbox {
  /** How much may be sent. */
  readonly windows: SendWindows;
  /** Messages of which this side waits to hear. */
  readonly confirmations = new AwaitedConfirmations();
  /** Ids of messages that have begun. */
  readonly ids = new MessageIds();
  /** What waits for the transport. */
  readonly buffers: SendBuffers;
  #control: ControlQueue | undefined;
  #controlReserve: number;
  #short = new LinkedQueue<OutgoingMessage>();
  #long = new Turns(this.ids);
  #aborts = new LinkedQueue<OutgoingMessage>();
  #maxPartBytes: number;
  #hasFailed = false;
  #sentCount = 0;

  /** Sends parts of `maxPartBytes` at most; with `control`, which version 1.1 has, keeps to windows, and sends what waits there. */
  constructor(
    holder: CoreHolder,
    maxPartBytes: number,
    control?: ControlQueue,
  ) {
    this.buffers = new SendBuffers(holder);
    this.#maxPartBytes = maxPartBytes;
    this.#control = control;
    this.#controlReserve = control ? CONTROL_RESERVE : 0;
    this.windows = new SendWindows(control !== undefined);
  }

  /** Messages that were taken over whole. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Whether all but control packets has gone to the transport, and nothing is lent to it. */
  get isDrained(): boolean {
    return this.buffers.isEmpty && this.#short.size === 0 &&
      this.#long.size === 0 && this.#aborts.size === 0;
  }

  /** Bytes that were offered and wait for a window. */
  get heldBackSize(): number {
    const { first } = this.#short;
    const isHeld = (first?.chunkSize ?? 0) + PACKET_COST > this.windows.credit;
    return this.#long.blockedSize + (isHeld ? sizeFrom(first) : 0);
  }

  /** Takes a short message over at once and returns its id; -1 where it must wait, or is not short. */
  trySend(data: Uint8Array | string): number {
    if (this.#short.size > 0) return -1;
    const { windows } = this;
    const room = Math.min(
      this.#maxPartBytes,
      this.#shortRoom(),
      windows.credit - PACKET_COST,
    );
    if (typeof data === "string") {
      const sizeMax = data.length * 3;
      if (sizeMax > room) return -1;
      const messageId = this.ids.take();
      const buffer = this.buffers.bufferFor(sizeMax);
      const { size } = buffer;
      buffer.putText(messageId, data);
      windows.credit -= buffer.size - size + EXTRA_COST;
      this.#sentCount++;
      return messageId;
    }
    if (data.length > room) return -1;
    const messageId = this.ids.take();
    this.buffers.bufferFor(data.length).putMessage(messageId, data);
    windows.credit -= data.length + PACKET_COST;
    this.#sentCount++;
    return messageId;
  }

  /** Queues a message of which all bytes are there; short ones of normal priority keep their order. */
  queueWhole(data: Uint8Array, options?: OutgoingOptions): OutgoingMessage {
    const message = new OutgoingMessage(options);
    message.offer(data, true);
    const isShort = data.length <= this.#maxPartBytes &&
      message.priority === "normal";
    if (isShort) this.#short.push(message);
    else this.#long.add(message);
    return message;
  }

  /** Queues a message of which the bytes come piece by piece. */
  queueOpen(options?: OutgoingOptions): OutgoingMessage {
    const message = new OutgoingMessage(options);
    this.#long.add(message);
    return message;
  }

  /** Gives a message up; on the wire only where a part of it was sent. */
  abort(message: OutgoingMessage, reason: string): void {
    if (message.isEnded) return;
    message.end();
    this.#short.remove(message);
    this.#long.remove(message);
    message.onConfirmed?.(undefined);
    if (message.id < 0) return;
    this.windows.end(message.id);
    this.confirmations.forget(message.id);
    message.abortReason = reason;
    this.#aborts.push(message);
  }

  /** Takes a control packet about what is sent; one about a message that is over is skipped. Returns an error where it breaks a rule. */
  takeControl(packet: ControlPacket): LektError | undefined {
    if (packet.type === "window") {
      const error = this.windows.raise(packet.total);
      this.#long.unblockHeld();
      return error;
    }
    if (packet.type === "confirmed") {
      this.confirmations.settle(packet.messageId, packet.isTaken);
      return undefined;
    }
    if (packet.type !== "stop" && packet.type !== "messageWindow") return;
    const message = this.windows.openMessage(packet.messageId);
    if (!message) return undefined;
    if (packet.type === "stop") {
      this.abort(message, packet.reason);
      message.fail(cancelledError(message.id, packet.reason));
      return undefined;
    }
    const error = this.windows.raiseMessage(message, packet.total);
    this.#long.unblock(message);
    return error;
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
    this.#hasFailed = true;
    this.abortAll(error, "");
    for (const { id } of this.#aborts.drain()) this.ids.close(id);
    this.confirmations.fail(error);
  }

  /** The next bytes for the transport, on loan until {@linkcode handleTransmitted}; `undefined` where there are none. Tells of what it gives up itself, too. */
  pollTransmit(): Uint8Array | undefined {
    if (this.#hasFailed) return undefined;
    if (!this.buffers.rest) this.#schedule();
    if (!this.buffers.rest && this.#aborts.size > 0) this.#schedule();
    return this.buffers.rest;
  }

  /** The transport has written this many of the bytes it was lent, in so many milliseconds. */
  handleTransmitted(size: number, ms: number = Infinity): void {
    // Where it failed nothing more is sent, and how far it came stays known.
    if (!this.buffers.advance(size, ms) || this.#hasFailed) return;
    this.buffers.clearLent();
  }

  #shortRoom(): number {
    const { room, size } = this.buffers.filling;
    const free = room - this.#controlReserve;
    return this.#long.size > 0 ? Math.min(free, SHORT_SIZE_MAX - size) : free;
  }

  #drain(): OutgoingMessage[] {
    return [...this.#short.drain(), ...this.#long.drain()];
  }

  #schedule(): void {
    const { buffers } = this;
    if (this.#control && !this.#control.isEmpty) {
      this.#putControl(this.#control);
    }
    if (buffers.lendSmall()) return;
    const buffer = buffers.filling;
    this.#putAborts(buffer);
    this.#putShort(buffer);
    this.#putLong(buffers.bufferForLong(this.#long));
    buffers.lendFilled();
  }

  #putControl(control: ControlQueue): void {
    const buffer = this.buffers.bufferFor(CONTROL_SIZE);
    control.put(buffer);
    // What is too long for the small buffer, where that is empty.
    if (buffer.size === 0) control.put(this.buffers.filling);
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
      this.ids.close(message.id);
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
      if (chunkSize + PACKET_COST > this.windows.credit) return;
      if (message.isChanged) {
        this.#refuse(message);
        continue;
      }
      message.id = this.ids.take();
      this.#askToConfirm(buffer, message);
      buffer.putMessage(message.id, chunk);
      this.windows.spend(message, chunkSize, 1);
      this.#short.remove(message);
      message.end();
      this.#sentCount++;
      message.tellTaken();
    }
  }

  /** Gives long messages their turns while there is room. */
  #putLong(buffer: PartBuffer): void {
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
  #takeTurn(buffer: PartBuffer, message: OutgoingMessage): boolean {
    if (message.isChanged) {
      this.#refuse(message);
      return true;
    }
    const { length } = message.chunk;
    const budget = this.windows.budgetOf(message);
    if (budget < PACKET_COST + Math.min(length, 1)) {
      this.#long.block(message, this.windows.isSpent(message));
      return true;
    }
    const room = buffer.room - this.#controlReserve;
    const partSize = Math.min(length, this.#maxPartBytes);
    // A part may be shorter, so that it need not wait for an empty region.
    if (partSize > room && room < PART_ROOM_MIN) return false;
    const size = Math.min(partSize, room, budget - PACKET_COST);
    this.#long.noteTurn(message);
    this.#putParts(buffer, message, size, budget);
    return true;
  }

  /** One part a turn; as many as have room where nobody else waits. */
  #putParts(
    buffer: PartBuffer,
    message: OutgoingMessage,
    payloadSize: number,
    budget: number,
  ): void {
    if (message.id < 0) this.#begin(buffer, message);
    const { chunk, nextIndex } = message;
    const partSize = payloadSize || 1;
    const room = this.#long.size > 1 ? partSize : Math.min(
      buffer.roomInParts(partSize),
      sizeWithin(budget, partSize),
    );
    const size = chunk.length <= room ? chunk.length : room - room % partSize;
    const count = Math.max(1, Math.ceil(size / partSize));
    const part = this.#nextPart(message, size, count);
    if (part === undefined) return;
    const payload = chunk.subarray(0, size);
    const hasMore = part >= MORE_BIT;
    buffer.putParts(message.id, nextIndex, payload, partSize, hasMore);
    this.windows.spend(message, size, count);
    message.tellTaken();
  }

  #begin(buffer: PartBuffer, message: OutgoingMessage): void {
    message.id = this.ids.open();
    this.#long.noteBegun();
    this.windows.begin(message);
    this.#askToConfirm(buffer, message);
  }

  /** In front of the message's first packet, so that the other side never has to remember one that is over. */
  #askToConfirm(buffer: PartBuffer, message: OutgoingMessage): void {
    if (!message.isConfirmWanted) return;
    buffer.putControl({ type: "confirm", messageId: message.id });
    this.confirmations.add(message);
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
    message.nextIndex = index + 1;
    message.advance(size);
    if (!isLast) {
      if (!message.hasOffer) this.#long.rest(message);
      return (index | MORE_BIT) >>> 0;
    }
    message.end();
    this.#long.remove(message);
    this.ids.close(message.id);
    this.windows.end(message.id);
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
