/**
 * Standard output and standard error, written without ever standing in the
 * way of the rest.
 *
 * @module
 */

import { concat } from "@std/bytes";

/** From this many waiting bytes on, whoever produces output waits. */
const HIGH_WATER_MARK = 1024 * 1024;

const ENCODER = new TextEncoder();

/** Where output goes: the part of `Deno.stdout` that is used. */
export interface Sink {
  /** Writes some bytes and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** The same, at once. */
  writeSync(bytes: Uint8Array): number;
  /** Whether a person looks at it. */
  isTerminal(): boolean;
}

/** One of the two output streams. */
export class Output {
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  /** Resolves when nothing can be written any more. */
  readonly broken: Promise<void>;
  readonly #sink: Sink;
  readonly #queue: Uint8Array[] = [];
  #queuedSize = 0;
  #fault: unknown;
  #writing: Promise<void> | undefined;
  #wake = Promise.withResolvers<void>();
  #onBroken: () => void;

  /** Takes the stream over. */
  constructor(sink: Sink) {
    this.#sink = sink;
    this.isTerminal = sink.isTerminal();
    const broken = Promise.withResolvers<void>();
    this.broken = broken.promise;
    this.#onBroken = broken.resolve;
  }

  /** What was thrown when nothing could be written any more; `undefined` while all goes well. */
  get fault(): unknown {
    return this.#fault;
  }

  /** Puts text behind what waits already; to a terminal it goes at once. */
  write(text: string): void {
    if (this.#fault !== undefined) return;
    const bytes = ENCODER.encode(text);
    if (this.isTerminal) {
      this.#writeNow(bytes);
      return;
    }
    this.#queue.push(bytes);
    this.#queuedSize += bytes.length;
    this.#writing ??= this.#drain();
  }

  /** The same, but text that nobody reads is dropped when too much of it waits. */
  writeOrDrop(text: string): void {
    if (this.#queuedSize < HIGH_WATER_MARK) this.write(text);
  }

  /** Resolves when there is room for more. */
  async ready(): Promise<void> {
    while (this.#queuedSize >= HIGH_WATER_MARK) await this.#wake.promise;
  }

  /** Resolves when all has been written. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #writeNow(bytes: Uint8Array): void {
    try {
      let offset = 0;
      while (offset < bytes.length) {
        offset += this.#sink.writeSync(bytes.subarray(offset));
      }
    } catch (error) {
      this.#break(error);
    }
  }

  async #drain(): Promise<void> {
    try {
      for (let bytes = this.#take(); bytes; bytes = this.#take()) {
        let offset = 0;
        while (offset < bytes.length) {
          offset += await this.#sink.write(bytes.subarray(offset));
        }
      }
    } catch (error) {
      this.#break(error);
    }
    this.#writing = undefined;
  }

  /** All that waits, as one: a write per line would cost a system call each. */
  #take(): Uint8Array | undefined {
    if (this.#queue.length === 0) return undefined;
    const bytes = concat(this.#queue);
    this.#queue.length = 0;
    this.#queuedSize = 0;
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
    return bytes;
  }

  #break(error: unknown): void {
    this.#fault = error;
    this.#take();
    this.#onBroken();
  }
}
