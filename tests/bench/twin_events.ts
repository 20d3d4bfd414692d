/**
 * What the twin found, record by record: it hands events out as lekt does, so
 * that the benchmark compares the framing and not two ways to iterate.
 *
 * @module
 */
import type { FramingEvent, PartEvent } from "../../src/framing/mod.ts";
import type { LektError } from "../../src/base/errors.ts";

/** Numbers of one record: flags, id, then offset and size of bytes, or the index of a reason. */
export const RECORD_LENGTH = 4;

/** The message begins with these bytes. */
export const RECORD_FIRST = 1;

/** The message ends with these bytes. */
export const RECORD_LAST = 2;

/** The message was given up. */
export const RECORD_ABORT = 4;

/** What one read brought; each event is made when it is asked for. */
export class TwinEvents extends Iterator<FramingEvent, undefined> {
  #at = 0;
  #end: number;
  #records: Uint32Array;
  #memory: ArrayBuffer;
  #reasons: readonly string[];
  #failure: LektError | undefined;

  /** Reads `records` up to `end`; `failure` is thrown behind the last event. */
  constructor(
    end: number,
    records: Uint32Array,
    memory: ArrayBuffer,
    reasons: readonly string[],
    failure: LektError | undefined,
  ) {
    super();
    this.#end = end;
    this.#records = records;
    this.#memory = memory;
    this.#reasons = reasons;
    this.#failure = failure;
  }

  override next(): IteratorResult<FramingEvent, undefined> {
    const at = this.#at;
    if (at === this.#end) return this.#stop();
    this.#at = at + RECORD_LENGTH;
    const records = this.#records;
    const flags = records[at]!;
    const messageId = records[at + 1]!;
    if (flags & RECORD_ABORT) {
      const reason = this.#reasons[records[at + 2]!]!;
      return { value: { kind: "aborted", messageId, reason }, done: false };
    }
    const value: PartEvent = {
      kind: "part",
      messageId,
      payload: new Uint8Array(
        this.#memory,
        records[at + 2]!,
        records[at + 3]!,
      ),
      isFirst: (flags & RECORD_FIRST) !== 0,
      isLast: (flags & RECORD_LAST) !== 0,
    };
    return { value, done: false };
  }

  #stop(): IteratorResult<FramingEvent, undefined> {
    if (this.#failure) throw this.#failure;
    return { value: undefined, done: true };
  }
}
