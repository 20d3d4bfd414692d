/**
 * What a message costs that nothing but the kernel's queue holds up: the bulk
 * of `overtake.ts` over a link without messages, each write headed by a record
 * that says when it was handed over.
 *
 * @module
 */
import type { Link, PartSink, Sink } from "./link.ts";
import type { OvertakeReceived, OvertakeSent } from "./overtake.ts";
import { now } from "./clock.ts";
import { Payloads } from "./pattern.ts";

const RECORD_SIZE = 64;
const INTERVAL_MS = 1;

/** Sends `size` bytes in writes of `writeSize`. Each millisecond the application has something to say: the next write tells when that was. */
export async function sendStamped(
  link: Link,
  size: number,
  writeSize: number,
): Promise<OvertakeSent> {
  const memory = new Payloads(writeSize, false).at(0);
  const record = new DataView(memory.buffer, memory.byteOffset, RECORD_SIZE);
  let smallCount = 0;
  let saidAt = now();
  let isOver = false;
  async function speak(): Promise<void> {
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
      saidAt ||= now();
    }
  }
  async function* writes(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < size; at += writeSize) {
      if (saidAt > 0) smallCount += 1;
      record.setFloat64(0, saidAt);
      saidAt = 0;
      record.setFloat64(8, at);
      yield memory.subarray(0, Math.min(writeSize, size - at));
    }
  }
  const at = now();
  const speaking = speak();
  await link.sendStream!(writes(), size);
  isOver = true;
  await speaking;
  return { at, smallCount };
}

/** Takes the bulk, and the time that each record took. */
export class StampedSink implements Sink {
  readonly mode = "stream";
  readonly size: number;
  /** Resolves when all has arrived. */
  readonly ended: Promise<OvertakeReceived>;
  readonly #writeSize: number;
  readonly #record = new Uint8Array(RECORD_SIZE);
  readonly #latencies: number[] = [];
  #received = 0;
  #resolve!: (received: OvertakeReceived) => void;

  /** Both as they were told to {@linkcode sendStamped}. */
  constructor(size: number, writeSize: number) {
    this.size = size;
    this.#writeSize = writeSize;
    this.ended = new Promise((resolve) => this.#resolve = resolve);
  }

  whole(): void {
    this.lent();
  }

  lent(): void {
    throw new Error("Cannot take whole messages: only a bulk was expected");
  }

  open(): PartSink {
    return {
      part: (bytes) => {
        for (let at = 0; at < bytes.length;) at += this.#take(bytes, at);
      },
      end: () => this.#resolve({ at: now(), latencies: this.#latencies }),
    };
  }

  /** Up to the end of a record, or up to the next one. */
  #take(bytes: Uint8Array, at: number): number {
    const place = this.#received % this.#writeSize;
    const isRecord = place < RECORD_SIZE;
    const missing = (isRecord ? RECORD_SIZE : this.#writeSize) - place;
    const size = Math.min(missing, bytes.length - at);
    if (isRecord) this.#record.set(bytes.subarray(at, at + size), place);
    this.#received += size;
    if (isRecord && size === missing) this.#recordEnded();
    return size;
  }

  #recordEnded(): void {
    const record = new DataView(this.#record.buffer);
    const sentAt = record.getFloat64(0);
    const offset = record.getFloat64(8);
    if (offset !== this.#received - RECORD_SIZE) {
      throw new Error(`Cannot verify the record: it says offset ${offset}`);
    }
    if (sentAt > 0) this.#latencies.push(now() - sentAt);
  }
}
