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
import { KEPT_BLOCK_SIZE, KeptReader } from "./shared_block_reader.ts";
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
  /** Reads what the core need not see. */
  readonly kept: KeptReader;
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
    this.kept = new KeptReader(limits.streamThresholdBytes);
    this.outbox = new Outbox(this, limits.maxPartBytes);
    this.reader = new RecordReader(this);
    this.elsewhere = {
      takePart: (slot, _messageId, _offset, size, flags): void =>
        this.inbox.takeElsewhere(slot, size, flags),
      takeAbort: notElsewhere,
      takeWholes: notElsewhere,
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

  /** Whether messages that come next are to be read to memory that they keep, and there is room for them. */
  get wantsKept(): boolean {
    return this.kept.isWanted && this.inbox.room >= KEPT_BLOCK_SIZE;
  }

  /** Tells what a read of `size` bytes to the region promises of the messages to come. */
  expectKept(size: number): void {
    this.kept.expect(size, this.restSize > 0 ? this.core.payloadSize : 0);
  }

  /** Takes `size` bytes that were read to be kept. */
  takeKept(size: number): LektError | undefined {
    const { inbox, kept } = this;
    const run = kept.take(size, inbox.room);
    if (run) inbox.takeRun(run);
    return kept.isWanted ? undefined : this.endKept();
  }

  /** Has the core read what was read to be kept, and may not be: packets that are not whole, or not messages of that kind. */
  endKept(): LektError | undefined {
    if (!this.kept.isReading) return undefined;
    const rest = this.kept.leave();
    let error: LektError | undefined;
    for (let at = 0; at < rest.length && !error; at += RECEIVE_SIZE) {
      const piece = rest.subarray(at, at + RECEIVE_SIZE);
      this.core.receiveRegion.set(piece);
      error = this.reader.receive(piece.length, this.inbox);
    }
    return error;
  }

  /** Bytes that the message of one packet under way lacks; 0 where there is none. */
  get restSize(): number {
    const { core } = this;
    return core.payloadSlot === SINGLE_SLOT ? core.payloadMissing : 0;
  }

  /** Gives the core back, of which nothing may be lent, unless it is in the middle of a message: it may be another connection's from then on. */
  rest(): void {
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
function notElsewhere(): void {
  assert(false, "What is not the rest of a message was read elsewhere");
}
