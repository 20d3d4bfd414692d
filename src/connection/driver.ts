/**
 * Drives one session over one transport: the only loops that await.
 *
 * @module
 */
import { type Deadline, setDeadline } from "./deadlines.ts";
import { LektError } from "../base/errors.ts";
import type { HandshakeEvent } from "../handshake/mod.ts";
import type { MessageMaker } from "../session/inbox.ts";
import type { Limits } from "../base/limits.ts";
import type { Message } from "./message.ts";
import type { Session } from "../session/session.ts";
import type { Transport } from "../transport/transport.ts";
import { asLektError } from "./transport_error.ts";
import {
  SLICE_MS,
  yieldToAnswer,
  yieldToArrivals,
  yieldToOthers,
} from "./yield.ts";

/** How a connection ended. */
export interface ConnectionEnd {
  /** Both sides ended their streams in order and no message was cut short. */
  clean: boolean;
  /** Why the connection failed, where it did. */
  error?: LektError;
}

/** Makes a message for the application. */
export type MakeMessage = MessageMaker<Message>;

/** Someone who waits for a message, or for the end of the other side's stream: `null`. */
export interface Receiver {
  make: MakeMessage;
  /** This side has closed the connection. */
  close(): void;
  resolve(message: Message | null): void;
  reject(error: LektError): void;
}

/** Where a reader who has begun may only be slow, and would make room, the connection fails so many times later. */
const SLOW_STALL_FACTOR = 10;

/** Pumps bytes between a session and a transport. */
export class Driver {
  /** The session; mutate it only through this driver once it runs. */
  readonly session: Session;
  /** The transport below. */
  readonly transport: Transport;
  /** Resolves when the transport is closed and nothing is under way. */
  readonly closed: Promise<ConnectionEnd>;
  #limits: Limits;
  #onEvent: (event: HandshakeEvent) => void;
  #ended = Promise.withResolvers<ConnectionEnd>();
  #writeEnded = Promise.withResolvers<void>();
  #receivers: Receiver[] = [];
  #onRoom: (() => void) | undefined;
  #deadline: Deadline | undefined;
  #deadlineAtMs: number | undefined;
  #isHandshakeOver = false;
  #isReading = true;
  #isWriting = false;
  #isWriteEnding = false;
  #hasWriteEnded = false;
  #isClosing = false;
  #isForsaken = false;
  #isClosed = false;
  #writeError: LektError | undefined;
  #sliceStartMs = 0;
  #sentBytes = -0; // a double, as in the session

  /** Begins to pump; `onEvent` hears of the handshake. */
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
    this.closed = this.#ended.promise;
    this.#writeEnded.promise.catch(() => {});
    this.#settle();
    this.#readLoop();
  }

  /** Bytes that were written. */
  get sentBytes(): number {
    return this.#sentBytes + 0;
  }

  /** Whether `send` may still be called; the error that says why not. */
  get sendError(): LektError | undefined {
    if (this.#isClosing || this.#isWriteEnding) {
      return new LektError(
        "CLOSED",
        "Cannot send: this side has ended its stream",
      );
    }
    return this.session.error ?? this.#writeError;
  }

  /** Tells the session what the application decided. */
  decide(decision: true | string): void {
    this.session.handleDecision(decision, performance.now());
    this.#settle();
  }

  /** Has the session's bytes written, after this turn of the application. */
  scheduleWrite(): void {
    if (!this.#isWriting) this.#write();
  }

  /** The next message, where one is ready and nobody waits for it. */
  tryReceive(make: MakeMessage): Message | undefined {
    if (this.#receivers.length > 0) return undefined;
    const message = this.session.shift(make);
    if (message && this.#onRoom) this.noteConsumed();
    return message;
  }

  /** Gives `receiver` the next message that nobody waited for before. */
  receive(receiver: Receiver): void {
    this.#receivers.push(receiver);
    this.#serveReceivers();
  }

  /** Tells those who wait for a message that there are no more for them. */
  dismissReceivers(): void {
    for (const receiver of this.#receivers.splice(0)) receiver.resolve(null);
  }

  /** Says that the application took something, so that there may be room to read again. */
  noteConsumed(): void {
    if (this.#onRoom && !this.session.isFull) this.#onRoom();
  }

  /** Ends this side's stream behind all that was taken over. */
  closeWrite(): Promise<void> {
    this.#isWriteEnding = true;
    this.scheduleWrite();
    return this.#writeEnded.promise;
  }

  /** Ends both directions: sends what was taken over, gives the rest up, and waits for the other side's end a short time. */
  close(): Promise<void> {
    if (!this.#isClosing && !this.#isClosed) {
      this.#isClosing = true;
      this.session.abortSending(closedError, "connection closed");
      this.session.discard(closedError);
      this.#onRoom?.();
      this.#serveReceivers();
      this.closeWrite().catch(() => {});
      this.#deadline = setDeadline(
        () => this.#finish(false),
        this.#limits.closeTimeoutMs,
      );
    }
    return this.closed.then(() => {});
  }

  /** Nobody can reach the connection any more: drops what arrives, and ends this side's stream when the other side has ended its own. */
  forsake(): void {
    if (this.#isClosed) return;
    this.#isForsaken = true;
    this.session.discard(
      () => new LektError("CLOSED", "The connection was forgotten"),
    );
    this.#onRoom?.();
    this.#settleEnd();
  }

  /** Closes at once; the handshake, or all that is under way, fails with `error`. */
  abandon(error: LektError): void {
    if (this.#isClosed) return;
    this.session.handleFailure(error, performance.now());
    this.#settle();
  }

  async #readLoop(): Promise<void> {
    try {
      while (!this.#isClosed) {
        if (this.session.isFull) {
          await this.#untilRoom();
          continue;
        }
        const lent = this.session.receiveBuffer();
        const roomSize = lent.length;
        const size = await this.transport.read(lent);
        const nowMs = performance.now();
        if (size === null) {
          this.session.handleEndOfStream(nowMs);
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
    if (!this.#isClosed || this.#isReading || this.#isWriting) return;
    this.session.release();
  }

  async #untilRoom(): Promise<void> {
    const { inbox } = this.session;
    inbox.handOverAll();
    this.#serveReceivers();
    if (!inbox.isFull) return;
    const room = Promise.withResolvers<void>();
    let consumedCount = inbox.consumedCount;
    this.#onRoom = room.resolve;
    let stillCount = 0;
    const timer = setInterval(() => {
      const isStill = inbox.consumedCount === consumedCount;
      consumedCount = inbox.consumedCount;
      stillCount = isStill ? stillCount + 1 : 0;
      const isAwaited = this.#receivers.length > 0 || inbox.isAwaited;
      const stillCountMax = inbox.hasSlowReader ? SLOW_STALL_FACTOR : 1;
      if (isAwaited && stillCount >= stillCountMax) {
        this.session.fail(this.#stallError());
        this.#settle();
      }
    }, this.#limits.stallTimeoutMs);
    await room.promise;
    clearInterval(timer);
    this.#onRoom = undefined;
  }

  #stallError(): LektError {
    const messageId = this.session.inbox.unreadId;
    return new LektError(
      "LIMIT",
      `Cannot receive more: ${this.session.inbox.heldSize} bytes are held, and what the application waits for is behind message ${messageId}, which it does not read`,
      { messageId },
    );
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    await undefined; // `queueMicrotask` takes longer
    try {
      do {
        const bytes = this.session.pollTransmit();
        if (bytes) {
          const size = await this.transport.write(bytes);
          this.#sentBytes += size;
          this.session.handleTransmitted(size);
        } else if (this.#mustEndWriting()) {
          this.#hasWriteEnded = true;
          await this.transport.closeWrite();
          this.#writeEnded.resolve();
        } else {
          break;
        }
      } while (!this.#isClosed);
    } catch (cause) {
      this.#failWriting(asLektError(cause));
    }
    this.#isWriting = false;
    this.#settleEnd();
    this.#releaseSession();
  }

  #mustEndWriting(): boolean {
    if (this.#hasWriteEnded) return false;
    const { session } = this;
    return session.state === "lingering" ||
      session.state === "connected" && this.#isWriteEnding &&
        session.isDrained;
  }

  #failWriting(error: LektError): void {
    if (this.#isClosed) return;
    this.#writeError = error;
    this.#writeEnded.reject(error);
    if (this.session.state !== "connected") {
      this.session.handleFailure(error, performance.now());
      this.#settle();
      return;
    }
    this.session.failSending(error);
  }

  /** Does what the session wants after something happened. */
  #settle(): void {
    if (!this.#isHandshakeOver) this.#settleHandshake();
    this.#serveReceivers();
    this.#settleEnd();
  }

  #settleHandshake(): void {
    for (
      let event = this.session.pollEvent();
      event;
      event = this.session.pollEvent()
    ) {
      this.#onEvent(event);
    }
    this.#armTimer();
    this.scheduleWrite();
    this.#isHandshakeOver = this.session.state === "connected";
  }

  #settleEnd(): void {
    const { session } = this;
    if (session.state === "closed") {
      this.#finish(false);
    } else if (
      session.hasRemoteEnded && (this.#hasWriteEnded || this.#writeError) &&
      !this.#isWriting
    ) {
      this.#finish(!this.#writeError);
    } else if (session.hasRemoteEnded && this.#isForsaken) {
      this.closeWrite().catch(() => {});
    }
  }

  #finish(isOrderly: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deadline?.clear();
    this.transport.close();
    this.#onRoom?.();
    const error = this.session.error ?? this.#writeError;
    if (error || !this.#hasWriteEnded || this.#isWriting) {
      const closed = error ?? closedError();
      this.#writeEnded.reject(closed);
      // A last part that the other side never took.
      this.session.failSending(closed);
    }
    this.#serveReceivers();
    this.#ended.resolve({
      clean: isOrderly && !this.session.isCutShort,
      ...(error ? { error } : {}),
    });
  }

  #armTimer(): void {
    const atMs = this.session.pollTimeout();
    if (atMs === this.#deadlineAtMs) return;
    this.#deadlineAtMs = atMs;
    this.#deadline?.clear();
    if (atMs === undefined || this.#isClosed) return;
    this.#deadline = setDeadline(() => {
      this.#deadlineAtMs = undefined;
      this.session.handleTimeout(performance.now());
      this.#settle();
    }, Math.max(0, Math.ceil(atMs - performance.now())));
  }

  #serveReceivers(): void {
    while (this.#receivers.length > 0) {
      const message = this.session.shift(this.#receivers[0]!.make);
      if (message) {
        this.#receivers.shift()!.resolve(message);
        this.noteConsumed();
      } else if (this.#isClosing) {
        this.#receivers.shift()!.close();
      } else if (this.session.error) {
        this.#receivers.shift()!.reject(this.session.error);
      } else if (this.session.hasRemoteEnded) {
        this.#receivers.shift()!.resolve(null);
      } else {
        return;
      }
    }
  }
}

function closedError(): LektError {
  return new LektError("CLOSED", "The connection was closed");
}
