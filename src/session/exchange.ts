/**
 * What two peers have between them once they exchange messages: both
 * directions, and the framing core that they share.
 *
 * @module
 */
import { RECEIVE_SIZE, SINGLE_SLOT } from "../../asm/wire.ts";
import { assert } from "../base/assert.ts";
import {
  borrowCore,
  type Core,
  type CoreHolder,
  returnCore,
} from "../framing/core.ts";
import type { LektError } from "../base/errors.ts";
import { Inbox } from "./inbox.ts";
import { SHARED_BLOCK_SIZE, SharedBlockReader } from "./shared_block_reader.ts";
import type { Limits } from "../base/limits.ts";
import { Outbox } from "./outbox.ts";
import { type PartSink, RecordReader } from "../framing/records.ts";

/**
 * What exists from the first message on. It has a core only while something is
 * under way: each is memory that the garbage collector looks after, and 1,000
 * of them take seconds of its time.
 */
export class Exchange implements CoreHolder {
  /** What has arrived. */
  readonly inbox: Inbox;
  /** Reads flows of messages of medium size, which the core need not see. */
  readonly sharedBlocks: SharedBlockReader;
  /** What is to be sent. */
  readonly outbox: Outbox;
  /** Reads what the core finds. */
  readonly reader: RecordReader;
  /** Where payload is counted that did not come to the receive region. */
  readonly elsewhere: PartSink;
  #core: Core | undefined;

  /** Begins with nothing in either direction. */
  constructor(limits: Limits) {
    this.inbox = new Inbox(this, limits);
    this.sharedBlocks = new SharedBlockReader(limits.streamThresholdBytes);
    this.outbox = new Outbox(this, limits.maxPartBytes);
    this.reader = new RecordReader(this);
    this.elsewhere = {
      takePart: (slot, _messageId, _offset, size, flags): void =>
        this.inbox.takeElsewhere(slot, size, flags),
      takeAbort: notElsewhere,
      takeMessages: notElsewhere,
      takeControl: notElsewhere,
    };
  }

  /** The core; a new one where there was none. */
  get core(): Core {
    return this.#core ??= borrowCore();
  }

  /** Nothing that arrives is incomplete. */
  get isBetweenMessages(): boolean {
    return this.inbox.openCount === 0 &&
      (this.#core === undefined ||
        this.#core.payloadMissing === 0 && this.#core.headerReceived === 0);
  }

  /** Whether messages that come next are to be read to a shared block, and there is room for one. */
  get wantsSharedBlock(): boolean {
    return this.sharedBlocks.isWanted && this.inbox.room >= SHARED_BLOCK_SIZE;
  }

  /** Tells what a read of `size` bytes to the region promises of the messages to come. */
  expectSharedBlock(size: number): void {
    this.sharedBlocks.expect(
      size,
      this.singlePacketMissing > 0 ? this.core.payloadSize : 0,
    );
  }

  /** Takes `size` bytes that were read to a shared block. */
  takeSharedBlock(size: number): LektError | undefined {
    const { inbox, sharedBlocks } = this;
    const batch = sharedBlocks.take(size, inbox.room);
    if (batch) inbox.takeBatch(batch);
    return sharedBlocks.isWanted ? undefined : this.endSharedBlock();
  }

  /** Ends reading to shared blocks. The core takes what lies in the last one and does not belong there: packets that are not whole, or not messages of that kind. */
  endSharedBlock(): LektError | undefined {
    if (!this.sharedBlocks.isReading) return undefined;
    const unread = this.sharedBlocks.leave();
    let error: LektError | undefined;
    for (let at = 0; at < unread.length && !error; at += RECEIVE_SIZE) {
      const piece = unread.subarray(at, at + RECEIVE_SIZE);
      this.core.receiveRegion.set(piece);
      error = this.reader.receive(piece.length, this.inbox);
    }
    return error;
  }

  /** Bytes that the message of one packet under way lacks; 0 where there is none. */
  get singlePacketMissing(): number {
    const { core } = this;
    return core.payloadSlot === SINGLE_SLOT ? core.payloadMissing : 0;
  }

  /** Gives the core back, of which nothing may be lent, unless it is in the middle of a message: it may be another connection's from then on. */
  releaseIdleCore(): void {
    if (this.#core && this.isBetweenMessages) this.#return(true);
  }

  /** Gives the core back, of which nothing may be lent and nothing is of use any more. */
  release(): void {
    this.#return(false);
  }

  #return(isClean: boolean): void {
    const core = this.#core;
    this.#core = undefined;
    if (core) returnCore(core, isClean);
  }
}

/** Only a message that has begun lends memory, so its first bytes, and the reason of an Abort, come to the receive region. */
function notElsewhere(): never {
  assert(false, "What is not the rest of a message was read elsewhere");
}
