/**
 * Small messages while one very large message is under way on the same link.
 *
 * @module
 */
import type { Link, PartSink, Sink } from "./link.ts";
import { chunksOf, Payloads, PERIOD } from "./pattern.ts";
import { now } from "./clock.ts";

const SMALL_SIZE = 64;
const CHUNK_SIZE = 256 * 1024;
const INTERVAL_MS = 1;

/** What the sender did; `at` in milliseconds since the epoch. */
export interface OvertakeSent {
  at: number;
  smallCount: number;
}

/** Ends {@linkcode sendOvertake}: the receiver has the large message. */
export interface Stop {
  stopped: boolean;
}

/** What the receiver saw: latencies in milliseconds, from `send` to the application. */
export interface OvertakeReceived {
  at: number;
  latencies: number[];
}

/** Sends the large message, and a small one each millisecond until it is there. */
export async function sendOvertake(
  link: Link,
  size: number,
  stop: Stop,
): Promise<OvertakeSent> {
  const streams = link.sendStream !== undefined;
  const payload = new Payloads(streams ? PERIOD : size, false).at(0);
  const at = now();
  const large = streams
    ? link.sendStream!(chunksOf(payload, size, CHUNK_SIZE), size)
    : link.send(payload);
  let smallCount = 0;
  while (!stop.stopped) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    const small = new Uint8Array(SMALL_SIZE);
    new DataView(small.buffer).setFloat64(0, now());
    smallCount += 1;
    void link.send(small);
    void link.flush();
  }
  await large;
  return { at, smallCount };
}

/** Takes both kinds of message. */
export class OvertakeSink implements Sink {
  readonly mode = "concurrent";
  readonly size: number;
  readonly #smalls: { sentAt: number; latency: number }[] = [];
  #largeAt = 0;
  #changed: () => void = () => {};

  /** The large message has `size` bytes. */
  constructor(size: number) {
    this.size = size;
  }

  whole(bytes: Uint8Array): void {
    if (bytes.length === SMALL_SIZE) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const sentAt = view.getFloat64(0);
      this.#smalls.push({ sentAt, latency: now() - sentAt });
    } else {
      this.#largeEnded(bytes.length);
    }
    this.#changed();
  }

  lent(): void {
    throw new Error("Cannot tell small messages from large: there is no frame");
  }

  open(): PartSink {
    let received = 0;
    const small = new Uint8Array(SMALL_SIZE);
    return {
      part: (bytes) => {
        if (received + bytes.length <= SMALL_SIZE) small.set(bytes, received);
        received += bytes.length;
      },
      end: () => {
        if (received === SMALL_SIZE) return this.whole(small);
        this.#largeEnded(received);
        this.#changed();
      },
    };
  }

  #largeEnded(received: number): void {
    if (received !== this.size) {
      throw new Error(`Cannot verify the large message: it has ${received}`);
    }
    this.#largeAt = now();
  }

  /** Resolves when the large message is there. */
  async largeReceived(): Promise<void> {
    while (this.#largeAt === 0) await this.#change();
  }

  /** Resolves when so many small messages are there, too. */
  async finish(smallCount: number): Promise<OvertakeReceived> {
    await this.largeReceived();
    while (this.#smalls.length < smallCount) await this.#change();
    const at = this.#largeAt;
    const meanwhile = this.#smalls.filter(({ sentAt }) => sentAt < at);
    return { at, latencies: meanwhile.map(({ latency }) => latency) };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed = resolve);
  }
}
