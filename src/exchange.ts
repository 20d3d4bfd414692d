/**
 * What two peers have between them once they exchange messages: both
 * directions, and the framing core that they share.
 *
 * @module
 */
import { assert } from "./assert.ts";
import { borrowCore, type Core, type CoreHolder, returnCore } from "./core.ts";
import { Inbox } from "./inbox.ts";
import type { Limits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { type PartSink, RecordReader } from "./records.ts";

/**
 * What exists from the first message on. It has a core only while something is
 * under way: each is memory that the garbage collector looks after, and 1,000
 * of them take seconds of its time.
 */
export class Exchange implements CoreHolder {
  /** What has arrived. */
  readonly inbox: Inbox;
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
