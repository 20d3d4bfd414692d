/**
 * What messages hold, and how a receiver checks it: byte `i` of a message is a
 * hash of `i`, so that no table is needed, and a message that is cut, doubled,
 * swapped or shifted is found out by samples, at the same cost for everybody.
 *
 * @module
 */
import type { Mode, PartSink, Sink } from "./link.ts";

/** The contents repeat after this many bytes. */
export const PERIOD = 64 * 1024 * 1024;
/** Messages begin at this many different places of the pattern, in turn. */
const SHIFTS = 16;
/** One byte of so many is looked at. */
const SAMPLE_STRIDE = 4096;
/** So many bytes of the latest messages are kept alive, as an application would. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** The byte at `index` of the endless pattern. */
function patternByte(index: number): number {
  return Math.imul(index & (PERIOD - 1), 0x9e37_79b1) >>> 24;
}

/** Makes messages of one size. */
export class Payloads {
  readonly #payloads: Uint8Array[];

  /** Sets the contents up, once; `varied` false: each message the same. */
  constructor(size: number, varied = true) {
    const pattern = new Uint8Array(size + SHIFTS);
    const fresh = Math.min(pattern.length, PERIOD);
    for (let i = 0; i < fresh; i++) pattern[i] = patternByte(i);
    for (let at = PERIOD; at < pattern.length; at += PERIOD) {
      pattern.set(
        pattern.subarray(0, Math.min(PERIOD, size + SHIFTS - at)),
        at,
      );
    }
    this.#payloads = Array.from(
      { length: varied ? SHIFTS : 1 },
      (_, shift) => pattern.subarray(shift, shift + size),
    );
  }

  /** The contents of message `index`. */
  at(index: number): Uint8Array {
    return this.#payloads[index % this.#payloads.length]!;
  }
}

/** A message of any size, of which one chunk exists at a time; `period`: the contents of {@linkcode PERIOD} bytes. */
export async function* chunksOf(
  period: Uint8Array,
  size: number,
  chunkSize: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += chunkSize) {
    const start = at % PERIOD;
    yield period.subarray(start, start + Math.min(chunkSize, size - at));
  }
}

/** A receiving application that verifies each message and tells when it has had all of them. */
export class Inspector implements Sink {
  readonly size: number;
  readonly mode: Mode;
  /** Messages so far. */
  count = 0;
  /** Resolves when the expected number of messages has arrived. */
  readonly done: Promise<void>;
  readonly #expected: number;
  readonly #varied: boolean;
  readonly #kept: Uint8Array[];
  #finish!: () => void;

  /** Expects `expected` messages of `size` bytes. */
  constructor(size: number, expected: number, mode: Mode, varied = true) {
    this.size = size;
    this.mode = mode;
    this.#expected = expected;
    this.#varied = varied;
    const keep = Math.max(
      1,
      Math.min(1024, expected, Math.floor(KEPT_BYTES / size)),
    );
    this.#kept = new Array(keep).fill(new Uint8Array());
    this.done = new Promise((resolve) => this.#finish = resolve);
  }

  whole(bytes: Uint8Array): void {
    this.#kept[this.count % this.#kept.length] = bytes;
    if (bytes.length !== this.size) this.#fail(`has ${bytes.length} bytes`);
    this.lent(bytes, 0);
  }

  lent(memory: Uint8Array, start: number): void {
    this.#verify(memory, start, this.size, 0, this.#shift());
    this.#counted();
  }

  open(): PartSink {
    const shift = this.#shift();
    let received = 0;
    return {
      part: (bytes) => {
        this.#verify(bytes, 0, bytes.length, received, shift);
        received += bytes.length;
      },
      end: () => {
        if (received !== this.size) this.#fail(`has ${received} bytes`);
        this.#counted();
      },
    };
  }

  #shift(): number {
    return this.#varied ? this.count % SHIFTS : 0;
  }

  #verify(
    memory: Uint8Array,
    start: number,
    length: number,
    offset: number,
    shift: number,
  ): void {
    if (length === 0) return;
    const base = offset % PERIOD + shift;
    const turn = this.count % length;
    const last = length - 1;
    let good = memory[start] === patternByte(base) &&
      memory[start + turn] === patternByte(base + turn) &&
      memory[start + last] === patternByte(base + last);
    for (let i = SAMPLE_STRIDE; i < length; i += SAMPLE_STRIDE) {
      good &&= memory[start + i] === patternByte(base + i);
    }
    if (!good) this.#fail(`differs between ${offset} and ${offset + length}`);
  }

  #counted(): void {
    this.count += 1;
    if (this.count === this.#expected) this.#finish();
    if (this.count > this.#expected) this.#fail("is one too many");
  }

  #fail(what: string): never {
    throw new Error(
      `Cannot verify message ${this.count} of ${this.#expected}, ${this.size} bytes: it ${what}`,
    );
  }
}
