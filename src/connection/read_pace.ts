/**
 * How one connection shares the event loop with the others while it reads:
 * between two reads, and within one that brought much.
 *
 * @module
 */
import type { Session } from "../session/session.ts";
import { SLICE_SIZE, TimeSlice } from "../transport/time_slice.ts";
import { yieldToAnswer, yieldToOthers } from "../transport/yield.ts";

/** Microtasks in which a reader that was given bytes asks for more, where it does so at once: a turn of the event loop takes longer. */
const READER_STEPS = 32;

/** The pace of one connection's reads. */
export class ReadPace {
  readonly #session: Session;
  #slice = new TimeSlice();

  /** Reads for `session`. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** What was read has not all been taken. */
  get hasRest(): boolean {
    return this.#session.exchange?.hasRest === true && !this.#session.error;
  }

  /** Whose time it is, for the other loops of the connection. */
  get owner(): number {
    return this.#slice.owner;
  }

  /** Bytes of the next read, at most: what is read is taken in one go. */
  get readSize(): number {
    return this.#slice.readSize;
  }

  /** Whether others are to have their turns before the `size` bytes that were read are taken; {@linkcode next} is to follow then. */
  isOver(nowMs: number, size: number): boolean {
    return this.#slice.isOver(nowMs, size);
  }

  /** Resolves when it may be taken. */
  next(): Promise<void> {
    return this.#slice.next();
  }

  /** Takes more of what was read, behind a pause where others need one. */
  async takeRest(): Promise<void> {
    // Only who has brought much has a rest.
    if (this.#slice.isOver(performance.now(), SLICE_SIZE)) {
      await this.#slice.next();
    }
    if (!this.hasRest) return;
    const error = this.#session.exchange!.takeRest();
    if (error) this.#session.fail(error);
  }

  /** Has those who wait for what was read go on before the next read begins; `wasFilled` says that there may be more at once. */
  async pause(wasFilled: boolean): Promise<void> {
    if (this.#session.isReaderDue) await this.#untilReader();
    // An answer goes out before the next read begins (round trip: 7 % less).
    else if (!wasFilled) await yieldToAnswer();
  }

  async #untilReader(): Promise<void> {
    for (let step = 0; step < READER_STEPS; step++) {
      await undefined;
      if (!this.#session.isReaderDue) return;
    }
    await yieldToOthers();
  }
}
