/**
 * Drives one session over one transport: the only loops that await.
 *
 * @module
 */
import { ConfirmPlaces } from "./confirm_places.ts";
import { UNANSWERED_COUNT_MAX } from "../session/confirmations.ts";
import { Alarm } from "./deadlines.ts";
import { ClosePatience, Ending } from "./ending.ts";
import type { ConnectionEnd, RemoteEnd } from "./ending.ts";
import { closedError } from "../session/end_errors.ts";
import { LektError } from "../base/errors.ts";
import type { IncomingMessage } from "../session/incoming_message.ts";
import type { HandshakeEvent } from "../handshake/mod.ts";
import type { Limits } from "../base/limits.ts";
import type { Message } from "./message.ts";
import {
  type MakeMessage,
  type PendingReceive,
  PendingReceives,
} from "./pending_receives.ts";
import { ReadPace } from "./read_pace.ts";
import { RoomWait } from "./room_wait.ts";
import type { Session } from "../session/session.ts";
import type { Transport } from "../transport/transport.ts";
import { asLektError } from "./transport_error.ts";
import { Writer } from "./writer.ts";
import type { TimeSlice } from "../transport/time_slice.ts";
import { yieldToArrivals } from "../transport/yield.ts";

/** Whether the other side is alive is looked at so many times within `pingIntervalMs` at most. */
const WATCH_STEPS = 64;

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
  #room: RoomWait | undefined;
  #confirmPlaces: ConfirmPlaces | undefined;
  #isReading = true;
  #pace: ReadPace;
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
    this.#pace = new ReadPace(session);
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

  /** Those who wait to hear that a message was taken. */
  get confirmPlaces(): ConfirmPlaces {
    return this.#confirmPlaces ??= new ConfirmPlaces(UNANSWERED_COUNT_MAX);
  }

  /** Whose time the connection takes (`time_slice.ts`). */
  get timeOwner(): number {
    return this.#pace.owner;
  }

  /** Bytes that were written. */
  get sentBytes(): number {
    return this.#writer.sentBytes;
  }

  /** Whether `send` may still be called; the error that says why not. */
  get sendError(): LektError | undefined {
    if (this.#closing || this.#writer.own.isWanted) {
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
    if (!this.pendingReceives.isIdle) return undefined;
    const message = this.session.shift(make);
    if (message && (this.#room?.isWaiting || this.session.isLow)) {
      this.noteConsumed();
    }
    return message;
  }

  /** Has those who wait for a message wait until `slice` goes on. */
  async pauseReceives(slice: TimeSlice): Promise<void> {
    this.pendingReceives.isPaused = true;
    await slice.next();
    this.pendingReceives.isPaused = false;
    this.#serveReceives();
    this.noteConsumed();
  }

  /** Gives `receive` the next message that nobody waited for before. */
  receive(receive: PendingReceive): void {
    this.pendingReceives.add(receive);
    this.#serveReceives();
    this.noteConsumed();
  }

  /** Says that the application took something, of `message` where that is given, or waits for more, so that reading may have to go on. */
  noteConsumed(message?: IncomingMessage): void {
    if (this.#room?.isWaiting) this.#room.noteConsumed();
    this.session.noteConsumed(message);
    this.#writeNews();
  }

  /** Says that the application has taken a whole message, or will not get it. */
  settle(messageId: number, isTaken: boolean): void {
    this.session.exchange?.receipts?.owed.settle(messageId, isTaken);
    this.#writeNews();
    this.#writer.noteRemoteEnd();
  }

  /** Tells the other side that the application wants no more of a message. */
  cancel(message: IncomingMessage, reason: string): void {
    if (!this.session.error) {
      this.session.exchange?.receipts?.stop(message, reason);
    }
    this.#writeNews();
  }

  /** Ends this side's stream behind all that was taken over. */
  closeWrite(): Promise<void> {
    return this.#writer.end();
  }

  /** Ends both directions: sends what was taken over, aborts the rest, and waits a short time for the other side's end. */
  close(reason = ""): Promise<void> {
    const hasEnded = this.session.hasEndOfStream && this.#writer.own.hasEnded;
    // Behind both ends nothing comes that could be dropped, and what is unread stays readable.
    if (!this.#closing && !this.#ending.isOver && !hasEnded) {
      this.#closing = new ClosePatience(
        this.#writer,
        this.#limits.closeTimeoutMs,
        () => this.#finish(false),
      );
      this.session.abortSending(closedError, "connection closed");
      this.session.discard(closedError);
      this.#room?.end();
      this.#serveReceives();
      this.#writer.own.isAnswering = false;
      this.#writer.own.explain(reason);
      this.#endBehindArrivals();
    }
    return this.closed.then(() => {});
  }

  /** Nobody can reach the connection any more: drops what arrives, and ends this side's stream when the other side has ended its own. */
  forsake(): void {
    this.session.discard(
      () => new LektError("CLOSED", "The connection was forgotten"),
    );
    if (this.#ending.isOver) return;
    this.#isForsaken = true;
    this.#room?.end();
    this.#writer.own.isAnswering = false;
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

  #writeNews(): void {
    if (this.session.takeNews()) this.scheduleWrite();
  }

  async #readLoop(): Promise<void> {
    try {
      while (!this.#ending.isOver) {
        if (this.pendingReceives.isPaused || this.session.isFull) {
          await this.#waitForRoom();
          continue;
        }
        const lent = this.session.receiveBuffer(this.#pace.readSize);
        const roomSize = lent.length;
        const size = await this.transport.read(lent);
        const nowMs = performance.now();
        if (this.#pace.isOver(nowMs, size ?? 0)) await this.#pace.next();
        if (this.#ending.isOver) break;
        if (size === null) {
          this.session.handleEndOfStream(nowMs);
          break;
        }
        this.session.handleReceived(size, nowMs);
        this.#settle();
        while (this.#pace.hasRest) {
          if (this.session.isFull) await this.#waitForRoom();
          await this.#pace.takeRest();
          this.#settle();
        }
        await this.#pace.pause(size === roomSize);
      }
    } catch (cause) {
      this.session.handleFailure(asLektError(cause), performance.now());
    }
    this.#isReading = false;
    this.#settle();
    this.#releaseSession();
  }

  async #waitForRoom(): Promise<void> {
    // What comes while the application waits for its turn would only pile up.
    while (this.pendingReceives.isPaused) await this.#pace.next();
    if (!this.session.isFull) return;
    this.#room ??= new RoomWait(this, this.#limits, () => this.#settle());
    await this.#room.wait();
  }

  /** Nothing is lent any more once both loops have ended. */
  #releaseSession(): void {
    if (!this.#ending.isClosed || this.#isReading) return;
    if (!this.#writer.isWriting) this.session.release();
  }

  /** Does what the session wants after something happened. */
  #settle(): void {
    if (this.#onEvent) this.#settleHandshake(this.#onEvent);
    this.#writeNews();
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
    this.#setAlarm();
    this.scheduleWrite();
    if (this.session.state === "connected") this.#onEvent = undefined;
  }

  /** Looks only when what has arrived was read: a machine that is busy is not silence. */
  async #handleTimeout(): Promise<void> {
    await yieldToArrivals();
    if (this.#ending.isOver) return;
    this.session.handleTimeout(performance.now(), !this.#room?.isWaiting);
    this.#settle();
    this.#setAlarm();
  }

  #setAlarm(): void {
    if (this.#ending.isOver) return;
    const isConnected = this.session.state === "connected";
    const stepMs = isConnected ? this.#limits.pingIntervalMs / WATCH_STEPS : 1;
    this.#alarm.set(this.session.pollTimeout(), Math.max(1, stepMs));
  }

  #settleWritten(): void {
    if (this.session.state !== "closed") this.#settleEnd();
    else if (!this.#ending.isOver) this.#settle();
    this.#releaseSession();
  }

  #settleEnd(): void {
    if (this.#ending.isOver) return; // What is still written says no more.
    const { session } = this;
    const writer = this.#writer;
    if (writer.own.isSaid) this.#closing?.noteWriteEnd();
    if (session.hasRemoteEnded) {
      this.#ending.noteRemoteEnd();
      writer.noteRemoteEnd();
    }
    if (session.state === "closed") {
      this.#finish(false);
    } else if (
      session.hasEndOfStream && (writer.own.hasEnded || writer.error) &&
      !writer.isWriting
    ) {
      // In version 1.1 the other side ends when it has all of this one; that a
      // link takes no more behind that loses nothing.
      this.#finish(!writer.error || session.versionMinor > 0);
    } else if (
      session.hasRemoteEnded && this.#isForsaken && !writer.own.isWanted
    ) {
      this.closeWrite().catch(() => {});
    }
  }

  #finish(isOrderly: boolean): void {
    const { session } = this;
    const writer = this.#writer;
    const error = session.error ?? (isOrderly ? undefined : writer.error);
    const reason = session.goodbyeReason;
    const end: ConnectionEnd = {
      clean: isOrderly && !session.isCutShort && !session.hasDropped,
      ...(reason ? { reason } : {}),
      // Who was cut off by this side cuts this side off.
      ...(error && !writer.own.hasBroken ? { error } : {}),
    };
    this.#ending.finish(end);
    this.#alarm.set(undefined);
    this.#closing?.clear();
    this.#room?.end();
    const confirmations = session.exchange?.outbox.confirmations;
    if (confirmations?.count) confirmations.fail(error ?? closedError());
    if (!isOrderly) {
      const closed = error ?? closedError();
      writer.stop(closed);
      // Also a last part that the other side never took.
      session.stop(closed);
    }
    this.#serveReceives();
    const closing = isOrderly
      ? this.transport.close()
      : writer.breakOff(this.#limits.closeTimeoutMs);
    if (closing) closing.then(() => this.#settleClosed(end));
    else this.#settleClosed(end);
  }

  #settleClosed(end: ConnectionEnd): void {
    this.#ending.close(end);
    this.#releaseSession();
  }

  #serveReceives(): void {
    const pending = this.pendingReceives;
    while (!pending.isEmpty && !pending.isPaused) {
      const message = this.session.shift(pending.first().make);
      if (message) {
        pending.shift().resolve(message);
        this.noteConsumed();
      } else if (this.#closing) {
        pending.shift().close();
      } else if (this.session.error && !this.session.hasRemoteEnded) {
        pending.shift().reject(this.session.error);
      } else if (this.session.hasRemoteEnded) {
        pending.shift().resolve(null);
      } else {
        return;
      }
    }
  }
}
