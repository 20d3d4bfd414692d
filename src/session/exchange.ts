/**
 * What two peers have between them once they exchange messages: both
 * directions, and the framing core that they share.
 *
 * @module
 */
import { PACKET_COST, PACKET_HEADER_SIZE } from "../../asm/wire.ts";
import { assert } from "../base/assert.ts";
import {
  areCoresScarce,
  borrowCore,
  borrowCoreFor,
  type Core,
  type PacketProgress,
  returnCore,
  type SavedStream,
} from "../framing/core.ts";
import type { LektError } from "../base/errors.ts";
import type { ControlPacket } from "../framing/control.ts";
import { Inbox, type InboxHost, type MessageMaker } from "./inbox.ts";
import type { IncomingMessage } from "./incoming_message.ts";
import type { LinkControl } from "./link_control.ts";
import type { MessageBatch } from "./message_batch.ts";
import { Receipts } from "./receipts.ts";
import { HELD_SIZE_MIN } from "./receive_windows.ts";
import type { Limits } from "../base/limits.ts";
import { Outbox } from "./outbox.ts";
import { type PartSink, RecordReader } from "../framing/records.ts";

/** From this size on payload is read straight to where it is wanted: to the memory of the reader who waits for it. */
export const DIRECT_SIZE_MIN = 64 * 1024;

const NOTHING_UNDER_WAY: PacketProgress = {
  packetMessageId: 0,
  payloadMissing: 0,
  payloadSize: 0,
  payloadSlot: 0,
  headerReceived: 0,
};

/**
 * What exists from the first message on. It has a core only while something is
 * under way, and where cores are scarce only while a read is taken or packets
 * wait for the transport: each is memory that the garbage collector looks after,
 * and 1,000 of them take seconds of its time.
 */
export class Exchange implements InboxHost {
  /** What has arrived. */
  readonly inbox: Inbox;
  /** What is to be sent. */
  readonly outbox: Outbox;
  /** Reads what the core finds. */
  readonly reader: RecordReader;
  /** Where payload is counted that did not come to the receive region. */
  readonly elsewhere: PartSink;
  /** What version 1.1 has besides: what the other side may send, and what it is told of that. */
  readonly receipts: Receipts | undefined;
  #core: Core | undefined;
  /** What is under way, while there is no core. */
  #saved: SavedStream | undefined;
  #isCoreBehind = false;

  /** Begins with nothing in either direction; version 1.1 has `link`. */
  constructor(limits: Limits, link?: LinkControl) {
    this.receipts = link && new Receipts(link, limits);
    this.inbox = new Inbox(this, link ? heldLimits(limits) : limits);
    this.outbox = new Outbox(this, limits.maxPartBytes, link?.queue);
    this.reader = new RecordReader(this);
    this.elsewhere = {
      takePart: (slot, _messageId, _offset, size, flags): void =>
        this.inbox.takeElsewhere(slot, size, flags),
      takeAbort: notElsewhere,
      takeMessages: notElsewhere,
      takeControl: notElsewhere,
    };
  }

  /** The core; another one where there was none. */
  get core(): Core {
    return this.#core ??= this.#borrow();
  }

  /** How far what arrives is inside a packet. */
  get underWay(): PacketProgress {
    return this.#core ?? this.#saved ?? NOTHING_UNDER_WAY;
  }

  /** Nothing that arrives is incomplete. */
  get isBetweenMessages(): boolean {
    if (this.inbox.openCount > 0 || this.hasRest) return false;
    const { underWay } = this;
    return underWay.payloadMissing === 0 && underWay.headerReceived === 0;
  }

  /** Not all that has arrived was taken: {@linkcode takeRest} is to follow, before anything else is received. */
  get hasRest(): boolean {
    return this.reader.hasRest;
  }

  /** A reader with memory of its own was told of bytes and is about to ask for more, which it can have without a copy; or may be, where the message has just begun. */
  isReaderDue(hasBegun: boolean): boolean {
    if (this.inbox.openCount === 0) return false;
    const { underWay } = this;
    return underWay.payloadMissing >= DIRECT_SIZE_MIN &&
      this.inbox.isReaderDue(underWay.payloadSlot, hasBegun);
  }

  /** Fails what will never be whole, a message of which only the header came included; returns how many there were. */
  failIncomplete(makeError: (messageId: number) => LektError): number {
    const { payloadMissing, payloadSlot, packetMessageId } = this.underWay;
    if (payloadMissing > 0) {
      this.inbox.ensureBegun(payloadSlot, packetMessageId);
    }
    return this.inbox.failIncomplete(makeError);
  }

  /** Has the core take the first `size` bytes of the receive region; returns an error where they break a rule. */
  receive(size: number): LektError | undefined {
    const { core, receipts } = this;
    if (!receipts) return this.reader.receive(size, this.inbox);
    if (this.#isCoreBehind) {
      const { receivedCount } = this.inbox;
      core.resume(1, receivedCount, receipts.goodbye !== undefined);
      this.#isCoreBehind = false;
    }
    return this.reader.receive(size, this.inbox) ?? this.#settleRead();
  }

  /** Goes on with what has arrived; returns an error where it breaks a rule. */
  takeRest(): LektError | undefined {
    return this.reader.takeRest(this.inbox) ?? this.#settleRead();
  }

  /** The same for `size` bytes that were read to another place. */
  receiveElsewhere(size: number): LektError | undefined {
    return this.reader.receiveElsewhere(size, this.elsewhere) ??
      this.receipts?.settleRead(this.core, this.inbox);
  }

  /** The next message for the application, as `make` makes it, or `undefined`. */
  shift<T>(make: MessageMaker<T>): T | undefined {
    if (!this.inbox.isReady) this.receipts?.handOverBegun(this.inbox);
    return this.inbox.shift(make);
  }

  /** Takes messages of one packet each that came, in `size` bytes, without the core. */
  takeBatch(batch: MessageBatch, size: number): LektError | undefined {
    const { count } = batch;
    this.#isCoreBehind = true;
    this.inbox.takeBatch(batch);
    return this.receipts?.settleCost(
      size + count * (PACKET_COST - PACKET_HEADER_SIZE),
      this.inbox,
    );
  }

  /** Takes a Goodbye without a reason that came between messages, where it is right; tells whether it was, for else it is the core's. */
  takeGoodbye(messageCount: number): boolean {
    const { receipts, inbox } = this;
    if (!receipts?.takeGoodbye(messageCount, inbox)) return false;
    this.#isCoreBehind = true;
    return true;
  }

  /** A control packet has come. */
  takeControl(packet: ControlPacket): LektError | undefined {
    assert(this.receipts, "A control packet came in version 1.0");
    return this.receipts.takeControl(packet, this.outbox, this.inbox);
  }

  /** A message has got more bytes, and is not complete. */
  notePart(slot: number, message: IncomingMessage): void {
    this.receipts?.notePart(slot, message);
  }

  /** Nothing of a message comes any more. */
  noteEnded(messageId: number): void {
    this.receipts?.noteEnded(messageId);
  }

  /** The other side has given a message up. */
  noteAborted(messageId: number): void {
    this.receipts?.owed.forget(messageId);
  }

  /** The application will not get a message. */
  noteDropped(messageId: number, message?: IncomingMessage): void {
    if (message) this.receipts?.stop(message, "the connection was closed");
    else this.receipts?.owed.settle(messageId, false);
  }

  /** The application has closed the connection: drops all that has arrived, and all that will. */
  discard(makeError: () => LektError): void {
    this.inbox.discard(makeError);
    this.receipts?.owed.dropAll();
  }

  /** Gives the core back, of which nothing may be lent; in the middle of a message only where cores are scarce. It may be another connection's from then on. */
  releaseIdleCore(): void {
    if (!this.#core || this.hasRest) return;
    if (!this.isBetweenMessages) {
      if (!areCoresScarce()) return;
      this.#saved = this.#core.save();
    }
    this.#return(true);
  }

  /** Gives the core back, of which nothing may be lent and nothing is of use any more. */
  release(): void {
    this.#return(false);
    this.#saved = undefined;
  }

  /** Counts what the core has taken, once all of it was told. */
  #settleRead(): LektError | undefined {
    if (this.reader.hasRest) return undefined;
    return this.receipts?.settleRead(this.core, this.inbox);
  }

  #borrow(): Core {
    const saved = this.#saved;
    this.#saved = undefined;
    this.#isCoreBehind = false;
    if (saved) return borrowCoreFor(saved);
    const { inbox, receipts } = this;
    return receipts
      ? borrowCore(1, inbox.receivedCount, receipts.goodbye !== undefined)
      : borrowCore();
  }

  #return(isClean: boolean): void {
    const core = this.#core;
    this.#core = undefined;
    if (core) returnCore(core, isClean);
  }
}

/** The limits of an inbox that reads whatever is not read. */
function heldLimits(limits: Limits): Limits {
  if (limits.maxBufferedBytes >= HELD_SIZE_MIN) return limits;
  return { ...limits, maxBufferedBytes: HELD_SIZE_MIN };
}

/** Only a message that has begun lends memory, so its first bytes, and the reason of an Abort, come to the receive region. */
function notElsewhere(): never {
  assert(false, "What is not the rest of a message was read elsewhere");
}
