/**
 * Drives one session over one transport: the only loops that await.
 *
 * @module
 */
import { Alarm } from "./deadlines.ts";
import { ClosePatience, Ending } from "./ending.ts";
import type { ConnectionEnd, RemoteEnd } from "./ending.ts";
import { LektError } from "../base/errors.ts";
import type { HandshakeEvent } from "../handshake/mod.ts";
import type { Limits } from "../base/limits.ts";
import type { Message } from "./message.ts";
import {
  type MakeMessage,
  type PendingReceive,
  PendingReceives,
} from "./pending_receives.ts";
import type { Session } from "../session/session.ts";
import type { Transport } from "../transport/transport.ts";
import { asLektError } from "./transport_error.ts";
import { Writer } from "./writer.ts";
import {
  SLICE_MS,
  yieldToAnswer,
  yieldToArrivals,
  yieldToOthers,
} from "../transport/yield.ts";

/** Where a reader who has begun may only be slow, and would make room, the connection fails so many times later. */
const SLOW_STALL_FACTOR = 10;

/** Pumps bytes between a session and a transport. */
export class Driver {
  /** The session; mutate it only through this driver once it runs. */
  readonly session: Session;
  /** The transport below. */
  readonly transport: Transport;
  /** Those who wait for a message. */
  readonly pendingReceives = new PendingReceives();
  #limits: Limits;
  #onEvent: ((event: HandshakeEvent) => void) | undefined;
  #alarm = new Alarm(() => this.#handleTimeout());
  #writer: Writer;
  #onRoom: (() => void) | undefined;
  #isReading = true;
  #sliceStartMs = 0;
  #ending = new Ending();
  #closing: ClosePatience | undefined;
  #isForsaken = false;

  /** Begins to pump; `onEvent` is called for events of the handshake. */
  constructor(
    session: Session,
    transport: Transport,
    limits: Limits,
    onEvent: (event: HandshakeEvent) => void,
  ) {
    this.session = session;
    this.transport = transport;
    this.#limits = limits;
    this.#onEvent = onEvent;
    this.#writer = new Writer(session, transport, () => this.#settleWritten());
    this.#settle();
    this.#readLoop();
  }

  /** Resolves when the transport is closed and nothing is under way. */
  get closed(): Promise<ConnectionEnd> {
    return this.#ending.closed;
  }

  /** Resolves when the other side's stream has ended, or never will. */
  get remoteEnded(): Promise<RemoteEnd> {
    return this.#ending.remoteEnded;
  }

  /** Bytes that were written. */
  get sentBytes(): number {
    return this.#writer.sentBytes;
  }

  /** Whether `send` may still be called; the error that says why not. */
  get sendError(): LektError | undefined {
    if (this.#closing || this.#writer.isEnding) {
      return new LektError(
        "CLOSED",
        "Cannot send: this side has ended its stream",
      );
    }
    return this.session.error ?? this.#writer.error;
  }

  /** Tells the session what the application decided. */
  decide(decision: true | string): void {
    this.session.handleDecision(decision, performance.now());
    this.#settle();
  }

  /** Has the session's bytes written, after this turn of the application. */
  scheduleWrite(): void {
    this.#writer.schedule();
  }

  /** The next message, where one is ready and nobody waits for it. */
  tryReceive(make: MakeMessage): Message | undefined {
    if (!this.pendingReceives.isEmpty) return undefined;
    const message = this.session.shift(make);
    if (message && this.#onRoom) this.noteConsumed();
    return message;
  }

  /** Gives `receive` the next message that nobody waited for before. */
  receive(receive: PendingReceive): void {
    this.pendingReceives.add(receive);
    this.#serveReceives();
    this.noteConsumed();
  }

  /** Says that the application took something, or waits for more, so that reading may have to go on. */
  noteConsumed(): void {
    if (this.#onRoom && this.#mayResume()) this.#onRoom();
  }

  /** Ends this side's stream behind all that was taken over. */
  closeWrite(): Promise<void> {
    return this.#writer.end();
  }

  /** Ends both directions: sends what was taken over, aborts the rest, and waits a short time for the other side's end. */
  close(): Promise<void> {
    const hasEnded = this.session.hasRemoteEnded && this.#writer.hasEnded;
    // Behind both ends nothing comes that could be dropped, and what is unread stays readable.
    if (!this.#closing && !this.#ending.isOver && !hasEnded) {
      this.#closing = new ClosePatience(
        this.#writer,
        this.#limits.closeTimeoutMs,
        () => this.#finish(false),
      );
      this.session.abortSending(closedError, "connection closed");
      this.session.discard(closedError);
      this.#onRoom?.();
      this.#serveReceives();
      this.#endBehindArrivals();
    }
    return this.closed.then(() => {});
  }

  /** Nobody can reach the connection any more: drops what arrives, and ends this side's stream when the other side has ended its own. */
  forsake(): void {
    if (this.#ending.isOver) return;
    this.#isForsaken = true;
    this.session.discard(
      () => new LektError("CLOSED", "The connection was forgotten"),
    );
    this.#onRoom?.();
    this.#settleEnd();
  }

  /** Ends both directions at once; the handshake, or all that is under way, fails with `error`. */
  abandon(error: LektError): void {
    if (this.#ending.isOver) return;
    this.session.handleFailure(error, performance.now());
    this.#settle();
  }

  /** Ends both directions after a fault of this side's own; returns the error that says so. */
  crash(cause: unknown): LektError {
    const error = asLektError(cause);
    this.abandon(error);
    return error;
  }

  /** Whether something that has arrived by now is dropped decides how this side's stream ends. */
  async #endBehindArrivals(): Promise<void> {
    this.#writer.schedule();
    if (!this.session.hasRemoteEnded) await yieldToArrivals();
    this.closeWrite().catch(() => {});
  }

  async #readLoop(): Promise<void> {
    try {
      while (!this.#ending.isOver) {
        if (this.session.isFull) {
          await this.#untilRoom();
          continue;
        }
        const lent = this.session.receiveBuffer();
        const roomSize = lent.length;
        const size = await this.transport.read(lent);
        if (this.#ending.isOver) break;
        const nowMs = performance.now();
        if (size === null) {
          this.session.handleEndOfStream(nowMs);
          if (this.session.hasRemoteEnded) this.#ending.noteRemoteEnd();
          break;
        }
        this.session.handleReceived(size, nowMs);
        this.#settle();
        await this.#takeBreath(size === roomSize, nowMs);
      }
    } catch (cause) {
      this.session.handleFailure(asLektError(cause), performance.now());
    }
    this.#isReading = false;
    this.#settle();
    this.#releaseSession();
  }

  /** Lets others have a turn between two reads, where they need one. */
  async #takeBreath(wasFilled: boolean, nowMs: number): Promise<void> {
    // A read that was not filled makes the next one wait anyway.
    const isSliceOver = wasFilled && nowMs - this.#sliceStartMs > SLICE_MS;
    if (isSliceOver || this.session.isReaderDue) {
      await (isSliceOver ? yieldToArrivals() : yieldToOthers());
      this.#sliceStartMs = performance.now();
    } else if (!wasFilled) {
      // An answer goes out before the next read begins (round trip: 7 % less).
      await yieldToAnswer();
    }
  }

  /** Nothing is lent any more once both loops have ended. */
  #releaseSession(): void {
    if (!this.#ending.isClosed || this.#isReading) return;
    if (!this.#writer.isWriting) this.session.release();
  }

  async #untilRoom(): Promise<void> {
    const { inbox } = this.session;
    inbox.handOverAll();
    this.#serveReceives();
    while (inbox.isFull && inbox.isHeldByCollectors) {
      if (!inbox.failLargestCollected()) break;
    }
    if (!inbox.isFull) return;
    const room = Promise.withResolvers<void>();
    let consumedCount = inbox.consumedCount;
    this.#onRoom = room.resolve;
    let stillCount = 0;
    const timer = setInterval(() => {
      const isStill = inbox.consumedCount === consumedCount;
      consumedCount = inbox.consumedCount;
      stillCount = isStill ? stillCount + 1 : 0;
      const isAwaited = !this.pendingReceives.isEmpty || inbox.isAwaited;
      const stillCountMax = inbox.hasSlowReader ? SLOW_STALL_FACTOR : 1;
      if (!isAwaited || stillCount < stillCountMax) return;
      if (!inbox.failLargestCollected()) {
        this.session.fail(this.#stallError());
        this.#settle();
      }
      this.noteConsumed();
    }, this.#limits.stallTimeoutMs);
    await room.promise;
    clearInterval(timer);
    this.#onRoom = undefined;
  }

  /** Whether there is room for a large piece, or any room and somebody who waits for what it brings. */
  #mayResume(): boolean {
    const { inbox } = this.session;
    if (inbox.hasUsualRoom) return true;
    const isAwaited = !this.pendingReceives.isEmpty || inbox.isAwaited;
    return isAwaited && !inbox.isFull;
  }

  #stallError(): LektError {
    const messageId = this.session.inbox.unreadId;
    return new LektError(
      "LIMIT",
      `Cannot receive more: ${this.session.inbox.heldSize} bytes are held, and what the application waits for is behind message ${messageId}, which it does not read`,
      { messageId },
    );
  }

  /** Does what the session wants after something happened. */
  #settle(): void {
    if (this.#onEvent) this.#settleHandshake(this.#onEvent);
    this.#serveReceives();
    this.#settleEnd();
  }

  #settleHandshake(onEvent: (event: HandshakeEvent) => void): void {
    for (
      let event = this.session.pollEvent();
      event;
      event = this.session.pollEvent()
    ) {
      onEvent(event);
    }
    if (!this.#ending.isOver) this.#alarm.set(this.session.pollTimeout());
    this.scheduleWrite();
    if (this.session.state === "connected") this.#onEvent = undefined;
  }

  #handleTimeout(): void {
    this.session.handleTimeout(performance.now());
    this.#settle();
  }

  #settleWritten(): void {
    if (this.session.state !== "closed") this.#settleEnd();
    else if (!this.#ending.isOver) this.#settle();
    this.#releaseSession();
  }

  #settleEnd(): void {
    const { session } = this;
    const writer = this.#writer;
    if (writer.hasEnded) this.#closing?.noteWriteEnd();
    if (session.state === "closed") {
      this.#finish(false);
    } else if (
      session.hasRemoteEnded && (writer.hasEnded || writer.error) &&
      !writer.isWriting
    ) {
      this.#finish(!writer.error);
    } else if (session.hasRemoteEnded && this.#isForsaken) {
      this.closeWrite().catch(() => {});
    }
  }

  #finish(isOrderly: boolean): void {
    if (this.#ending.isOver) return;
    const { session } = this;
    const writer = this.#writer;
    const error = session.error ?? writer.error;
    const end: ConnectionEnd = {
      clean: isOrderly && !session.isCutShort && !session.hasDropped,
      // Who was cut off by this side cuts this side off.
      ...(error && !writer.hasBroken ? { error } : {}),
    };
    this.#ending.finish(end);
    this.#alarm.set(undefined);
    this.#closing?.clear();
    this.#onRoom?.();
    if (!isOrderly) {
      const closed = error ?? closedError();
      writer.stop(closed);
      // A last part that the other side never took.
      session.failSending(closed);
    }
    this.#serveReceives();
    if (isOrderly) this.transport.close();
    const breaking = isOrderly
      ? undefined
      : writer.breakOff(this.#limits.closeTimeoutMs);
    if (breaking) breaking.then(() => this.#settleClosed(end));
    else this.#settleClosed(end);
  }

  #settleClosed(end: ConnectionEnd): void {
    this.#ending.close(end);
    this.#releaseSession();
  }

  #serveReceives(): void {
    const pending = this.pendingReceives;
    while (!pending.isEmpty) {
      const message = this.session.shift(pending.first().make);
      if (message) {
        pending.shift().resolve(message);
        this.noteConsumed();
      } else if (this.#closing) {
        pending.shift().close();
      } else if (this.session.error) {
        pending.shift().reject(this.session.error);
      } else if (this.session.hasRemoteEnded) {
        pending.shift().resolve(null);
      } else {
        return;
      }
    }
  }
}

function closedError(): LektError {
  return new LektError("CLOSED", "The connection was closed");
}
