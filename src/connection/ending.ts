/**
 * How a connection ends, and who is told.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";
import { type Deadline, setDeadline } from "./deadlines.ts";
import type { OwnEnd } from "./own_end.ts";
import type { Writer } from "./writer.ts";

/** How a connection ended. */
export interface ConnectionEnd {
  /**
   * Both sides ended in order, no message was cut short, and neither dropped
   * any that had arrived by then: each has said Goodbye, with how many messages
   * there were, and has ended its stream when it had the other's. With a peer of
   * version 1.0 this side alone cannot tell
   * ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#end-of-stream)) whether the
   * other one dropped messages that crossed its end on the way; nor, over `tcp`
   * and `unix`, whether its program was killed.
   */
  clean: boolean;
  /** Why the other side has ended, in its own words, where it gave a reason to `close()` (version 1.1). Text from outside: escape it before you show it. */
  reason?: string;
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

/** So long at least it is waited, in version 1.1, until the other side has got all that was sent, in milliseconds. */
const UNHEARD_MS_MIN = 5_000;

/** How long `close()` goes on: as long as the other side takes bytes. */
export class ClosePatience {
  #writer: Writer;
  #stepMs: number;
  #onEnd: () => void;
  #deadline: Deadline;
  #sentBytes: number;
  #stillCount = 0;
  #hasEnded = false;
  #startMs = performance.now();
  #wasOnTheWay = false;

  /** Begins to wait; `onEnd` is called where it was in vain. */
  constructor(writer: Writer, stepMs: number, onEnd: () => void) {
    this.#writer = writer;
    this.#stepMs = stepMs;
    this.#onEnd = onEnd;
    this.#sentBytes = writer.sentBytes;
    this.#deadline = this.#arm();
  }

  /** This side's stream has ended, or in version 1.1 the other side has got all of it: what is waited for from now on is the other side's end. */
  noteWriteEnd(): void {
    const { own, sentBytes } = this.#writer;
    const isHeard = this.#wasOnTheWay && !own.isUnheard;
    if (this.#hasEnded && !isHeard) return;
    if (!this.#hasEnded) this.#startMs = performance.now();
    this.#hasEnded = true;
    this.#stillCount = 0;
    this.#sentBytes = sentBytes;
    this.#wasOnTheWay = this.#isOnTheWay(own);
    this.#deadline.clear();
    this.#deadline = this.#arm();
  }

  /** There is nothing to wait for any more. */
  clear(): void {
    this.#deadline.clear();
  }

  /** What this side has sent may still be under way, for a bounded time: a system that closes a socket to which something comes drops it. */
  #isOnTheWay({ isUnheard }: OwnEnd): boolean {
    const patienceMs = Math.max(
      SLOW_STEP_COUNT * this.#stepMs,
      UNHEARD_MS_MIN,
    );
    return isUnheard && performance.now() - this.#startMs < patienceMs;
  }

  #arm(): Deadline {
    return setDeadline(() => this.#check(), this.#stepMs);
  }

  #check(): void {
    const { own, sentBytes } = this.#writer;
    const isStill = sentBytes === this.#sentBytes && !this.#wasOnTheWay;
    this.#wasOnTheWay = this.#isOnTheWay(own);
    this.#stillCount = isStill ? this.#stillCount + 1 : 0;
    this.#sentBytes = sentBytes;
    // Where the link is slow, the system has more to send when all is written.
    const isSlow = !this.#hasEnded || this.#writer.isSlow ||
      this.#writer.isWriting;
    const stillCountMax = isSlow ? SLOW_STEP_COUNT : 1;
    if (this.#stillCount >= stillCountMax) this.#onEnd();
    else this.#deadline = this.#arm();
  }
}
