/**
 * Byte streams between simulated hosts, as TCP has them: latency, buffers,
 * half-close and reset; and what happens to them: cuts, clogging, one direction
 * that goes nowhere, programs in between that know no half-close.
 *
 * @module
 */
import { LektError } from "../../src/base/errors.ts";
import type { Transport } from "../../src/transport/transport.ts";
import {
  Direction,
  type Item,
  type LinkOptions,
  type Network,
} from "./direction.ts";

/** So much of a write arrives together, in milliseconds of the link's rate. */
const PIECE_MS = 50;

/** Two ends of a byte stream. */
export class Link {
  /** Those of the side that dialled, and the other. */
  readonly ends: readonly [Socket, Socket];
  /** How long the link was not fit to carry signs of life. */
  readonly id: number;
  readonly options: LinkOptions;
  readonly #network: Network;
  readonly #directions: readonly [Direction, Direction];
  #isShut = false;

  constructor(network: Network, id: number, options: LinkOptions) {
    this.#network = network;
    this.id = id;
    this.options = options;
    this.#directions = [
      new Direction(network, options, (item) => this.#arrive(1, item)),
      new Direction(network, options, (item) => this.#arrive(0, item)),
    ];
    const [forth, back] = this.#directions;
    this.ends = [
      new Socket(network, this, 0, back, forth),
      new Socket(network, this, 1, forth, back),
    ];
  }

  /** Both sides see a reset; what is under way is lost. */
  cut(): void {
    const [forth, back] = this.#directions;
    for (const direction of [forth, back]) {
      direction.loseUnderWay();
      direction.send("reset");
    }
  }

  /** Nothing comes through in one direction for a while. */
  clog(side: number, forMs: number): void {
    const direction = this.#directions[side]!;
    const untilMs = this.#network.time.nowMs + forMs;
    direction.clogUntilMs = Math.max(direction.clogUntilMs, untilMs);
  }

  /** Nothing that this side sends comes through any more. */
  darken(side: number): void {
    this.#directions[side]!.isDark = true;
  }

  /** What is clogged comes through. */
  heal(): void {
    for (const direction of this.#directions) direction.heal();
  }

  /** Sends for one of the ends. */
  send(side: number, item: Item): void {
    const direction = this.#directions[side]!;
    if (!this.#isShut) return direction.send(item);
    // The program in between has closed: it answers bytes with a reset.
    if (typeof item === "object") this.#directions[1 - side]!.send("reset");
  }

  #arrive(side: number, item: Item): void {
    if (item === "end" && this.options.endsBoth && !this.#isShut) {
      this.#isShut = true;
      const back = this.#directions[side]!;
      if (this.#network.prng.below(2) === 0) back.loseUnderWay();
      back.send("end");
    }
    this.ends[side]!.receive(item);
  }
}

/** One end. */
export class Socket implements Transport {
  readonly address: string;
  readonly tellsCut: boolean;
  readonly link: Link;
  readonly side: number;
  readonly #network: Network;
  readonly #incoming: Direction;
  readonly #outgoing: Direction;
  #changed = Promise.withResolvers<void>();
  #isClosed = false;
  #isDead = false;
  #hasEnded = false;

  constructor(
    network: Network,
    link: Link,
    side: number,
    incoming: Direction,
    outgoing: Direction,
  ) {
    this.#network = network;
    this.link = link;
    this.side = side;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.address = `sim:${link.id}`;
    this.tellsCut = link.options.tellsCut;
  }

  /** Whether the program has given it back. */
  get isClosed(): boolean {
    return this.#isClosed || this.#isDead;
  }

  /** Milliseconds since a byte has come that could be read. */
  get silentMs(): number {
    return this.#network.time.nowMs - this.#incoming.lastReadableMs();
  }

  async read(into: Uint8Array): Promise<number | null> {
    await undefined;
    while (true) {
      await this.#throwIfClosed("read");
      const incoming = this.#incoming;
      if (incoming.arrivedSize > 0) {
        const size = incoming.take(into);
        // As TCP does, so that not every byte that is read makes one be sent.
        const { capacity } = this.link.options;
        if (incoming.free >= capacity / 4 || incoming.arrivedSize === 0) {
          this.link.ends[1 - this.side]!.wake();
        }
        this.#observe("read", size);
        return size;
      }
      if (incoming.isReset) throw broken("read");
      if (incoming.hasEnded) return null;
      await this.#changed.promise;
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    await undefined;
    while (true) {
      await this.#throwIfClosed("write");
      if (this.#incoming.isReset) throw broken("write");
      if (this.#hasEnded) throw new Error("a write behind the end");
      const { free } = this.#outgoing;
      if (free > 0) return this.#put(bytes.subarray(0, free));
      await this.#changed.promise;
    }
  }

  async closeWrite(): Promise<void> {
    await this.#throwIfClosed("end");
    if (this.#incoming.isReset) throw broken("end");
    this.#hasEnded = true;
    this.#observe("end", 0);
    this.link.send(this.side, "end");
  }

  close(): void {
    if (this.isClosed) return;
    this.#isClosed = true;
    this.#observe("close", 0);
    this.#leave();
    this.wake();
  }

  /** The program is killed: the system closes for it. Nothing of it runs any more. */
  die(): void {
    if (this.isClosed) return;
    this.#isDead = true;
    this.#leave();
  }

  /** The machine has lost its power. */
  vanish(): void {
    this.link.darken(0);
    this.link.darken(1);
    this.#isDead = true;
  }

  /** Something has arrived. */
  receive(item: Item): void {
    const incoming = this.#incoming;
    if (typeof item === "object") {
      incoming.lastArrivalMs = this.#network.time.nowMs;
      if (this.isClosed) return this.link.send(this.side, "reset");
      incoming.keep(item.bytes);
      this.#observe("arrival", item.bytes.length);
    } else if (item === "end") {
      incoming.hasEnded = true;
      this.#observe("remote end", 0);
    } else {
      incoming.isReset = true;
      // Systems differ in whether they keep what has arrived.
      if (this.#network.prng.below(2) === 0) incoming.loseArrived();
      this.#observe("reset", 0);
    }
    this.wake();
  }

  /** Something has changed that a read or a write may wait for. */
  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  #put(bytes: Uint8Array): number {
    const { prng } = this.#network;
    const isPart = this.link.options.isPartial && prng.below(4) === 0;
    const size = isPart ? prng.between(1, bytes.length) : bytes.length;
    this.#observe("write", size);
    // What takes long arrives bit by bit.
    const pieceSize = this.link.options.rate * PIECE_MS;
    for (let at = 0; at < size; at += pieceSize) {
      const end = Math.min(at + pieceSize, size);
      this.link.send(this.side, { bytes: bytes.slice(at, end) });
    }
    return size;
  }

  /** What a system does with a socket that is closed. */
  #leave(): void {
    const isOrderly = this.#incoming.arrivedSize === 0 &&
      (this.#hasEnded || !this.tellsCut);
    if (!isOrderly) this.link.send(this.side, "reset");
    else if (!this.#hasEnded) this.link.send(this.side, "end");
    this.#incoming.loseArrived();
  }

  #observe(what: string, size: number): void {
    this.#network.observe(what, this.link.id, this.side, size);
  }

  #throwIfClosed(action: string): Promise<void> | undefined {
    if (this.#isDead) return new Promise(() => {});
    if (this.#isClosed) {
      throw new LektError(
        "CLOSED",
        `Cannot ${action}: the transport is closed`,
      );
    }
    return undefined;
  }
}

function broken(action: string): LektError {
  return new LektError("TRUNCATED", `Cannot ${action}: the stream broke off`);
}
