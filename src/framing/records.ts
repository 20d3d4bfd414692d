/**
 * Reads what the core found in received bytes, record by record, and names the
 * rule where the peer broke one.
 *
 * @module
 */
import {
  STATUS_ABORT_NOT_OPEN,
  STATUS_ALREADY_OPEN,
  STATUS_BEHIND_GOODBYE,
  STATUS_CONTROL_BEHIND_GOODBYE,
  STATUS_CONTROL_FORM,
  STATUS_CONTROL_LENGTH,
  STATUS_CONTROL_REASON,
  STATUS_CONTROL_SUBJECT,
  STATUS_EMPTY_MORE,
  STATUS_GOODBYE_COUNT,
  STATUS_GOODBYE_OPEN,
  STATUS_INDEX_NOT_NEXT,
  STATUS_INDEX_NOT_ZERO,
  STATUS_INDEX_TOO_HIGH,
  STATUS_OK,
  STATUS_REASON_MALFORMED,
  STATUS_REASON_TOO_LONG,
  STATUS_RESERVED_PART,
  STATUS_TOO_MANY_OPEN,
} from "../../asm/status.ts";
import {
  RECORD_ABORT,
  RECORD_CONTROL,
  RECORD_FIRST,
  RECORD_LAST,
  RECORD_SLOT_SHIFT,
} from "../../asm/wire.ts";
import { LektError } from "../base/errors.ts";
import { controlError, type ControlPacket, decodeControl } from "./control.ts";
import type { CoreHolder } from "./core.ts";

/** The number of a rule, and how it was broken. */
type BrokenRule = readonly [ruleId: string, fault: string];

const RULES: ReadonlyMap<number, BrokenRule> = new Map([
  [STATUS_INDEX_NOT_NEXT, ["F-1", "the part index is not the next one"]],
  [STATUS_INDEX_NOT_ZERO, [
    "F-1",
    "the id is not open and the part index is not 0",
  ]],
  [STATUS_ALREADY_OPEN, ["F-4", "the id is open and the part index is 0"]],
  [STATUS_EMPTY_MORE, ["F-3", "the packet has MORE and no payload"]],
  [STATUS_INDEX_TOO_HIGH, [
    "F-6",
    "the packet has MORE and the highest part index",
  ]],
  [STATUS_RESERVED_PART, ["F-7", "the part field has the reserved value"]],
  [STATUS_ABORT_NOT_OPEN, ["A-1", "it is aborted and its id is not open"]],
  [STATUS_REASON_TOO_LONG, ["A-2", "the reason of its Abort is too long"]],
  [STATUS_REASON_MALFORMED, ["A-3", "the reason of its Abort is malformed"]],
  [STATUS_TOO_MANY_OPEN, ["F-5", "too many messages are open"]],
  [STATUS_BEHIND_GOODBYE, [
    "G-2",
    "the packet comes behind its sender's Goodbye",
  ]],
]);

const CONTROL_RULES: ReadonlyMap<number, BrokenRule> = new Map([
  [STATUS_CONTROL_LENGTH, ["C-2", "its length is 0, or too long"]],
  [STATUS_CONTROL_FORM, ["C-6", "its body is not what its kind has"]],
  [STATUS_CONTROL_SUBJECT, [
    "C-5",
    "it names a message and is about the connection",
  ]],
  [STATUS_CONTROL_REASON, ["C-9", "its reason is malformed"]],
  [STATUS_GOODBYE_OPEN, ["G-3", "it is a Goodbye, and messages are open"]],
  [STATUS_GOODBYE_COUNT, ["G-4", "it is a Goodbye that counts other messages"]],
  [STATUS_CONTROL_BEHIND_GOODBYE, [
    "G-2",
    "its sender has said Goodbye before",
  ]],
]);

/** The error for a rule that the peer broke (`PROTOCOL.md`, sections 5 and 10). */
export function protocolError(status: number, messageId: number): LektError {
  const controlRule = CONTROL_RULES.get(status);
  if (controlRule) return controlError(...controlRule);
  const [ruleId, fault] = RULES.get(status) ?? [undefined, `status ${status}`];
  return new LektError(
    "PROTOCOL",
    `Cannot reassemble message ${messageId}: ${fault}`,
    { messageId, ...(ruleId && { ruleId }) },
  );
}

/** Takes what the core found. Slots are small numbers that stand for messages under way. */
export interface PartSink {
  /** Messages of one packet each, one behind the other, as the core's records; on loan. */
  takeMessages(records: Uint32Array): void;
  /** Bytes `offset` to `offset + size` of the receive region, with the `RECORD_` flags. */
  takePart(
    slot: number,
    messageId: number,
    offset: number,
    size: number,
    flags: number,
  ): void;
  /** The sender gave the message in this slot up. */
  takeAbort(slot: number, messageId: number, reason: string): void;
  /** A control packet; an error says which rule of the session it breaks, and nothing behind it is read. */
  takeControl(packet: ControlPacket): LektError | undefined;
}

const SINGLE_PACKET = RECORD_FIRST | RECORD_LAST;

/** Records that are read in one go: each may take microseconds, and a read may bring 20,000. */
const STEP_COUNT = 128;

/** So many messages of one packet that follow each other count as one. */
const RUN_COUNT = 4;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const NO_BYTES = new Uint8Array();

/** Reads the records of a core. */
export class RecordReader {
  #holder: CoreHolder;
  #reason = NO_BYTES;
  #at = 0;
  #end = 0;

  /** Reads the records of the core that `holder` has. */
  constructor(holder: CoreHolder) {
    this.#holder = holder;
  }

  /** Not all that was received was told: {@linkcode takeRest} is to follow, before anything else is received. */
  get hasRest(): boolean {
    return this.#at < this.#end;
  }

  /** Takes the first `size` bytes of the receive region and tells `sink` what they are, or what some of them are where they are much; returns an error where they break a rule. */
  receive(size: number, sink: PartSink): LektError | undefined {
    return this.#read(this.#holder.core.receive(size), sink);
  }

  /** The same for `size` bytes of payload that were read to another place; their offset means nothing. */
  receiveElsewhere(size: number, sink: PartSink): LektError | undefined {
    return this.#read(this.#holder.core.receiveElsewhere(size), sink);
  }

  /** Goes on with what was received and not told; the same as {@linkcode receive} otherwise. */
  takeRest(sink: PartSink): LektError | undefined {
    const { records } = this.#holder.core;
    const end = this.#end;
    let left = STEP_COUNT;
    for (let at = this.#at; at < end; at += 4) {
      if (left <= 0) {
        this.#at = at;
        return undefined;
      }
      left--;
      const flags = records[at]!;
      if (isSinglePacket(flags)) {
        const start = at;
        const runEnd = Math.min(end, at + 4 * RUN_COUNT * (left + 1));
        while (at + 4 < runEnd && isSinglePacket(records[at + 4]!)) at += 4;
        sink.takeMessages(records.subarray(start, at + 4));
        left -= (at - start) / (4 * RUN_COUNT);
        continue;
      }
      const slot = flags >>> RECORD_SLOT_SHIFT;
      if (flags & RECORD_CONTROL) {
        const body = this.#holder.core.controlBody(at);
        const packet = decodeControl(slot, records[at + 1]!, body);
        const error = sink.takeControl(packet);
        if (error) return this.#stop(error);
      } else if (flags & RECORD_ABORT) {
        this.#takeReason(records[at + 2]!, records[at + 3]!);
        if (flags & RECORD_LAST) {
          sink.takeAbort(slot, records[at + 1]!, this.#endReason());
        }
      } else {
        sink.takePart(
          slot,
          records[at + 1]!,
          records[at + 2]!,
          records[at + 3]!,
          flags,
        );
      }
    }
    const status = this.#holder.core.status;
    return this.#stop(
      status === STATUS_OK
        ? undefined
        : protocolError(status, this.#holder.core.packetMessageId),
    );
  }

  #read(count: number, sink: PartSink): LektError | undefined {
    this.#at = 0;
    this.#end = count * 4;
    return this.takeRest(sink);
  }

  #stop(error: LektError | undefined): LektError | undefined {
    this.#at = this.#end;
    return error;
  }

  #takeReason(offset: number, size: number): void {
    const region = this.#holder.core.receiveRegion;
    const reason = new Uint8Array(this.#reason.length + size);
    reason.set(this.#reason);
    reason.set(region.subarray(offset, offset + size), this.#reason.length);
    this.#reason = reason;
  }

  #endReason(): string {
    const reason = decoder.decode(this.#reason);
    this.#reason = NO_BYTES;
    return reason;
  }
}

function isSinglePacket(flags: number): boolean {
  return (flags & SINGLE_PACKET) === SINGLE_PACKET;
}
