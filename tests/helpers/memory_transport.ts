/**
 * Two ends of a byte stream in memory, with the manners of a bad network:
 * reads and writes of any size, back-pressure, half-close, reset. All chance
 * comes from a seed.
 *
 * @module
 */
import { LektError } from "../../src/base/errors.ts";
import type { Transport } from "../../src/transport/transport.ts";

/** How the pair behaves. */
export interface MemoryPairOptions {
  /** Seed of the sizes of reads and writes. Default: 1. */
  seed?: number;
  /** Bytes under way in each direction before writes wait. Default: 64 KiB. */
  bufferSize?: number;
  /** Whether reads and writes take a random part of what they could. Default: true. */
  partial?: boolean;
  /**
   * Whether `close()` without `closeWrite()` looks like an orderly end to the
   * other side, as a closed TCP socket does. Default: false, it is an error there.
   */
  cutLooksClean?: boolean;
}

/** One end of the pair; what a test can do besides what a transport can. */
export interface MemoryTransport extends Transport {
  /** Breaks the connection both ways, as a TCP reset: what is under way is lost. */
  reset(): void;
  /** Bytes that the other end has written and this end has not read. */
  readonly unreadSize: number;
  /** Whether `close()` was called on this end. */
  readonly isClosed: boolean;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Two connected ends; what one writes the other reads. */
export function memoryPair(
  options: MemoryPairOptions = {},
): [MemoryTransport, MemoryTransport] {
  const random = seededRandom(options.seed ?? 1);
  const forth = new Pipe(random, options);
  const back = new Pipe(random, options);
  return [
    new MemoryEnd("memory:b", back, forth, options.cutLooksClean ?? false),
    new MemoryEnd("memory:a", forth, back, options.cutLooksClean ?? false),
  ];
}

type PipeState = "open" | "ended" | "broken";

/** One direction: a ring of bounded size. */
class Pipe {
  state: PipeState = "open";
  size = 0;
  readonly #random: () => number;
  readonly #partial: boolean;
  readonly #ring: Uint8Array;
  #offset = 0;
  #changed = Promise.withResolvers<void>();

  constructor(random: () => number, options: MemoryPairOptions) {
    this.#random = random;
    this.#partial = options.partial ?? true;
    this.#ring = new Uint8Array(options.bufferSize ?? 64 * 1024);
  }

  get free(): number {
    return this.#ring.byteLength - this.size;
  }

  /** Resolves at the next {@linkcode wake}. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  put(bytes: Uint8Array): number {
    const size = this.#some(Math.min(bytes.byteLength, this.free));
    const start = (this.#offset + this.size) % this.#ring.byteLength;
    const first = Math.min(size, this.#ring.byteLength - start);
    this.#ring.set(bytes.subarray(0, first), start);
    this.#ring.set(bytes.subarray(first, size), 0);
    this.size += size;
    this.wake();
    return size;
  }

  take(into: Uint8Array): number {
    const size = this.#some(Math.min(into.byteLength, this.size));
    const first = Math.min(size, this.#ring.byteLength - this.#offset);
    into.set(this.#ring.subarray(this.#offset, this.#offset + first));
    into.set(this.#ring.subarray(0, size - first), first);
    this.#offset = (this.#offset + size) % this.#ring.byteLength;
    this.size -= size;
    this.wake();
    return size;
  }

  break(): void {
    this.state = "broken";
    this.wake();
  }

  drop(): void {
    this.size = 0;
    this.break();
  }

  #some(most: number): number {
    return this.#partial ? 1 + Math.floor(this.#random() * most) : most;
  }
}

class MemoryEnd implements MemoryTransport {
  readonly address: string;
  readonly tellsCut: boolean;
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;
  #isClosed = false;
  #isReading = false;
  #isWriting = false;

  constructor(
    address: string,
    incoming: Pipe,
    outgoing: Pipe,
    cutLooksClean: boolean,
  ) {
    this.address = address;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.tellsCut = !cutLooksClean;
  }

  get unreadSize(): number {
    return this.#incoming.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#isReading) throw new Error("two reads at once");
    if (into.byteLength === 0) throw new Error("a read of nothing");
    this.#isReading = true;
    try {
      await Promise.resolve();
      while (true) {
        this.#throwIfClosed("read");
        if (this.#incoming.size > 0) return this.#incoming.take(into);
        if (this.#incoming.state === "ended") return null;
        if (this.#incoming.state === "broken") throw broken("read");
        await this.#incoming.changed();
      }
    } finally {
      this.#isReading = false;
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#isWriting) throw new Error("two writes at once");
    if (bytes.byteLength === 0) throw new Error("a write of nothing");
    this.#isWriting = true;
    try {
      await Promise.resolve();
      while (true) {
        this.#throwIfClosed("write");
        if (this.#outgoing.state !== "open") throw broken("write");
        if (this.#outgoing.free > 0) return this.#outgoing.put(bytes);
        await this.#outgoing.changed();
      }
    } finally {
      this.#isWriting = false;
    }
  }

  async closeWrite(): Promise<void> {
    await Promise.resolve();
    this.#throwIfClosed("end");
    if (this.#isWriting) throw new Error("an end while a write is under way");
    if (this.#outgoing.state === "open") this.#outgoing.state = "ended";
    this.#outgoing.wake();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#outgoing.state === "open") {
      this.#outgoing.state = this.tellsCut ? "broken" : "ended";
    }
    this.#outgoing.wake();
    this.#incoming.drop();
  }

  reset(): void {
    this.#incoming.drop();
    this.#outgoing.drop();
  }

  #throwIfClosed(action: string): void {
    if (this.#isClosed) {
      throw new LektError(
        "CLOSED",
        `Cannot ${action}: the transport is closed`,
      );
    }
  }
}

function broken(action: string): LektError {
  return new LektError(
    "TRUNCATED",
    `Cannot ${action}: the stream broke off (reset)`,
  );
}
