/**
 * One direction of a simulated link: what is under way, and what has arrived.
 *
 * @module
 */
import type { Prng } from "../helpers/prng.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** What a link is like. */
export interface LinkOptions {
  /** Milliseconds that a byte is under way, and so many more by chance. */
  latencyMs: number;
  jitterMs: number;
  /** Bytes in a millisecond. */
  rate: number;
  /** Bytes that are under way, or wait to be read, before writes wait. */
  capacity: number;
  /** Reads and writes take a part of what they could. */
  isPartial: boolean;
  /** Whether close() without an end looks like a break, as with `tls` and `ws`. */
  tellsCut: boolean;
  /** A program in between ends both directions at the first end. */
  endsBoth: boolean;
}

/** What the simulation hears of all that moves. */
export type Observer = (
  what: string,
  linkId: number,
  side: number,
  size: number,
) => void;

/** What all links share. */
export interface Network {
  readonly time: VirtualTime;
  readonly prng: Prng;
  readonly observe: Observer;
}

/** What is sent: bytes, an end, or that the link is broken. */
export type Item = { bytes: Uint8Array } | "end" | "reset";

/** One direction: what is under way, and what has arrived and is not read. */
export class Direction {
  /** Bytes that neither the reader has taken nor a fault has freed. */
  size = 0;
  arrivedSize = 0;
  hasEnded = false;
  isReset = false;
  /** Nothing comes through any more, and nobody is told. */
  isDark = false;
  clogUntilMs = 0;
  /** When the last byte arrived, or would have been seen to. */
  lastArrivalMs = -Infinity;
  readonly #network: Network;
  readonly #options: LinkOptions;
  readonly #onArrival: (item: Item) => void;
  #underWay: { item: Item; atMs: number }[] = [];
  #arrived: Uint8Array[] = [];

  constructor(
    network: Network,
    options: LinkOptions,
    onArrival: (item: Item) => void,
  ) {
    this.#network = network;
    this.#options = options;
    this.#onArrival = onArrival;
  }

  get free(): number {
    return this.#options.capacity - this.size;
  }

  send(item: Item): void {
    const { time, prng } = this.#network;
    const size = typeof item === "object" ? item.bytes.length : 0;
    this.size += size;
    if (this.isDark) return;
    const { latencyMs, jitterMs, rate } = this.#options;
    const last = this.#underWay.at(-1)?.atMs ?? 0;
    const delayMs = latencyMs + jitterMs * prng.below(1000) / 1000;
    const atMs = Math.max(last, time.nowMs + delayMs) + size / rate;
    this.#underWay.push({ item, atMs });
    time.schedule(() => this.#arrive(), atMs - time.nowMs);
  }

  /** Forgets what is under way. */
  loseUnderWay(): void {
    for (const { item } of this.#underWay) {
      if (typeof item === "object") this.size -= item.bytes.length;
    }
    this.#underWay = [];
  }

  loseArrived(): void {
    this.size -= this.arrivedSize;
    this.arrivedSize = 0;
    this.#arrived = [];
  }

  /** When the last byte came that the reader could have, read or not; one that comes in this very moment is still to be looked for. */
  lastReadableMs(): number {
    const { nowMs } = this.#network.time;
    let lastMs = this.lastArrivalMs;
    if (this.isDark) return lastMs;
    for (const { item, atMs } of this.#underWay) {
      const comesMs = Math.max(atMs, this.clogUntilMs);
      if (comesMs < nowMs && typeof item === "object") lastMs = comesMs;
    }
    return lastMs;
  }

  /** What is clogged comes through from now on. */
  heal(): void {
    const { time } = this.#network;
    this.clogUntilMs = Math.min(this.clogUntilMs, time.nowMs);
    // Their arrivals wait for the end of the clog.
    for (const _ of this.#underWay) time.schedule(() => this.#arrive(), 0);
  }

  keep(bytes: Uint8Array): void {
    this.#arrived.push(bytes);
    this.arrivedSize += bytes.length;
  }

  take(into: Uint8Array): number {
    const { prng } = this.#network;
    const most = Math.min(into.length, this.arrivedSize);
    const size = this.#options.isPartial && prng.below(4) === 0
      ? prng.between(1, most)
      : most;
    for (let at = 0; at < size;) {
      const first = this.#arrived[0]!;
      const piece = first.subarray(0, size - at);
      into.set(piece, at);
      at += piece.length;
      if (piece.length === first.length) this.#arrived.shift();
      else this.#arrived[0] = first.subarray(piece.length);
    }
    this.arrivedSize -= size;
    this.size -= size;
    return size;
  }

  #arrive(): void {
    const { time } = this.#network;
    const first = this.#underWay[0];
    if (!first) return;
    const waitMs = Math.max(first.atMs, this.clogUntilMs) - time.nowMs;
    // Smaller than what sums of fractions are off by.
    if (waitMs > 1e-6) {
      time.schedule(() => this.#arrive(), waitMs);
      return;
    }
    this.#underWay.shift();
    // Unread for ever: TCP would send it again and again.
    if (this.isDark) return;
    this.#onArrival(first.item);
  }
}
