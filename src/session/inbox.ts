/**
 * What has arrived and is not read yet: which messages are under way, which
 * are ready to be handed over, and how many bytes all of them hold.
 *
 * @module
 */
import {
  PART_SIZE_MAX,
  RECORD_FIRST,
  RECORD_LAST,
  SINGLE_SLOT,
} from "../../asm/wire.ts";
import type { CoreHolder } from "../framing/core.ts";
import type { ControlPacket } from "../framing/control.ts";
import type { LektError } from "../base/errors.ts";
import { abortedError, reasonSize } from "./aborted_error.ts";
import { HeldMemory } from "./held_memory.ts";
import { IncomingMessage } from "./incoming_message.ts";
import type { Limits } from "../base/limits.ts";
import { type MessageSource, ReadyQueue } from "./ready_queue.ts";
import type { PartSink } from "../framing/records.ts";
import { StreamedMessages } from "./streamed_messages.ts";
import {
  copyRecords,
  endOfCopy,
  MessageBatch,
  RECORD_LENGTH,
} from "./message_batch.ts";

/** From so many bytes on that are held, batches are joined: the application is behind, and many small ones would take more memory than what came in them. */
const JOIN_SIZE_MIN = 256 * 1024;

/** Makes what the application gets of a message; `index` is that in a {@linkcode MessageBatch}. */
export type MessageMaker<T> = (source: MessageSource, index: number) => T;

/** What an inbox is a part of. */
export interface InboxHost extends CoreHolder {
  /** A control packet has come. */
  takeControl(packet: ControlPacket): LektError | undefined;
  /** A message has got more bytes, and is not complete. */
  notePart(slot: number, message: IncomingMessage): void;
  /** Nothing of a message comes any more. */
  noteEnded(messageId: number): void;
  /** The other side has given a message up. */
  noteAborted(messageId: number): void;
  /** The application will not get a message; `message` where it came, or comes, piece by piece. */
  noteDropped(messageId: number, message?: IncomingMessage): void;
}

/** Keeps the messages that arrive. */
export class Inbox implements PartSink {
  /** Those that came, or come, piece by piece. */
  readonly streamed = new StreamedMessages();
  /** What they hold. */
  readonly held: HeldMemory;
  #streamThresholdBytes: number;
  #host: InboxHost;
  #bySlot = new Map<number, IncomingMessage>();
  #ready = new ReadyQueue();
  #receivedCount = 0;
  #consumedCount = 0;
  #isDiscarding = false;
  #hasDropped = false;

  /** Received bytes lie in the receive region of the core that `host` has. */
  constructor(host: InboxHost, limits: Limits) {
    this.#host = host;
    this.held = new HeldMemory(limits);
    this.#streamThresholdBytes = limits.streamThresholdBytes;
  }

  /** Bytes held for incomplete and unread messages. */
  get heldSize(): number {
    return this.held.size;
  }

  /** Messages that arrived whole. */
  get receivedCount(): number {
    return this.#receivedCount;
  }

  /** Goes up whenever the application takes something: to tell a slow reader from one that waits for ever. */
  get consumedCount(): number {
    return this.#consumedCount;
  }

  /** Whether messages were dropped that the application did not get whole and had not cancelled. */
  get hasDropped(): boolean {
    return this.#hasDropped;
  }

  /** Whether a message is ready to be handed over. */
  get isReady(): boolean {
    return !this.#ready.isEmpty;
  }

  /** Messages of which the last byte has not arrived. */
  get openCount(): number {
    return this.#bySlot.size;
  }

  /** Messages that have begun, but for those that were aborted. */
  get begunCount(): number {
    return this.#receivedCount + this.#bySlot.size;
  }

  /** No more may be read before something is consumed. */
  get isFull(): boolean {
    return this.room <= 0;
  }

  /** Whether there is room for a piece of usual size: when reading goes on that had stopped. */
  get hasUsualRoom(): boolean {
    return this.room >= this.held.pieceSize;
  }

  /** Bytes that may still be read. */
  get room(): number {
    return this.held.room;
  }

  /** The id of the message that is the first to be read so that there is room: the one that holds most, or the first of those that were not handed over. */
  get unreadId(): number | undefined {
    const { largest, heldSize } = this.streamed;
    const readySize = this.held.size - heldSize;
    const ready = this.#ready.first;
    if (!ready || readySize <= (largest?.heldSize ?? 0)) return largest?.id;
    return ready instanceof MessageBatch ? ready.idAt(ready.next) : ready.id;
  }

  /** Whether this message is the one in this slot of the core. */
  isOpen(slot: number, message: IncomingMessage): boolean {
    return this.#bySlot.get(slot) === message;
  }

  /** The message in this slot of the core, where its reader waits and nothing is before the next bytes. */
  readerOf(slot: number): IncomingMessage | undefined {
    const message = this.#bySlot.get(slot);
    // Without `onNews` the reader was told already and is about to take its
    // memory back.
    const isWaiting = message?.readInto && message.onNews &&
      message.bufferedSize === 0;
    return isWaiting ? message : undefined;
  }

  /** Bytes of the message in this slot that have arrived. */
  arrivedSize(slot: number): number {
    return this.#bySlot.get(slot)?.size ?? 0;
  }

  /** Whether the reader of the message in this slot has memory of its own. */
  hasReaderWithMemory(slot: number): boolean {
    return this.#bySlot.get(slot)?.hasOwnMemory === true;
  }

  /** Whether the reader of the message in this slot has memory of its own, or may have, and was told of all that is there. */
  isReaderDue(slot: number, mayHave: boolean): boolean {
    const message = this.#bySlot.get(slot);
    return !!message && !message.onNews && (mayHave || message.hasOwnMemory);
  }

  takePart(
    slot: number,
    messageId: number,
    offset: number,
    size: number,
    flags: number,
  ): void {
    if (flags & RECORD_FIRST) this.#begin(slot, messageId);
    const message = this.#bySlot.get(slot)!;
    const bytes = this.#host.core.receiveRegion.subarray(
      offset,
      offset + size,
    );
    // 1,024 messages that get a byte each must not take 256 KiB each.
    message.push(bytes, this.held.pieceSize / this.openCount);
    this.#advance(slot, message, flags);
  }

  /** Bytes of the message in `slot` have gone to its reader's memory. */
  takeElsewhere(slot: number, size: number, flags: number): void {
    const message = this.#bySlot.get(slot)!;
    message.takeElsewhere(size);
    this.#advance(slot, message, flags);
  }

  takeAbort(slot: number, messageId: number, reason: string): void {
    const message = this.#bySlot.get(slot)!;
    this.#end(slot, messageId);
    this.#host.noteAborted(messageId);
    this.#charge(message, reasonSize(reason));
    this.#fail(message, () => abortedError(messageId, reason));
  }

  takeControl(packet: ControlPacket): LektError | undefined {
    return this.#host.takeControl(packet);
  }

  takeMessages(records: Uint32Array): void {
    if (this.#isDropping()) {
      this.#receivedCount += records.length / RECORD_LENGTH;
      return;
    }
    const region = this.#host.core.receiveRegion;
    const copied = copyRecords(records);
    for (let at = 0; at < copied.length;) {
      const end = endOfCopy(copied, at);
      this.takeBatch(MessageBatch.copyOf(region, copied, at, end));
      at = end;
    }
  }

  /** Messages of one packet each, copied already. */
  takeBatch(batch: MessageBatch): void {
    this.#receivedCount += batch.count;
    if (this.#isDropping()) return;
    const joined = this.held.size < JOIN_SIZE_MIN ? batch : this.#join(batch);
    this.#ready.push(joined);
    this.held.change(joined.heldSize);
  }

  /** The next message for the application, as `make` makes it, or `undefined`. */
  shift<T>(make: MessageMaker<T>): T | undefined {
    if (!this.isReady) return undefined;
    this.#consumedCount++;
    const head = this.#ready.first!;
    if (head instanceof MessageBatch) {
      return make(head, this.#shiftBatched(head));
    }
    this.#ready.dropFirst();
    this.held.change(-head.overheadSize);
    head.isTaken = true;
    // Whether its bytes came in one read or in two is chance.
    if (head.isComplete) this.#giveAway(head);
    return make(head, 0);
  }

  /** Hands over all that is under way and has cost so much at least, however small: the buffer is full, and nothing else can make room. */
  handOverAll(costMin = 0): void {
    for (const message of this.#bySlot.values()) {
      if (message.cost >= costMin) this.handOver(message);
    }
  }

  /** Makes a message of which only the header has arrived known. */
  ensureBegun(slot: number, messageId: number): void {
    if (!this.#bySlot.get(slot)) this.#begin(slot, messageId);
  }

  /** Fails every message that is not complete; returns how many there were. */
  failIncomplete(makeError: (messageId: number) => LektError): number {
    const failed = [...this.#bySlot.values()];
    this.#bySlot.clear();
    for (const message of failed) {
      this.#fail(message, () => makeError(message.id));
    }
    return failed.length;
  }

  /** Drops all that has arrived and all that will; what the application reads fails with the error, but for what it has whole. Most connections end without one that is to be made. */
  discard(makeError: () => LektError): void {
    let error: LektError | undefined;
    const unseen = new Set(this.#ready.toArray());
    this.#isDiscarding = true;
    if (unseen.size > 0) this.#hasDropped = true;
    this.#ready.clear();
    for (const source of unseen) {
      if (!(source instanceof MessageBatch)) continue;
      while (!source.isEmpty) {
        this.#host.noteDropped(source.idAt(source.shift()));
      }
    }
    for (const message of this.streamed) {
      if (message.isComplete && !unseen.has(message)) continue;
      this.#hasDropped = true;
      message.fail(error ??= makeError());
      this.#host.noteDropped(message.id, message);
    }
    this.streamed.clear();
    this.held.clear();
  }

  /** Says that the application has taken all of a message, or wants no more of it. */
  release(message: IncomingMessage): void {
    this.streamed.delete(message);
  }

  #onHeld = (change: number): void => {
    if (this.#isDiscarding) return;
    this.held.change(change);
    if (change < 0) this.#consumedCount++;
  };

  /** Whether the message that arrives is dropped; notes it. */
  #isDropping(): boolean {
    this.#hasDropped ||= this.#isDiscarding;
    return this.#isDiscarding;
  }

  #shiftBatched(batch: MessageBatch): number {
    const index = batch.shift();
    // Once for all of them: they are many.
    if (batch.isEmpty) {
      this.held.change(-batch.heldSize);
      this.#ready.dropFirst();
    }
    return index;
  }

  #begin(slot: number, messageId: number): void {
    const message = new IncomingMessage(messageId, this.#onHeld);
    this.#bySlot.set(slot, message);
    if (this.#isDropping()) {
      message.drop();
      this.#host.noteDropped(messageId, message);
    } else this.streamed.add(message);
  }

  #end(slot: number, messageId: number): void {
    this.#bySlot.delete(slot);
    this.#host.noteEnded(messageId);
  }

  #advance(slot: number, message: IncomingMessage, flags: number): void {
    if (message.size > this.#streamThresholdBytes) this.handOver(message);
    if (flags & RECORD_LAST) {
      this.#end(slot, message.id);
      message.isComplete = true;
      if (!message.isHandedOver) return this.#takeWhole(message);
      this.#receivedCount++;
      // Longer ones are held back one by one.
      const isOwn = message.isTaken && message.size <= PART_SIZE_MAX;
      if (isOwn) this.#giveAway(message);
    } else if (slot !== SINGLE_SLOT) this.#host.notePart(slot, message);
    message.notify();
  }

  /** A short message that is whole before it was handed over is as one that came in one read. */
  #takeWhole(message: IncomingMessage): void {
    this.#giveAway(message);
    const bytes = message.join();
    const record = [0, message.id, 0, bytes.length];
    this.takeBatch(new MessageBatch(bytes, 0, record));
  }

  /** The batch, with those before it that nobody has looked at. */
  #join(batch: MessageBatch): MessageBatch {
    let joined = batch;
    while (true) {
      const { last } = this.#ready;
      const both = last instanceof MessageBatch && last.joined(joined);
      if (!both) return joined;
      this.#ready.dropLast();
      this.held.change(-last.heldSize);
      joined = both;
    }
  }

  #fail(message: IncomingMessage, makeError: () => LektError): void {
    this.streamed.delete(message);
    this.handOver(message);
    message.fail(makeError);
  }

  /** Counts what is kept of a message besides its bytes, until the application has got it. */
  #charge(message: IncomingMessage, size: number): void {
    if (message.isTaken || this.#isDiscarding) return;
    message.overheadSize += size;
    if (message.isHandedOver) this.held.change(size);
  }

  /** What the application has taken whole is its own, and no longer held here. */
  #giveAway(message: IncomingMessage): void {
    this.held.change(-message.heldSize);
    message.giveAway();
    this.streamed.delete(message);
  }

  /** Makes a message known to the application, however much of it has come. */
  handOver(message: IncomingMessage): void {
    if (message.isHandedOver || this.#isDiscarding) return;
    message.isHandedOver = true;
    this.#ready.push(message);
    this.held.change(message.overheadSize);
  }
}
