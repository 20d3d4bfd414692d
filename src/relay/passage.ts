/**
 * One direction of a call: what comes from one side goes to the other, no
 * faster than that takes it.
 *
 * @module
 */
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { MESSAGE_COST, WAITING_SIZE_LOW, WAITING_SIZE_MAX } from "./limits.ts";

/** What a call may still cost, both directions together. */
export class Meter {
  readonly #bytesPerSecond: number;
  readonly #bytesPerCall: number;
  #byteCount = 0;
  /** When all that was passed on is paid for, in milliseconds. */
  #paidAtMs = 0;

  /** 0 stands for no bound. */
  constructor(limits: { bytesPerSecond: number; bytesPerCall: number }) {
    this.#bytesPerSecond = limits.bytesPerSecond;
    this.#bytesPerCall = limits.bytesPerCall;
  }

  /** Whether there have been too many bytes. */
  get isSpent(): boolean {
    return this.#bytesPerCall > 0 && this.#byteCount > this.#bytesPerCall;
  }

  /** Counts a message; returns for how many milliseconds to read nothing. */
  count(size: number): number {
    this.#byteCount += size;
    if (this.#bytesPerSecond === 0) return 0;
    const nowMs = performance.now();
    const costMs = (size + MESSAGE_COST) * 1_000 / this.#bytesPerSecond;
    this.#paidAtMs = Math.max(this.#paidAtMs, nowMs) + costMs;
    return this.#paidAtMs - nowMs;
  }
}

/** What a {@linkcode Passage} tells. */
export interface PassageEvents {
  /** A message of so many bytes has passed. */
  onPassed(size: number): void;
  /** A message that must not be: no bytes, or bytes behind the end. */
  onFault(): void;
  /** The call has had all its bytes. */
  onSpent(): void;
}

/** A pause shorter than this, in milliseconds, is not worth a timer: it is added to the next one. */
const PAUSE_MS_MIN = 20;

const BINARY = { binary: true } as const;

/** Passes messages on. What waits for a side that does not read is bounded by no longer reading the other. */
export class Passage {
  readonly #from: WebSocket;
  readonly #to: WebSocket;
  readonly #meter: Meter;
  readonly #events: PassageEvents;
  #hasEnded = false;
  #isFull = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was given to the other side and is not written yet, in order. */
  readonly #waiting: Uint8Array[] = [];

  /** To be made in the turn in which both are open: it misses no message. */
  constructor(
    from: WebSocket,
    to: WebSocket,
    meter: Meter,
    events: PassageEvents,
  ) {
    this.#from = from;
    this.#to = to;
    this.#meter = meter;
    this.#events = events;
    from.on("message", (data, isBinary) => {
      if (isBinary && !this.#hasEnded) this.#pass(data as Uint8Array);
      else events.onFault();
    });
  }

  /** Whether the side has ended its stream. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** No timer is left. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #pass(data: Uint8Array): void {
    const size = data.byteLength;
    if (size === 0) this.#hasEnded = true;
    const pauseMs = this.#meter.count(size);
    if (this.#meter.isSpent) return this.#events.onSpent();
    this.#waiting.push(data);
    this.#to.send(data, BINARY, this.#onSent);
    this.#events.onPassed(size);
    if (pauseMs >= PAUSE_MS_MIN && this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#settle();
      }, pauseMs);
    }
    this.#isFull = this.#to.bufferedAmount > WAITING_SIZE_MAX;
    this.#settle();
  }

  readonly #onSent = (error?: Error | null): void => {
    const data = this.#waiting.shift()!;
    if (!error) release(data);
    if (!this.#isFull || this.#to.bufferedAmount > WAITING_SIZE_LOW) return;
    this.#isFull = false;
    this.#settle();
  };

  #settle(): void {
    const mayRead = !this.#isFull && this.#timer === undefined;
    if (mayRead === !this.#from.isPaused) return;
    if (mayRead) this.#from.resume();
    else this.#from.pause();
  }
}

/** Gives the memory of a message back that nobody reads any more, where it has memory of its own: V8 lets 64 MiB of such go to waste before it looks for them. */
function release({ buffer, byteLength }: Uint8Array): void {
  // All empty ones may share theirs.
  if (byteLength === 0 || buffer.byteLength !== byteLength) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
