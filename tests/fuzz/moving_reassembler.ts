/**
 * A reassembler whose stream moves from one core to another between two reads,
 * at random, as those of connections do where cores are scarce.
 *
 * @module
 */
import { OPEN_COUNT_MAX, RECORD_FIRST, RECORD_LAST } from "../../asm/wire.ts";
import { LektError } from "../../src/base/errors.ts";
import { Core } from "../../src/framing/core.ts";
import type { EventOf } from "../../src/framing/mod.ts";
import { type PartSink, RecordReader } from "../../src/framing/records.ts";
import type { Traceable } from "../reference/trace.ts";
import { compareIndex } from "./framing_fuzz.ts";
import { Prng } from "./prng.ts";

const MORE = 0x8000_0000;

/** The cores of the one stream that is read at a time. */
const cores = Array.from({ length: 4 }, () => new Core(OPEN_COUNT_MAX));

/** Reads a stream with one core after the other. */
class MovingReassembler implements Traceable {
  core: Core;
  #prng: Prng;
  #hasControl: boolean;
  #reader = new RecordReader(this);

  constructor(prng: Prng, openMax: number, minor: 0 | 1) {
    this.#prng = prng;
    this.#hasControl = minor > 0;
    for (const [at, core] of cores.entries()) {
      if (core.isPoisoned) cores[at] = new Core(OPEN_COUNT_MAX);
      cores[at]!.reset(prng.pick([1, 3, OPEN_COUNT_MAX]), prng.between(0, 1));
    }
    this.core = cores[0]!;
    this.core.reset(openMax, minor);
  }

  receiveBuffer(): Uint8Array<ArrayBuffer> {
    return this.core.receiveRegion;
  }

  receive(size: number): IteratorObject<EventOf<1>, undefined> {
    const events: EventOf<1>[] = [];
    return throwBehind(events, this.#take(size, events));
  }

  #take(size: number, events: EventOf<1>[]): LektError | undefined {
    const sink = this.#sinkOf(events);
    let error = this.#reader.receive(size, sink);
    while (this.#reader.hasRest && !error) error = this.#reader.takeRest(sink);
    if (!error) this.#move();
    return error;
  }

  push(bytes: Uint8Array): IteratorObject<EventOf<1>, undefined> {
    const { length } = this.core.receiveRegion;
    const events: EventOf<1>[] = [];
    let error: LektError | undefined;
    for (let at = 0; at < bytes.length && !error; at += length) {
      const piece = bytes.subarray(at, at + length);
      this.core.receiveRegion.set(piece);
      error = this.#take(piece.length, events);
    }
    return throwBehind(events, error);
  }

  end(): void {
    const { payloadMissing, headerReceived, hasGoodbye } = this.core;
    const isWhole = this.core.openIds().length === 0 && payloadMissing === 0 &&
      headerReceived === 0 && (hasGoodbye || !this.#hasControl);
    if (!isWhole) throw new LektError("TRUNCATED", "The stream is not whole");
  }

  #sinkOf(events: EventOf<1>[]): PartSink {
    return {
      takeMessages: (records): void => {
        for (let at = 0; at < records.length; at += 4) {
          const [flags, id, offset, size] = records.subarray(at, at + 4);
          events.push(this.#part(id!, offset!, size!, flags!));
        }
      },
      takePart: (_slot, id, offset, size, flags): void => {
        events.push(this.#part(id, offset, size, flags));
      },
      takeAbort: (_slot, messageId, reason): void => {
        events.push({ kind: "aborted", messageId, reason });
      },
      takeControl: (packet): undefined => {
        const messageId = "messageId" in packet ? packet.messageId : 0;
        events.push({ kind: "control", messageId, packet });
      },
    };
  }

  #part(
    messageId: number,
    offset: number,
    size: number,
    flags: number,
  ): EventOf<1> {
    return {
      kind: "part",
      messageId,
      payload: this.core.receiveRegion.slice(offset, offset + size),
      isFirst: (flags & RECORD_FIRST) !== 0,
      isLast: (flags & RECORD_LAST) !== 0,
    };
  }

  /** Leaves the core to others, who use it, and goes on with another, or with the same. */
  #move(): void {
    if (this.#prng.oneIn(2)) return;
    const saved = this.core.save();
    const core = this.#prng.pick(cores);
    if (this.#prng.oneIn(4)) this.#useBriefly(core);
    core.restore(saved);
    this.core = core;
  }

  /** As another stream leaves it. */
  #useBriefly(core: Core): void {
    core.resume(0, 0, false);
    const view = new DataView(core.receiveRegion.buffer);
    const at = core.receiveRegion.byteOffset;
    view.setUint32(at, this.#prng.uint32());
    view.setUint32(at + 4, MORE);
    view.setUint32(at + 8, 5);
    core.receive(12);
    core.save();
  }
}

function* throwBehind(
  events: EventOf<1>[],
  error: LektError | undefined,
): Generator<EventOf<1>, undefined> {
  yield* events;
  if (error) throw error;
}

/** Compares the stream `index` of `seed`, which moves between cores, with the reference; `undefined` where all is the same. */
export function compareMoving(seed: string, index: number): string | undefined {
  const prng = new Prng(`${seed} moving`, index);
  return compareIndex(seed, index, {
    make: (openMax, minor) => new MovingReassembler(prng, openMax, minor),
  });
}
