/**
 * How a connection ends, and who is told.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";
import { type Deadline, setDeadline } from "./deadlines.ts";
import type { Writer } from "./writer.ts";

/** How a connection ended. */
export interface ConnectionEnd {
  /**
   * Both sides ended their streams in order, no message was cut short, and this
   * side dropped none. Where both sides say so, nothing was lost. What this side
   * alone cannot tell ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#end-of-stream)):
   * whether the other side dropped messages that crossed its end on the way; and,
   * over `tcp` and `unix`, whether its program was killed, for the system then
   * ends its stream.
   */
  clean: boolean;
  /** Why the connection failed, where it did. */
  error?: LektError;
}

/** How the other side's stream ended. */
export interface RemoteEnd {
  /** It ended in order: no message was cut short. */
  clean: boolean;
  /** Why the connection failed, where that came before its end. */
  error?: LektError;
}

/** The two ends that an application can wait for. */
export class Ending {
  /** Resolves when the transport is closed and nothing is under way. */
  readonly closed: Promise<ConnectionEnd>;
  /** Resolves when the other side's stream has ended, or never will. */
  readonly remoteEnded: Promise<RemoteEnd>;
  #closed = Promise.withResolvers<ConnectionEnd>();
  #remoteEnded = Promise.withResolvers<RemoteEnd>();
  #isOver = false;
  #isClosed = false;

  /** Begins with a connection that lives. */
  constructor() {
    this.closed = this.#closed.promise;
    this.remoteEnded = this.#remoteEnded.promise;
  }

  /** Nothing is read or taken over any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The transport is closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The other side's stream has ended in order. */
  noteRemoteEnd(): void {
    this.#remoteEnded.resolve({ clean: true });
  }

  /** Nothing more is read or taken over; {@linkcode Ending.close} follows. */
  finish(end: ConnectionEnd): void {
    this.#isOver = true;
    const { error } = end;
    this.#remoteEnded.resolve({ clean: false, ...(error ? { error } : {}) });
  }

  /** The transport is closed. */
  close(end: ConnectionEnd): void {
    this.#isClosed = true;
    this.#closed.resolve(end);
  }
}

/**
 * So many times `closeTimeoutMs` may pass without a byte being taken, while
 * some wait. A system makes room in its buffers in large steps: over 100 KiB/s,
 * Linux with its default buffers took 1.4 MiB at once, after 15 s.
 */
const SLOW_STEP_COUNT = 30;

/** How long `close()` goes on: as long as the other side takes bytes. */
export class ClosePatience {
  #writer: Writer;
  #stepMs: number;
  #onEnd: () => void;
  #deadline: Deadline;
  #sentBytes: number;
  #stillCount = 0;
  #hasEnded = false;

  /** Begins to wait; `onEnd` is called where it was in vain. */
  constructor(writer: Writer, stepMs: number, onEnd: () => void) {
    this.#writer = writer;
    this.#stepMs = stepMs;
    this.#onEnd = onEnd;
    this.#sentBytes = writer.sentBytes;
    this.#deadline = this.#arm();
  }

  /** This side's stream has ended: what is waited for from now on is the other side's end. */
  noteWriteEnd(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stillCount = 0;
    this.#deadline.clear();
    this.#deadline = this.#arm();
  }

  /** There is nothing to wait for any more. */
  clear(): void {
    this.#deadline.clear();
  }

  #arm(): Deadline {
    return setDeadline(() => this.#check(), this.#stepMs);
  }

  #check(): void {
    const { sentBytes } = this.#writer;
    this.#stillCount = sentBytes === this.#sentBytes ? this.#stillCount + 1 : 0;
    this.#sentBytes = sentBytes;
    // Where the link is slow, the system has more to send when all is written.
    const isSlow = !this.#hasEnded || this.#writer.isSlow;
    const stillCountMax = isSlow ? SLOW_STEP_COUNT : 1;
    if (this.#stillCount >= stillCountMax) this.#onEnd();
    else this.#deadline = this.#arm();
  }
}
