/**
 * Writes what a session has to send, and ends this side's stream: in order, or
 * so that nobody takes it for an end in order.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { Session } from "../session/session.ts";
import { OwnEnd } from "./own_end.ts";
import { setDeadline } from "./deadlines.ts";
import type { Transport } from "../transport/transport.ts";
import { asLektError } from "./transport_error.ts";
import { yieldToAnswer } from "../transport/yield.ts";

/** The first byte of a packet that never comes: the stream of this side is not whole (`PROTOCOL.md`, section 5, "Breaking off"). */
const UNFINISHED = Uint8Array.of(0);

/** A write that takes longer tells of a link that is slower than the application, in milliseconds. */
const SLOW_WRITE_MS = 250;

/** So long such a write is remembered, in milliseconds: a system keeps megabytes that are still to be sent. */
const SLOW_MEMORY_MS = 60_000;

/** The one writer of a connection. */
export class Writer {
  /** How far this side is with its end. */
  readonly own: OwnEnd;
  #session: Session;
  #transport: Transport;
  #onRest: () => void;
  #running: Promise<void> | undefined;
  #ended = Promise.withResolvers<void>();
  #isStopped = false;
  #error: LektError | undefined;
  #sentBytes = -0; // a double, as in the session
  #slowAtMs = -Infinity;

  /** Writes nothing yet; `onRest` is called whenever it has written all that there was, has ended or has failed. */
  constructor(session: Session, transport: Transport, onRest: () => void) {
    this.#session = session;
    this.own = new OwnEnd(session);
    this.#transport = transport;
    this.#onRest = onRest;
    this.#ended.promise.catch(() => {});
  }

  /** Bytes that were written. */
  get sentBytes(): number {
    return this.#sentBytes + 0;
  }

  /** The other side takes bytes more slowly than they are sent, or did so a short time ago. */
  get isSlow(): boolean {
    return performance.now() - this.#slowAtMs < SLOW_MEMORY_MS;
  }

  /** A write is under way. */
  get isWriting(): boolean {
    return this.#running !== undefined;
  }

  /** Why the transport takes no more. */
  get error(): LektError | undefined {
    return this.#error;
  }

  /** Has the session's bytes written, after this turn of the application. */
  schedule(): void {
    this.#running ??= this.#run();
  }

  /** Ends this side's stream behind all that was taken over: in order, unless messages were dropped. In version 1.1 a Goodbye says that no messages follow; the stream ends with the other side's. */
  end(): Promise<void> {
    this.own.isWanted = true;
    this.schedule();
    return this.#ended.promise;
  }

  /** The other side has said that no more messages come from it, or was told what it wanted to hear. */
  noteRemoteEnd(): void {
    // Where the transport takes nothing more, to try again would never end.
    if (!this.#error && this.own.isDue) this.schedule();
  }

  /** Nothing more is written; an end that did not come fails with `error`. */
  stop(error: LektError): void {
    this.#isStopped = true;
    this.#ended.reject(error);
  }

  /**
   * Closes the transport before both streams have ended, in such a way that
   * the other side does not take it for an end in order. Returns nothing where
   * that is done at once; it may take `patienceMs` until the other side has made
   * room.
   */
  breakOff(patienceMs: number): void | Promise<void> {
    const isCut = this.#transport.tellsCut || this.own.hasEnded || this.#error;
    if (isCut || !this.#running && !this.#session.isBetweenPackets) {
      return this.#transport.close();
    }
    return this.#breakSlowly(patienceMs);
  }

  async #breakSlowly(patienceMs: number): Promise<void> {
    const deadline = setDeadline(() => this.#transport.close(), patienceMs);
    try {
      // Where a write stops decides what is to be done.
      if (this.#running) await this.#running;
      const { isBetweenPackets } = this.#session;
      if (isBetweenPackets) await this.#transport.write(UNFINISHED);
    } catch {
      // The other side has gone, or takes nothing.
    }
    deadline.clear();
    await this.#transport.close();
  }

  async #run(): Promise<void> {
    await undefined; // `queueMicrotask` takes longer
    const { isDrained, areMessagesSent } = this.#session;
    // What the application answers to what has come may go with the Pong.
    if (areMessagesSent && !isDrained) await yieldToAnswer();
    try {
      while (!this.#isStopped && !this.own.hasEnded) {
        if (this.own.mustSayGoodbye) {
          this.#session.sayGoodbye(this.own.reason, performance.now());
        }
        const bytes = this.#session.pollTransmit();
        if (bytes) {
          const startMs = performance.now();
          const size = await this.#transport.write(bytes);
          const nowMs = performance.now();
          if (nowMs - startMs > SLOW_WRITE_MS) this.#slowAtMs = nowMs;
          this.#sentBytes += size;
          this.#session.link?.liveness.noteSent(nowMs);
          this.#session.handleTransmitted(size, nowMs - startMs);
        } else {
          if (this.own.isSaid) this.#ended.resolve();
          if (!this.own.isDue) break;
          await this.#end();
        }
      }
    } catch (cause) {
      this.#fail(cause);
    }
    this.#running = undefined;
    this.#onRest();
  }

  async #end(): Promise<void> {
    if (this.#session.hasDropped) {
      this.own.hasBroken = true;
      await this.#transport.write(UNFINISHED);
    }
    this.own.hasEnded = true;
    await this.#transport.closeWrite();
    if (this.own.hasBroken) this.#ended.reject(droppedError());
    else this.#ended.resolve();
  }

  #fail(cause: unknown): void {
    if (this.#isStopped) return;
    const error = asLektError(cause);
    const session = this.#session;
    const isOfTransport = cause instanceof LektError;
    if (isOfTransport) this.#error = error;
    this.#ended.reject(error);
    // What the core did not survive ends the connection, and the other side must be told.
    if (isOfTransport && session.state === "connected") {
      session.exchange?.outbox.fail(error);
    } else {
      session.handleFailure(error, performance.now());
    }
  }
}

function droppedError(): LektError {
  return new LektError(
    "CLOSED",
    "Cannot end in order: this side has closed the connection with messages unread",
  );
}
