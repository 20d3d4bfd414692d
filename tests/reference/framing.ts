/**
 * Framing as slow and as obvious as it can be: the oracle that the WASM core is
 * tested against. It reads one byte at a time and, at each, asks whether any
 * valid packet still begins like that (`PROTOCOL.md`, section 5).
 *
 * @module
 */
import { Utf8Checker } from "./utf8.ts";

const MORE = 0x8000_0000;
const ABORT_PART = 0x7fff_ffff;
const INDEX_MAX = 0x7fff_fffe;
const REASON_SIZE_MAX = 1023;

/** Which rule of section 5 a stream broke. */
export type Rule =
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

interface OpenMessage {
  nextIndex: number;
  bytes: number[];
}

/** The packet under way, from the end of its header to its last byte. */
interface Packet {
  messageId: number;
  kind: "more" | "last" | "abort";
  message: OpenMessage;
  missingSize: number;
  reason: number[];
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

  readonly #openMax: number;
  readonly #open = new Map<number, OpenMessage>();
  #header: number[] = [];
  #packet: Packet | undefined;
  #offset = 0;

  /** Makes a reassembler that lets `openMax` messages be open at once. */
  constructor(openMax = 1024) {
    this.#openMax = openMax;
  }

  /** The bytes so far of each message that is not over, by ascending id. */
  get incomplete(): [messageId: number, bytes: Uint8Array][] {
    const messages = new Map(this.#open);
    if (this.#packet) {
      messages.set(this.#packet.messageId, this.#packet.message);
    }
    return [...messages]
      .sort(([a], [b]) => a - b)
      .map(([messageId, { bytes }]) => [messageId, Uint8Array.from(bytes)]);
  }

  /** Whether the stream may end here: between two packets, and no message open. */
  get mayEnd(): boolean {
    return this.fault === undefined && this.#header.length === 0 &&
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
      kind: part === ABORT_PART ? "abort" : part >= MORE ? "more" : "last",
      message,
      missingSize: length,
      reason: [],
      text: new Utf8Checker(),
    };
    if (length === 0) this.#endPacket(this.#packet);
  }

  #pushPayload(packet: Packet, byte: number): Rule | undefined {
    packet.missingSize--;
    if (packet.kind === "abort") {
      if (byte === 0 || !packet.text.push(byte)) return "reasonMalformed";
      if (packet.text.missingCount > packet.missingSize) {
        return "reasonMalformed";
      }
      packet.reason.push(byte);
    } else {
      packet.message.bytes.push(byte);
      this.payloadSize++;
    }
    if (packet.missingSize === 0) this.#endPacket(packet);
    return undefined;
  }

  #endPacket({ messageId, kind, message, reason }: Packet): void {
    this.#packet = undefined;
    if (kind === "more") {
      message.nextIndex++;
      this.#open.set(messageId, message);
      return;
    }
    this.#open.delete(messageId);
    const ended = { messageId, bytes: Uint8Array.from(message.bytes) };
    if (kind === "last") {
      this.ended.push(ended);
    } else {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      this.ended.push({
        ...ended,
        reason: text.decode(Uint8Array.from(reason)),
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
