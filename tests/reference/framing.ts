/**
 * Framing as slow and as obvious as it can be: the oracle that the WASM core is
 * tested against. It reads one byte at a time and, at each, asks whether any
 * valid packet still begins like that (`PROTOCOL.md`, section 5).
 *
 * @module
 */
import type { ControlPacket } from "@lekt/lekt/framing";
import {
  CONTROL_BODY_SIZE_MAX,
  controlBody,
  controlFault,
  type ControlRule,
  readControl,
} from "./control.ts";
import { Utf8Checker } from "./utf8.ts";

const MORE = 0x8000_0000;
const ABORT_PART = 0x7fff_ffff;
const CONTROL_PART = 0xffff_ffff;
const INDEX_MAX = 0x7fff_fffe;
const REASON_SIZE_MAX = 1023;

/** What a packet of a message costs of the windows, besides its bytes. */
const PACKET_COST = 32;

/** Which rule of sections 5 and 10 a stream broke. */
export type Rule =
  | ControlRule
  | "behindGoodbye"
  | "indexNotNext"
  | "indexNotZero"
  | "alreadyOpen"
  | "emptyMore"
  | "indexTooHigh"
  | "reservedPart"
  | "abortNotOpen"
  | "reasonTooLong"
  | "reasonMalformed"
  | "tooManyOpen";

/**
 * A broken rule, and the byte of the stream at which that was known. The rule is
 * named after all of the part field that had arrived by then, as if zeros
 * followed: where the first byte alone is wrong, more of them tell more.
 */
export interface Fault {
  rule: Rule;
  offset: number;
  messageId: number;
}

/** A message that is over, in the order in which messages ended. */
export interface EndedMessage {
  messageId: number;
  bytes: Uint8Array;
  /** Given where the sender aborted it. */
  reason?: string;
}

/** A control packet, and how many messages were over when it came. */
export interface ReceivedControl {
  endedCount: number;
  messageId: number;
  packet: ControlPacket;
}

interface OpenMessage {
  nextIndex: number;
  bytes: number[];
}

/** The packet under way, from the end of its header to its last byte. */
interface Packet {
  messageId: number;
  kind: "more" | "last" | "abort" | "control";
  message: OpenMessage;
  missingSize: number;
  /** The reason of an Abort, or the body of a control packet. */
  body: number[];
  text: Utf8Checker;
}

function readUint32(bytes: readonly number[], offset: number): number {
  let value = 0;
  for (let index = offset; index < offset + 4; index++) {
    value = value * 256 + bytes[index]!;
  }
  return value;
}

function byteOf(value: number, index: number): number {
  return Math.floor(value / 256 ** (3 - index)) % 256;
}

/** Packets to messages, a byte at a time. */
export class ReferenceReassembler {
  /** Messages that are over, complete or aborted. */
  readonly ended: EndedMessage[] = [];
  /** What broke the protocol; nothing is read behind it. */
  fault: Fault | undefined;
  /** How many bytes of messages have been handed out. */
  payloadSize = 0;
  /** What the packets of messages cost of the windows. */
  cost = 0;
  /** Control packets of the kinds that version 1.1 has. */
  readonly controls: ReceivedControl[] = [];
  /** Whether the sender's Goodbye has come. */
  hasGoodbye = false;

  readonly #openMax: number;
  readonly #minor: 0 | 1;
  #completedCount = 0;
  readonly #open = new Map<number, OpenMessage>();
  #header: number[] = [];
  #packet: Packet | undefined;
  #offset = 0;

  /** Makes a reassembler that lets `openMax` messages be open at once, for version 1.`minor`. */
  constructor(openMax = 1024, minor: 0 | 1 = 0) {
    this.#openMax = openMax;
    this.#minor = minor;
  }

  /** The bytes so far of each message that is not over, by ascending id. */
  get incomplete(): [messageId: number, bytes: Uint8Array][] {
    const messages = new Map(this.#open);
    if (this.#packet && this.#packet.kind !== "control") {
      messages.set(this.#packet.messageId, this.#packet.message);
    }
    return [...messages]
      .sort(([a], [b]) => a - b)
      .map(([messageId, { bytes }]) => [messageId, Uint8Array.from(bytes)]);
  }

  /** Whether the stream may end here: between two packets, no message open, and in version 1.1 behind a Goodbye. */
  get mayEnd(): boolean {
    return (this.#minor === 0 || this.hasGoodbye) && this.fault === undefined &&
      this.#header.length === 0 &&
      this.#packet === undefined && this.#open.size === 0;
  }

  /** Takes bytes that arrived together, until one of them shows a fault. */
  push(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length && !this.fault; index++) {
      const rule = this.#packet
        ? this.#pushPayload(this.#packet, bytes[index]!)
        : this.#pushHeader(bytes[index]!, bytes.subarray(index + 1));
      if (rule) {
        const messageId = this.#packet?.messageId ??
          readUint32(this.#header, 0);
        this.fault = { rule, offset: this.#offset, messageId };
      }
      this.#offset++;
    }
  }

  #pushHeader(byte: number, arrivedBehind: Uint8Array): Rule | undefined {
    this.#header.push(byte);
    const count = this.#header.length;
    if (count <= 4) return undefined;
    if (count > 8) return this.#checkLength(count - 8);
    if (this.#isPartPossible()) return undefined;
    const arrived = [...this.#header, ...arrivedBehind.subarray(0, 8 - count)];
    return this.#nameFault([...arrived, 0, 0, 0]);
  }

  /** The values that the part field of this message may have. */
  #validParts(messageId: number): number[] {
    const control = this.#minor === 0 ? [] : [CONTROL_PART];
    return this.hasGoodbye
      ? control
      : [...control, ...this.#validMessageParts(messageId)];
  }

  #validMessageParts(messageId: number): number[] {
    const message = this.#open.get(messageId);
    if (message === undefined) {
      return this.#open.size < this.#openMax ? [0, MORE] : [0];
    }
    const { nextIndex } = message;
    return nextIndex < INDEX_MAX
      ? [nextIndex, nextIndex + MORE, ABORT_PART]
      : [nextIndex, ABORT_PART];
  }

  #isPartPossible(): boolean {
    const known = this.#header.slice(4);
    return this.#validParts(readUint32(this.#header, 0)).some((part) =>
      known.every((byte, index) => byte === byteOf(part, index))
    );
  }

  #nameFault(header: readonly number[]): Rule {
    if (this.hasGoodbye) return "behindGoodbye";
    const part = readUint32(header, 4);
    const message = this.#open.get(readUint32(header, 0));
    if (part === MORE + ABORT_PART) return "reservedPart";
    if (message === undefined) {
      if (part === ABORT_PART) return "abortNotOpen";
      return part % MORE === 0 ? "tooManyOpen" : "indexNotZero";
    }
    if (part % MORE === 0) return "alreadyOpen";
    return part % MORE === message.nextIndex ? "indexTooHigh" : "indexNotNext";
  }

  #checkLength(knownCount: number): Rule | undefined {
    const part = readUint32(this.#header, 4);
    const known = this.#header.slice(8);
    const lowestLength = readUint32([...known, 0, 0, 0], 0);
    if (part === ABORT_PART && lowestLength > REASON_SIZE_MAX) {
      return "reasonTooLong";
    }
    if (part === CONTROL_PART) {
      if (lowestLength > CONTROL_BODY_SIZE_MAX) return "controlLength";
      if (knownCount === 4 && lowestLength === 0) return "controlLength";
    }
    if (knownCount < 4) return undefined;
    if (part >= MORE && lowestLength === 0) return "emptyMore";
    this.#beginPacket(readUint32(this.#header, 0), part, lowestLength);
    return undefined;
  }

  #beginPacket(messageId: number, part: number, length: number): void {
    const message = this.#open.get(messageId) ?? { nextIndex: 0, bytes: [] };
    this.#header = [];
    this.#packet = {
      messageId,
      kind: part === CONTROL_PART
        ? "control"
        : part === ABORT_PART
        ? "abort"
        : part >= MORE
        ? "more"
        : "last",
      message,
      missingSize: length,
      body: [],
      text: new Utf8Checker(),
    };
    if (part !== CONTROL_PART && part !== ABORT_PART) this.cost += PACKET_COST;
    if (length === 0) this.#endPacket(this.#packet);
  }

  #pushPayload(packet: Packet, byte: number): Rule | undefined {
    packet.missingSize--;
    if (packet.kind === "control") {
      packet.body.push(byte);
      return packet.missingSize === 0 ? this.#endControl(packet) : undefined;
    }
    if (packet.kind === "abort") {
      if (byte === 0 || !packet.text.push(byte)) return "reasonMalformed";
      if (packet.text.missingCount > packet.missingSize) {
        return "reasonMalformed";
      }
      packet.body.push(byte);
    } else {
      packet.message.bytes.push(byte);
      this.payloadSize++;
      this.cost++;
    }
    if (packet.missingSize === 0) this.#endPacket(packet);
    return undefined;
  }

  #endControl({ messageId, body }: Packet): Rule | undefined {
    const fault = controlFault(messageId, body, {
      hasGoodbye: this.hasGoodbye,
      completedCount: this.#completedCount,
      openCount: this.#open.size,
    });
    if (fault) return fault;
    this.#packet = undefined;
    const packet = readControl(messageId, body);
    if (packet === undefined) return undefined;
    const endedCount = this.ended.length;
    this.controls.push({ endedCount, messageId, packet });
    if (packet.type === "goodbye") this.hasGoodbye = true;
    return undefined;
  }

  #endPacket({ messageId, kind, message, body }: Packet): void {
    this.#packet = undefined;
    if (kind === "more") {
      message.nextIndex++;
      this.#open.set(messageId, message);
      return;
    }
    this.#open.delete(messageId);
    const ended = { messageId, bytes: Uint8Array.from(message.bytes) };
    if (kind === "last") {
      this.#completedCount++;
      this.ended.push(ended);
    } else {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      this.ended.push({
        ...ended,
        reason: text.decode(Uint8Array.from(body)),
      });
    }
  }
}

function uint32(value: number): number[] {
  return [0, 1, 2, 3].map((index) => byteOf(value, index));
}

/** One packet, byte by byte. */
export function referencePacket(
  messageId: number,
  part: number,
  payload: Uint8Array,
): Uint8Array {
  return Uint8Array.from([
    ...uint32(messageId),
    ...uint32(part),
    ...uint32(payload.length),
    ...payload,
  ]);
}

/** The packets of a whole message. */
export function referencePacketize(
  messageId: number,
  message: Uint8Array,
  partSizeMax: number,
): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let index = 0;
  let rest = message;
  while (rest.length > partSizeMax) {
    const part = rest.subarray(0, partSizeMax);
    packets.push(referencePacket(messageId, MORE + index, part));
    rest = rest.subarray(partSizeMax);
    index++;
  }
  packets.push(referencePacket(messageId, index, rest));
  return packets;
}

/** The packet that gives an open message up. */
export function referenceAbort(messageId: number, reason: string): Uint8Array {
  const bytes = new TextEncoder().encode(reason);
  return referencePacket(messageId, ABORT_PART, bytes);
}

/** A control packet. */
export function referenceControl(packet: ControlPacket): Uint8Array {
  const messageId = "messageId" in packet ? packet.messageId : 0;
  return referencePacket(messageId, CONTROL_PART, controlBody(packet));
}
