/**
 * The framing core: the only file that touches WASM memory. It makes an
 * instance, holds its views, and keeps a broken one from being used again.
 *
 * Each connection borrows one while something of it is under way. To make one
 * takes 10 µs and 1.25 MiB of address space, of which a process has enough for
 * some thousand; so where many are lent, a connection gives its own back behind
 * each read, also in the middle of a message.
 *
 * @module
 */
import type * as Exports from "./core.wasm";
import { assert } from "../base/assert.ts";
import { coreBytes } from "./core_wasm.ts";
import {
  OPEN_COUNT_MAX,
  OPEN_IDS_OFFSET,
  RECEIVE_OFFSET,
  RECEIVE_SIZE,
  RECORD_SIZE,
  RECORDS_OFFSET,
  SAVED_OFFSET,
  SEND_OFFSET,
  SEND_REGION_COUNT,
  SEND_SIZE,
} from "../../asm/wire.ts";

let compiled: WebAssembly.Module | undefined;

function instantiate(): typeof Exports {
  compiled ??= new WebAssembly.Module(coreBytes());
  return new WebAssembly.Instance(compiled).exports as typeof Exports;
}

/** Whoever has a core; who uses it asks each time, for it may be another one. */
export interface CoreHolder {
  /** The core of now. */
  readonly core: Core;
}

/** How far a stream is inside a packet. */
export interface PacketProgress {
  /** The id of the packet under way, or of the one that broke a rule. */
  readonly packetMessageId: number;
  /** Bytes of payload that the packet under way still lacks. */
  readonly payloadMissing: number;
  /** Bytes of payload that the packet under way has in all; of meaning only while payload is missing. */
  readonly payloadSize: number;
  /** Slot of the packet under way; of meaning only while payload is missing. */
  readonly payloadSlot: number;
  /** Bytes that have arrived of a packet header, or of a control packet with its header, that is not whole. */
  readonly headerReceived: number;
}

/** A stream between two reads, on its way from one core to another. */
export interface SavedStream extends PacketProgress {
  /** What {@linkcode Core.restore} makes of it what it was: some hundred bytes for one open message, at most 14 KiB. */
  readonly state: Uint8Array<ArrayBuffer>;
}

/** One instance of the core, for one connection at a time: a trap dies with it. */
export class Core implements PacketProgress {
  /** Where a transport puts what it reads; `receive` takes it from its start. */
  readonly receiveRegion: Uint8Array<ArrayBuffer>;
  /** The regions for sending, one behind the other. */
  readonly sendRegions: Uint8Array<ArrayBuffer>;
  /** What the last call to `receive` found: four numbers a record (`asm/wire.ts`). */
  readonly records: Uint32Array<ArrayBuffer>;
  #exports: typeof Exports;
  #isPoisoned = false;

  /** Makes an instance for version 1.`minor`; of each direction at most `openCountMax` messages are open at once. */
  constructor(openCountMax: number, minor = 0) {
    this.#exports = instantiate();
    const memory = (this.#exports.memory as unknown as WebAssembly.Memory)
      .buffer as ArrayBuffer;
    this.receiveRegion = new Uint8Array(memory, RECEIVE_OFFSET, RECEIVE_SIZE);
    this.sendRegions = new Uint8Array(
      memory,
      SEND_OFFSET,
      SEND_SIZE * SEND_REGION_COUNT,
    );
    this.records = new Uint32Array(
      memory,
      RECORDS_OFFSET,
      (RECEIVE_OFFSET - RECORDS_OFFSET) / RECORD_SIZE * 4,
    );
    this.reset(openCountMax, minor);
  }

  /** It failed before and must not be used. */
  get isPoisoned(): boolean {
    return this.#isPoisoned;
  }

  /** Forgets all that was received: the next bytes begin a stream of version 1.`minor`. */
  reset(openCountMax: number, minor = 0): void {
    this.#call(() => this.#exports.reset(openCountMax, minor));
  }

  /**
   * Goes on with a stream that was read elsewhere so far: `completedCount`
   * messages of it came whole, and its Goodbye did or not. Nothing may be open
   * or under way.
   */
  resume(minor: number, completedCount: number, hasGoodbye: boolean): void {
    this.#assertSound();
    try {
      this.#exports.resume(minor, completedCount, hasGoodbye ? 1 : 0);
    } catch (cause) {
      throw this.#poison(cause);
    }
  }

  /** Takes the stream out, of which no rule is broken and all records are read: nothing of it is left here. */
  save(): SavedStream {
    const {
      packetMessageId,
      payloadMissing,
      payloadSize,
      payloadSlot,
      headerReceived,
    } = this;
    const size = this.#call(() => this.#exports.save()) >>> 0;
    const { buffer } = this.receiveRegion;
    return {
      packetMessageId,
      payloadMissing,
      payloadSize,
      payloadSlot,
      headerReceived,
      state: new Uint8Array(buffer, SAVED_OFFSET, size).slice(),
    };
  }

  /** Goes on with a stream that was taken out, of this core or of another. Nothing may be open or under way here. */
  restore({ state }: SavedStream): void {
    const { buffer } = this.receiveRegion;
    new Uint8Array(buffer, SAVED_OFFSET, state.length).set(state);
    this.#call(() => this.#exports.restore(state.length));
  }

  /** Takes the first `size` bytes of the receive region; returns the count of records. */
  receive(size: number): number {
    this.#assertSound();
    try {
      return this.#exports.receive(size);
    } catch (cause) {
      throw this.#poison(cause);
    }
  }

  /** Takes `size` bytes of payload that were read to another place. */
  receiveElsewhere(size: number): number {
    return this.#call(() => this.#exports.receiveElsewhere(size));
  }

  /** The rule that the peer broke (`asm/status.ts`), or 0. */
  get status(): number {
    return this.#exports.receiveStatus();
  }

  /** The id of the packet under way, or of the one that broke a rule. */
  get packetMessageId(): number {
    return this.#exports.packetMessageId() >>> 0;
  }

  /** Bytes of payload that the packet under way still lacks. */
  get payloadMissing(): number {
    return this.#exports.payloadMissing() >>> 0;
  }

  /** Bytes of payload that the packet under way has in all; of meaning only while payload is missing. */
  get payloadSize(): number {
    return this.#exports.payloadSize() >>> 0;
  }

  /** Slot of the packet under way; of meaning only while payload is missing. */
  get payloadSlot(): number {
    return this.#exports.payloadSlot();
  }

  /** Bytes that have arrived of a packet header, or of a control packet with its header, that is not whole. */
  get headerReceived(): number {
    return this.#exports.headerReceived();
  }

  /** What the last call that received took cost of the windows: bytes of messages, and a fixed cost for each of their packets whose header became whole. */
  get receivedCost(): number {
    return this.#exports.receivedCost();
  }

  /** Parts of the open message in this slot that have begun. */
  partCount(slot: number): number {
    return this.#exports.partCount(slot) >>> 0;
  }

  /** Whether the Goodbye of this stream has come. */
  get hasGoodbye(): boolean {
    return this.#exports.isBehindGoodbye() !== 0;
  }

  /** What stands behind the kind of the control packet whose record is at `at`; lent until the next call that receives. */
  controlBody(at: number): Uint8Array<ArrayBuffer> {
    const { records } = this;
    return new Uint8Array(records.buffer, records[at + 2]!, records[at + 3]!);
  }

  /** The ids of all open messages, ascending. */
  openIds(): Uint32Array<ArrayBuffer> {
    const count = this.#call(() => this.#exports.listOpenIds());
    const { buffer } = this.receiveRegion;
    return new Uint32Array(buffer, OPEN_IDS_OFFSET, count).slice().sort();
  }

  /** Makes packets in place (see `asm/packetizer.ts`); returns their bytes. */
  packetize(
    offset: number,
    size: number,
    id: number,
    index: number,
    partSize: number,
    hasMore: boolean,
  ): number {
    this.#assertSound();
    try {
      return this.#exports.packetize(
        offset,
        size,
        id,
        index,
        partSize,
        hasMore ? 1 : 0,
      );
    } catch (cause) {
      throw this.#poison(cause);
    }
  }

  /** Writes one packet header at `offset` of the send regions. */
  writeHeader(offset: number, id: number, part: number, length: number): void {
    this.#assertSound();
    try {
      this.#exports.writeHeader(offset, id, part, length);
    } catch (cause) {
      throw this.#poison(cause);
    }
  }

  #call<T>(run: () => T): T {
    this.#assertSound();
    try {
      return run();
    } catch (cause) {
      throw this.#poison(cause);
    }
  }

  #assertSound(): void {
    if (this.#isPoisoned) {
      throw new Error("Cannot use the framing core: it failed before");
    }
  }

  #poison(cause: unknown): Error {
    this.#isPoisoned = true;
    return new Error("The framing core failed: this is a bug in lekt", {
      cause,
    });
  }
}

/** Cores that wait for the next connection. */
const SPARE_COUNT_MAX = 16;

/** So many may be kept by connections that wait for the rest of a message. */
const KEPT_COUNT_MAX = 64;

const spares: Core[] = [];
let lentCount = 0;

/** Whether so many are lent that whoever has one gives it back as soon as nothing of its memory is lent. */
export function areCoresScarce(): boolean {
  return lentCount >= KEPT_COUNT_MAX;
}

/** A core that nobody uses, to go on with a stream as `resume` does. */
export function borrowCore(
  minor = 0,
  completedCount = 0,
  hasGoodbye = false,
): Core {
  const core = takeCore();
  core.resume(minor, completedCount, hasGoodbye);
  lentCount++;
  return core;
}

/** The same, to go on with a stream that was taken out. */
export function borrowCoreFor(stream: SavedStream): Core {
  const core = takeCore();
  core.restore(stream);
  lentCount++;
  return core;
}

function takeCore(): Core {
  return spares.pop() ?? new Core(OPEN_COUNT_MAX);
}

/** Takes a core back of which no memory is lent any more; a clean one has nothing under way, and need not be reset (1 µs). */
export function returnCore(core: Core, isClean: boolean): void {
  assert(!spares.includes(core), "A core was given back twice");
  lentCount--;
  if (core.isPoisoned || spares.length >= SPARE_COUNT_MAX) return;
  if (!isClean) core.reset(OPEN_COUNT_MAX);
  spares.push(core);
}
