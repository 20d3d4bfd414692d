/**
 * Reassembling in plain TypeScript, made as fast as it can be: the core in WASM
 * is measured beside it. It checks every rule that the core checks, and the
 * tests compare it with the reference as they do the core.
 *
 * @module
 */
import type { FramingEvent } from "../../src/framing/mod.ts";
import {
  STATUS_ABORT_NOT_OPEN,
  STATUS_ALREADY_OPEN,
  STATUS_EMPTY_MORE,
  STATUS_INDEX_NOT_NEXT,
  STATUS_INDEX_NOT_ZERO,
  STATUS_INDEX_TOO_HIGH,
  STATUS_OK,
  STATUS_REASON_MALFORMED,
  STATUS_REASON_TOO_LONG,
  STATUS_RESERVED_PART,
  STATUS_TOO_MANY_OPEN,
} from "../../asm/status.ts";
import { LektError } from "../../src/base/errors.ts";
import { protocolError } from "../../src/framing/records.ts";
import { Utf8Checker } from "../reference/utf8.ts";
import {
  RECORD_ABORT,
  RECORD_FIRST,
  RECORD_LAST,
  RECORD_LENGTH,
  TwinEvents,
} from "./twin_events.ts";
import { copyWords, WORD_COPY_SIZE_MAX } from "./twin_copy.ts";

const HEADER_SIZE = 12;
const MORE = 0x8000_0000;
const INDEX_MAX = 0x7fff_fffe;
const ABORT_PART = 0x7fff_ffff;
const RESERVED_PART = 0xffff_ffff;
const REASON_SIZE_MAX = 1023;
const REGION_SIZE = 0x4_0000;

const RECORD_COUNT_MAX = Math.ceil(REGION_SIZE / HEADER_SIZE) + 2;

/** A message of which a packet has arrived; `nextIndex` is 0 until it is open. */
interface Message {
  messageId: number;
  nextIndex: number;
  hasBytes: boolean;
}

/** The reason of an Abort, as far as it has arrived. */
interface Reason {
  checker: Utf8Checker;
  bytes: number[];
}

/** Packets to messages, in any cut of the stream. */
export class TwinReassembler {
  readonly #region = new Uint8Array(REGION_SIZE);
  readonly #memory = this.#region.buffer;
  readonly #view = new DataView(this.#memory);
  readonly #header = new Uint8Array(HEADER_SIZE);
  readonly #headerView = new DataView(this.#header.buffer);
  readonly #open = new Map<number, Message>();
  readonly #openMax: number;
  #headerFill = 0;
  #status = STATUS_OK;
  #failure: LektError | undefined;
  readonly #records = new Uint32Array(RECORD_COUNT_MAX * RECORD_LENGTH);
  #recordsEnd = 0;
  #reasons: string[] = [];

  // The packet under way.
  #message: Message = { messageId: 0, nextIndex: 0, hasBytes: false };
  #payloadLeft = 0;
  #isLast = false;
  #reason: Reason | undefined;

  // The bytes that neighbouring parts of one message have been moved to.
  #run: Message | undefined;
  #runStart = 0;
  #runEnd = 0;

  /** Takes `maxOpenMessages` as `Reassembler` does. */
  constructor(options: { maxOpenMessages?: number } = {}) {
    this.#openMax = options.maxOpenMessages ?? 1024;
  }

  /** The memory that a transport reads into. */
  receiveBuffer(): Uint8Array<ArrayBuffer> {
    return this.#region;
  }

  /** Takes the first `size` bytes of the buffer. */
  receive(size: number): IteratorObject<FramingEvent, undefined> {
    if (this.#failure) throw this.#failure;
    this.#recordsEnd = 0;
    this.#reasons = [];
    this.#take(size);
    this.#endRun(false);
    return new TwinEvents(
      this.#recordsEnd,
      this.#records,
      this.#memory,
      this.#reasons,
      this.#failure,
    );
  }

  /** The same for bytes that lie elsewhere. */
  *push(bytes: Uint8Array): Generator<FramingEvent, undefined> {
    for (let offset = 0; offset < bytes.length; offset += REGION_SIZE) {
      const piece = bytes.subarray(offset, offset + REGION_SIZE);
      this.#region.set(piece);
      yield* this.receive(piece.length);
    }
  }

  /** Throws `TRUNCATED` where the stream must not end here. */
  end(): void {
    const isWhole = this.#open.size === 0 && this.#payloadLeft === 0 &&
      this.#headerFill === 0;
    if (!isWhole) throw new LektError("TRUNCATED", "Cannot reassemble");
  }

  #take(size: number): void {
    let offset = 0;
    while (offset < size && this.#failure === undefined) {
      if (this.#payloadLeft > 0) {
        const taken = Math.min(this.#payloadLeft, size - offset);
        this.#takePayload(offset, taken);
        offset += taken;
      } else if (this.#headerFill > 0 || size - offset < HEADER_SIZE) {
        offset += this.#takeHeader(offset, size);
      } else {
        offset = this.#takePackets(offset, size);
      }
    }
  }

  /** Takes packets of which the headers are whole; returns the offset behind the last one. */
  #takePackets(start: number, size: number): number {
    let offset = start;
    while (size - offset >= HEADER_SIZE && this.#failure === undefined) {
      offset = this.#run
        ? this.#extendRun(this.#run, offset, size)
        : this.#takeSingles(offset, size);
      if (size - offset < HEADER_SIZE) return offset;
      this.#beginPacket(this.#view, offset);
      if (this.#failure) return offset;
      offset += HEADER_SIZE;
      const taken = Math.min(this.#payloadLeft, size - offset);
      if (taken === this.#payloadLeft || taken > 0) {
        this.#takePayload(offset, taken);
        offset += taken;
      }
    }
    return offset;
  }

  /** Takes whole packets while they are small parts with MORE that go on where `run` stopped. */
  #extendRun(run: Message, start: number, size: number): number {
    const view = this.#view;
    const { messageId } = run;
    let { nextIndex } = run;
    let to = this.#runEnd;
    let offset = start;
    while (size - offset >= HEADER_SIZE && nextIndex < INDEX_MAX) {
      const length = view.getUint32(offset + 8);
      let from = offset + HEADER_SIZE;
      const end = from + length;
      if (
        view.getUint32(offset) !== messageId ||
        view.getUint32(offset + 4) !== nextIndex + MORE ||
        length === 0 || length > WORD_COPY_SIZE_MAX || end > size
      ) break;
      nextIndex++;
      for (const wideEnd = end - 31; from < wideEnd; from += 32, to += 32) {
        view.setBigUint64(to, view.getBigUint64(from, true), true);
        view.setBigUint64(to + 8, view.getBigUint64(from + 8, true), true);
        view.setBigUint64(to + 16, view.getBigUint64(from + 16, true), true);
        view.setBigUint64(to + 24, view.getBigUint64(from + 24, true), true);
      }
      for (; from < end; from++, to++) {
        view.setUint8(to, view.getUint8(from));
      }
      offset = end;
    }
    run.nextIndex = nextIndex;
    this.#runEnd = to;
    return offset;
  }

  /** Takes whole packets while they are messages of one packet. */
  #takeSingles(start: number, size: number): number {
    const view = this.#view;
    let offset = start;
    while (size - offset >= HEADER_SIZE && view.getUint32(offset + 4) === 0) {
      const messageId = view.getUint32(offset);
      const from = offset + HEADER_SIZE;
      const end = from + view.getUint32(offset + 8);
      const isOpen = this.#open.size > 0 && this.#open.has(messageId);
      if (isOpen || end > size) break;
      this.#record(RECORD_FIRST + RECORD_LAST, messageId, from, end - from);
      offset = end;
    }
    return offset;
  }

  #takeHeader(offset: number, size: number): number {
    const fill = this.#headerFill;
    const taken = Math.min(HEADER_SIZE - fill, size - offset);
    this.#header.set(this.#region.subarray(offset, offset + taken), fill);
    this.#headerFill += taken;
    if (this.#headerFill < HEADER_SIZE) {
      this.#judgeBegunHeader();
    } else {
      this.#headerFill = 0;
      this.#beginPacket(this.#headerView, 0);
      if (this.#failure === undefined && this.#payloadLeft === 0) {
        this.#takePayload(offset + taken, 0);
      }
    }
    return taken;
  }

  #judgePart(messageId: number, part: number): number {
    if (part === RESERVED_PART) return STATUS_RESERVED_PART;
    const message = this.#open.get(messageId);
    if (part === ABORT_PART) {
      return message ? STATUS_OK : STATUS_ABORT_NOT_OPEN;
    }
    const index = part & ABORT_PART;
    if (message === undefined) {
      if (index !== 0) return STATUS_INDEX_NOT_ZERO;
      return part !== 0 && this.#open.size >= this.#openMax
        ? STATUS_TOO_MANY_OPEN
        : STATUS_OK;
    }
    if (index === 0) return STATUS_ALREADY_OPEN;
    if (index !== message.nextIndex) return STATUS_INDEX_NOT_NEXT;
    return part !== index && index === INDEX_MAX
      ? STATUS_INDEX_TOO_HIGH
      : STATUS_OK;
  }

  #judgeLength(part: number, length: number): number {
    if (part === ABORT_PART) {
      return length > REASON_SIZE_MAX ? STATUS_REASON_TOO_LONG : STATUS_OK;
    }
    return part >= MORE && length === 0 ? STATUS_EMPTY_MORE : STATUS_OK;
  }

  #judgeBegunHeader(): void {
    const fill = this.#headerFill;
    if (fill <= 4) return;
    this.#header.fill(0, fill);
    const messageId = this.#headerView.getUint32(0);
    const part = this.#headerView.getUint32(4);
    if (fill >= 8) {
      const length = this.#headerView.getUint32(8);
      const fault = this.#judgePart(messageId, part) ||
        (part === ABORT_PART ? this.#judgeLength(part, length) : STATUS_OK);
      return this.#fail(fault, messageId);
    }
    const mask = -1 << ((8 - fill) * 8);
    const next = this.#open.get(messageId)?.nextIndex ?? 0;
    const isFull = next === 0 && this.#open.size >= this.#openMax;
    const isPossible = part >> 0 === (next & mask) ||
      (!isFull && next < INDEX_MAX && part >> 0 === ((next | MORE) & mask)) ||
      (next > 0 && part >> 0 === (ABORT_PART & mask));
    if (!isPossible) this.#fail(this.#judgePart(messageId, part), messageId);
  }

  #fail(status: number, messageId: number): void {
    this.#status = status;
    if (status !== STATUS_OK) this.#failure = protocolError(status, messageId);
  }

  #beginPacket(view: DataView, offset: number): void {
    const messageId = view.getUint32(offset);
    const part = view.getUint32(offset + 4);
    const length = view.getUint32(offset + 8);
    const fault = this.#judgePart(messageId, part) ||
      this.#judgeLength(part, length);
    if (fault !== STATUS_OK) return this.#fail(fault, messageId);
    this.#payloadLeft = length;
    this.#isLast = part < MORE;
    this.#reason = part === ABORT_PART
      ? { checker: new Utf8Checker(), bytes: [] }
      : undefined;
    const known = part === 0 || part === MORE
      ? undefined
      : this.#open.get(messageId);
    this.#message = known ?? { messageId, nextIndex: 0, hasBytes: false };
    if (this.#reason) return;
    if (part >= MORE && known === undefined) {
      this.#open.set(messageId, this.#message);
    }
    this.#message.nextIndex++;
  }

  #takePayload(offset: number, size: number): void {
    this.#payloadLeft -= size;
    if (this.#reason) return this.#takeReason(this.#reason, offset, size);
    const message = this.#message;
    if (message !== this.#run) {
      this.#endRun(false);
      this.#startRun(message, offset, size);
    } else if (size <= WORD_COPY_SIZE_MAX) {
      copyWords(this.#view, this.#runEnd, this.#view, offset, size);
      this.#runEnd += size;
    } else {
      this.#endRun(false);
      this.#startRun(message, offset, size);
    }
    if (this.#isLast && this.#payloadLeft === 0) {
      this.#endRun(true);
      this.#open.delete(message.messageId);
    }
  }

  #startRun(message: Message, offset: number, size: number): void {
    this.#run = message;
    this.#runStart = offset;
    this.#runEnd = offset + size;
  }

  #endRun(isLast: boolean): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    this.#record(
      (run.hasBytes ? 0 : RECORD_FIRST) + (isLast ? RECORD_LAST : 0),
      run.messageId,
      this.#runStart,
      this.#runEnd - this.#runStart,
    );
    run.hasBytes = true;
  }

  #takeReason(reason: Reason, offset: number, size: number): void {
    const { messageId } = this.#message;
    this.#endRun(false);
    for (let at = offset; at < offset + size; at++) {
      const byte = this.#region[at]!;
      if (byte === 0 || !reason.checker.push(byte)) {
        return this.#fail(STATUS_REASON_MALFORMED, messageId);
      }
      reason.bytes.push(byte);
    }
    if (reason.checker.missingCount > this.#payloadLeft) {
      return this.#fail(STATUS_REASON_MALFORMED, messageId);
    }
    if (this.#payloadLeft > 0) return;
    const text = new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(Uint8Array.from(reason.bytes));
    this.#open.delete(messageId);
    this.#record(RECORD_ABORT, messageId, this.#reasons.length, 0);
    this.#reasons.push(text);
  }

  #record(
    flags: number,
    messageId: number,
    offset: number,
    size: number,
  ): void {
    const at = this.#recordsEnd;
    const records = this.#records;
    records[at] = flags;
    records[at + 1] = messageId;
    records[at + 2] = offset;
    records[at + 3] = size;
    this.#recordsEnd = at + RECORD_LENGTH;
  }
}
