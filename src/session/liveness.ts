/**
 * Whether the other side is still there (`PROTOCOL.md`, section 10): every
 * byte counts as life, and where none comes a Ping asks for one.
 *
 * There is no timer here and none per packet: what happens is noted, and
 * {@linkcode Liveness.check} looks at it when the moment that
 * {@linkcode Liveness.nextMs} named has come.
 *
 * @module
 */
import { numberAt, type PingPacket, setNumber } from "../framing/control.ts";

/** Bytes of a Ping. */
const PING_SIZE = 8;

/** The pings of connections that began together are spread over this part of their interval. */
const SPREAD = 1 / 8;

/** What is to be done. */
export type LivenessVerdict = "ping" | "gone" | undefined;

/** Times of a {@linkcode Liveness}. */
export interface LivenessOptions {
  /** `pingIntervalMs` and `silenceTimeoutMs` of the limits; 0 is off. */
  pingIntervalMs: number;
  silenceTimeoutMs: number;
  /** The present moment. */
  nowMs: number;
  /** From 0 to 1: when within the interval this side asks. */
  spread: number;
}

/** Watches one connection. */
export class Liveness {
  // Whole milliseconds: those need no memory of their own, and 10,000 idle
  // connections have one of these each.
  readonly #intervalMs: number;
  readonly #silenceMs: number;
  #receivedMs: number;
  #sentMs: number;
  #freshMs: number;
  #pingMs = 0;
  #pingCount = 0;
  #answeredCount = 0;
  #dueMs: number;
  #roundTripMs: number | undefined;

  /** Begins with a byte of either side. */
  constructor(options: LivenessOptions) {
    const { nowMs, pingIntervalMs, silenceTimeoutMs, spread } = options;
    const startMs = Math.floor(nowMs);
    this.#intervalMs = Math.ceil(pingIntervalMs * (1 - SPREAD * spread));
    this.#silenceMs = silenceTimeoutMs;
    this.#receivedMs = startMs;
    this.#sentMs = startMs;
    this.#freshMs = startMs;
    this.#dueMs = startMs + this.#intervalMs;
  }

  /** How long the last Ping took to be answered, in milliseconds; `undefined` where none was. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** How many Pings there were, modulo 2^32. */
  get pingCount(): number {
    return this.#pingCount;
  }

  /** Whether the Ping that was the `count`-th has been answered, or one behind it: all that was sent before it has arrived. */
  isAnswered(count: number): boolean {
    return (this.#answeredCount - count | 0) >= 0;
  }

  /** Bytes have arrived. */
  noteReceived(nowMs: number): void {
    this.#receivedMs = Math.floor(nowMs);
  }

  /** Bytes were written. */
  noteSent(nowMs: number): void {
    this.#sentMs = Math.floor(nowMs);
  }

  /** Nothing is read for the time being, so that silence means nothing: the wait begins anew. */
  noteDeaf(nowMs: number): void {
    this.#freshMs = Math.floor(nowMs);
  }

  /** Milliseconds since the last byte. */
  silentMs(nowMs: number): number {
    return Math.max(0, Math.floor(nowMs) - this.#receivedMs);
  }

  /** When to call {@linkcode check}; `undefined` where that is never of use. */
  nextMs(): number | undefined {
    if (this.#intervalMs === 0) return undefined;
    const pingMs = Math.max(
      Math.min(this.#heardMs, this.#sentMs),
      this.#pingMs,
    ) + this.#intervalMs;
    const goneMs = this.#silenceMs > 0
      ? this.#heardMs + this.#silenceMs
      : pingMs;
    this.#dueMs = Math.min(pingMs, goneMs);
    return this.#dueMs;
  }

  /** What is to be done now. A program, or a machine, that stood still has not listened: then a Ping and a fresh wait come first. */
  check(nowMs: number): LivenessVerdict {
    if (this.#intervalMs === 0) return undefined;
    const hasStoodStill = nowMs - this.#dueMs > this.#intervalMs / 2;
    if (hasStoodStill) this.#freshMs = Math.floor(nowMs);
    const isGone = this.#silenceMs > 0 &&
      nowMs - this.#heardMs >= this.#silenceMs;
    if (isGone) return "gone";
    const quietSinceMs = Math.min(this.#receivedMs, this.#sentMs);
    const askedMs = Math.max(quietSinceMs, this.#pingMs);
    return hasStoodStill || nowMs - askedMs >= this.#intervalMs
      ? "ping"
      : undefined;
  }

  /** A Ping to be sent now. */
  ping(nowMs: number): PingPacket {
    this.#pingMs = Math.floor(nowMs);
    this.#pingCount = (this.#pingCount + 1) >>> 0;
    const data = new Uint8Array(PING_SIZE);
    setNumber(data, PING_SIZE - 4, this.#pingCount);
    return { type: "ping", data };
  }

  /** A Pong has arrived; one that answers no Ping, or was there before, tells nothing. */
  notePong(data: Uint8Array): void {
    const count = numberAt(data, PING_SIZE - 4);
    const ahead = (count - this.#answeredCount) >>> 0;
    const asked = (this.#pingCount - this.#answeredCount) >>> 0;
    if (data[0] !== 0 || ahead === 0 || ahead > asked) return;
    this.#answeredCount = count;
    if (ahead === asked) this.#roundTripMs = this.#receivedMs - this.#pingMs;
  }

  get #heardMs(): number {
    return Math.max(this.#receivedMs, this.#freshMs);
  }
}
