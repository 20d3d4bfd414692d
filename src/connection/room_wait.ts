/**
 * Waiting until there is room for more: what holds the other side back where
 * the protocol has no windows (1.0), and bounds memory where it has.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { Limits } from "../base/limits.ts";
import { totalMemory } from "../session/held_memory.ts";
import type { IncomingMessage } from "../session/incoming_message.ts";
import type { Session } from "../session/session.ts";
import type { PendingReceives } from "./pending_receives.ts";

/** Where an application may only be slow, and would make room, the connection fails so many times later: it has begun to read, or waits for a send. */
const SLOW_STALL_FACTOR = 10;

/** What reads. */
export interface Reading {
  /** What is read for. */
  readonly session: Session;
  /** Those who wait for a message. */
  readonly pendingReceives: PendingReceives;
  /** Tells the other side that a message is not wanted. */
  cancel(message: IncomingMessage, reason: string): void;
}

/** Stops reading for a time. */
export class RoomWait {
  readonly #reading: Reading;
  readonly #limits: Limits;
  readonly #onChange: () => void;
  #onRoom: (() => void) | undefined;

  /** Nothing waits yet; `onChange` is called where messages became ready, or the session has failed. */
  constructor(reading: Reading, limits: Limits, onChange: () => void) {
    this.#reading = reading;
    this.#limits = limits;
    this.#onChange = onChange;
  }

  /** Reading waits for room. */
  get isWaiting(): boolean {
    return this.#onRoom !== undefined;
  }

  /** The application took something, or waits for more. */
  noteConsumed(): void {
    if (this.#mayResume()) this.#onRoom?.();
  }

  /** Waits no longer. */
  end(): void {
    this.#onRoom?.();
  }

  /** Resolves when there is room again. */
  async wait(): Promise<void> {
    const { session } = this.#reading;
    const { inbox } = session;
    inbox.handOverAll();
    this.#onChange();
    while (inbox.isFull && !inbox.isReady && !inbox.held.isSqueezed) {
      if (inbox.streamed.collectedShare < 1) break;
      if (!this.#failLargestCollected()) break;
    }
    if (!inbox.isFull) return;
    const room = Promise.withResolvers<void>();
    let consumedCount = inbox.consumedCount;
    this.#onRoom = room.resolve;
    const onTotalRoom = (): void => this.noteConsumed();
    totalMemory.wait(onTotalRoom, this.#limits.maxTotalBufferedBytes);
    let stillCount = 0;
    const timer = setInterval(() => {
      const isStill = inbox.consumedCount === consumedCount;
      consumedCount = inbox.consumedCount;
      stillCount = isStill ? stillCount + 1 : 0;
      const mayBeSlow = inbox.streamed.hasSlowReader || !this.#isReceiving;
      const stillCountMax = mayBeSlow ? SLOW_STALL_FACTOR : 1;
      if (!this.#isAwaited || stillCount < stillCountMax) return;
      if (!this.#failLargestCollected()) {
        // Others may make room.
        if (inbox.held.isSqueezed && stillCount < SLOW_STALL_FACTOR) return;
        session.fail(this.#stallError());
        this.#onChange();
      }
      this.noteConsumed();
    }, this.#limits.stallTimeoutMs);
    await room.promise;
    clearInterval(timer);
    totalMemory.leave(onTotalRoom);
    this.#onRoom = undefined;
  }

  /** Whether the application waits for anything that can only come: also for the other side to allow what it sends, all of which is counted here. */
  get #isAwaited(): boolean {
    return this.#isReceiving || this.#reading.session.outbox.heldBackSize > 0;
  }

  /** Whether it waits for a message, or for more of one. */
  get #isReceiving(): boolean {
    const { pendingReceives, session } = this.#reading;
    return !pendingReceives.isEmpty || session.inbox.streamed.isAwaited;
  }

  #failLargestCollected(): boolean {
    const { streamed, held } = this.#reading.session.inbox;
    const { maxBufferedBytes } = this.#limits;
    const failed = streamed.failLargestCollected(held, maxBufferedBytes);
    if (failed) this.#reading.cancel(failed, "there is no room for it");
    return failed !== undefined;
  }

  /** Whether there is room for a large piece, or any room and somebody who waits for what it brings. */
  #mayResume(): boolean {
    const { inbox } = this.#reading.session;
    return inbox.hasUsualRoom || this.#isReceiving && !inbox.isFull;
  }

  #stallError(): LektError {
    const { inbox } = this.#reading.session;
    const messageId = inbox.unreadId;
    return new LektError(
      "LIMIT",
      `Cannot receive more: ${inbox.heldSize} bytes are held, and what the application waits for is behind message ${messageId}, which it does not read`,
      { messageId },
    );
  }
}
