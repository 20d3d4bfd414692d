/**
 * The four handshake packets: writing them whole, and reading them byte by
 * byte ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#3-handshake-packets), sections 3 and 4).
 *
 * @module
 */
import { NICKNAME_SIZE_MAX, REASON_SIZE_MAX } from "../base/limits.ts";
import {
  decodeNickname,
  decodeReason,
  encodeNickname,
  encodeReason,
} from "../base/text.ts";

/** The newest version of the protocol that this module speaks: major, minor and extra. */
export const PROTOCOL_VERSION = "1.1.0";

/** The highest VERSION_MINOR that this module speaks. */
export const VERSION_MINOR_MAX = 1;

const VERSION_MAJOR = 1;
const VERSION_EXTRA = 0;

/** Bytes of the part that has the same layout in every version: `LEKT`, the type, the version. */
export const PREAMBLE_SIZE = 8;

/** Bytes of the largest handshake packet: a Reject with the longest reason and its NUL. */
const PACKET_SIZE_MAX = PREAMBLE_SIZE + REASON_SIZE_MAX + 1;

/** `LEKT` */
const MAGIC: readonly number[] = [0x4c, 0x45, 0x4b, 0x54];
const TYPE_OFFSET = 4;
const MAJOR_OFFSET = 5;
const MINOR_OFFSET = 6;

/** The type bytes: `H`, `A` and `R`. */
export const PACKET_TYPE = {
  handshake: 0x48,
  accept: 0x41,
  reject: 0x52,
} as const;

/**
 * What asks whether a responder answers at all, without asking whoever decides:
 * the first bytes of a Handshake of version 0.0.0, which nobody speaks and
 * everybody rejects ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#6-connection-methods), section 6).
 *
 * @return Eight bytes, the caller's own.
 */
export function encodeProbe(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...MAGIC, PACKET_TYPE.handshake, 0, 0, 0);
}

/** Whether bytes begin as a Reject does: the answer to a probe. */
export function beginsReject(bytes: Uint8Array): boolean {
  return [...MAGIC, PACKET_TYPE.reject]
    .every((byte, index) => bytes[index] === byte);
}

/** What a side waits for: one packet that asks or answers, or, in its stead, perhaps a Reject. */
export interface Expectation {
  /** The type byte of the packet that is waited for. */
  readonly type: number;
  /** Whether that packet goes on with a nickname behind its first eight bytes. */
  readonly hasNickname: boolean;
  /** Whether a Reject may come instead. */
  readonly mayReject: boolean;
}

/** What the bytes that were read so far amount to. */
export type PacketReading =
  /** The packet that was waited for; its nickname is empty where it carries none. */
  | {
    readonly kind: "packet";
    readonly version: string;
    /** VERSION_MINOR of the packet. */
    readonly minor: number;
    readonly nickname: string;
  }
  /** A Reject; `reason` is `undefined` where it was malformed. */
  | { readonly kind: "reject"; readonly reason: string | undefined }
  /** Eight good bytes of another major version. */
  | { readonly kind: "foreignVersion"; readonly version: string }
  /** A nickname that breaks section 3. */
  | {
    readonly kind: "badNickname";
    readonly fault: string;
    readonly ruleId: string;
  }
  /** Bytes that cannot be answered. */
  | {
    readonly kind: "fault";
    readonly fault: string;
    readonly ruleId: string;
  };

/**
 * Encodes the Handshake, the packet with which the initiator begins.
 *
 * @param nickname The initiator's nickname.
 * @param versionMinor The initiator's VERSION_MINOR, 0 or 1.
 * @return The packet, 10 to 264 bytes.
 * @throws {LektError} `INVALID_ARGUMENT` where the nickname breaks section 3 of [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md).
 *
 * @example
 * ```ts
 * import { encodeHandshake } from "@lekt/lekt/handshake";
 * import { assertEquals } from "@std/assert";
 *
 * const packet = encodeHandshake("bob");
 * assertEquals(new TextDecoder().decode(packet), "LEKTH\x01\0\0bob\0");
 * ```
 */
export function encodeHandshake(
  nickname: string,
  versionMinor = 0,
): Uint8Array {
  const name = encodeNickname(nickname);
  return encodePacket(PACKET_TYPE.handshake, versionMinor, name);
}

/**
 * Encodes the responder's Accept.
 *
 * @param nickname The responder's nickname.
 * @param versionMinor The responder's VERSION_MINOR, 0 or 1.
 * @return The packet, 10 to 264 bytes.
 * @throws {LektError} `INVALID_ARGUMENT` where the nickname breaks section 3 of [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md).
 *
 * @example
 * ```ts
 * import { encodeResponderAccept } from "@lekt/lekt/handshake";
 * import { assertEquals } from "@std/assert";
 *
 * const packet = encodeResponderAccept("alice");
 * assertEquals(new TextDecoder().decode(packet), "LEKTA\x01\0\0alice\0");
 * ```
 */
export function encodeResponderAccept(
  nickname: string,
  versionMinor = 0,
): Uint8Array {
  const name = encodeNickname(nickname);
  return encodePacket(PACKET_TYPE.accept, versionMinor, name);
}

/**
 * Encodes the initiator's Accept, behind which message packets begin.
 *
 * @param versionMinor The VERSION_MINOR of its Handshake, 0 or 1.
 * @return The packet, 8 bytes.
 *
 * @example
 * ```ts
 * import { encodeInitiatorAccept } from "@lekt/lekt/handshake";
 * import { assertEquals } from "@std/assert";
 *
 * const packet = encodeInitiatorAccept();
 * assertEquals(new TextDecoder().decode(packet), "LEKTA\x01\0\0");
 * ```
 */
export function encodeInitiatorAccept(versionMinor = 0): Uint8Array {
  return encodePacket(PACKET_TYPE.accept, versionMinor);
}

/**
 * Encodes the Reject of either side.
 *
 * @param reason Why; empty for none. NUL and lone surrogates become U+FFFD, and what does not fit 1023 bytes is cut off at a character boundary.
 * @param versionMinor The sender's VERSION_MINOR, 0 or 1.
 * @return The packet, 9 to 1032 bytes.
 *
 * @example
 * ```ts
 * import { encodeReject } from "@lekt/lekt/handshake";
 * import { assertEquals } from "@std/assert";
 *
 * const packet = encodeReject("busy");
 * assertEquals(new TextDecoder().decode(packet), "LEKTR\x01\0\0busy\0");
 * assertEquals(encodeReject("é".repeat(2_000)).length, 8 + 1022 + 1);
 * ```
 */
export function encodeReject(reason: string, versionMinor = 0): Uint8Array {
  return encodePacket(PACKET_TYPE.reject, versionMinor, encodeReason(reason));
}

function encodePacket(
  type: number,
  minor: number,
  text?: Uint8Array,
): Uint8Array {
  const size = text === undefined
    ? PREAMBLE_SIZE
    : PREAMBLE_SIZE + text.length + 1;
  const packet = new Uint8Array(size);
  packet.set([...MAGIC, type, VERSION_MAJOR, minor, VERSION_EXTRA]);
  if (text !== undefined) packet.set(text, PREAMBLE_SIZE);
  return packet;
}

/** Bytes that a reader begins with: enough for most nicknames, and memory of this size costs the garbage collector next to nothing. */
const READER_SIZE = 64;

/** Reads one handshake packet after the other, a byte at a time, in a buffer that grows to the largest. */
export class PacketReader {
  #packet = new Uint8Array(READER_SIZE);
  #size = 0;
  /** The version of the other side's first packet; all its later ones but Reject carry the same. */
  #version: Uint8Array | undefined;

  /** Bytes of the packet under way that have been read. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes the next byte.
   *
   * @param byte The byte, 0 to 255.
   * @param expected What may come.
   * @return `undefined` while the packet is good so far and not yet whole. After a `"packet"` the next byte begins another; after anything else there must not be one.
   */
  push(byte: number, expected: Expectation): PacketReading | undefined {
    const offset = this.#size;
    if (offset === this.#packet.length) this.#grow();
    this.#packet[offset] = byte;
    this.#size += 1;
    if (offset < PREAMBLE_SIZE) {
      const fault = this.#judgePreambleByte(byte, offset, expected);
      if (fault !== undefined) {
        return { kind: "fault", fault, ruleId: preambleRule(offset) };
      }
      return offset === PREAMBLE_SIZE - 1
        ? this.#judgePreamble(expected)
        : undefined;
    }
    const textSizeMax = this.#isReject() ? REASON_SIZE_MAX : NICKNAME_SIZE_MAX;
    if (byte !== 0 && offset - PREAMBLE_SIZE < textSizeMax) return undefined;
    // The text ends before its NUL; where the byte at the limit is no NUL, it is one too long.
    const end = byte === 0 ? offset : this.#size;
    return this.#judgeText(this.#packet.slice(PREAMBLE_SIZE, end));
  }

  #grow(): void {
    const packet = new Uint8Array(PACKET_SIZE_MAX);
    packet.set(this.#packet);
    this.#packet = packet;
  }

  #isReject(): boolean {
    return this.#packet[TYPE_OFFSET] === PACKET_TYPE.reject;
  }

  #judgePreambleByte(
    byte: number,
    offset: number,
    expected: Expectation,
  ): string | undefined {
    let allowed: number;
    let other: number | undefined;
    if (offset < TYPE_OFFSET) {
      allowed = MAGIC[offset]!;
    } else if (offset === TYPE_OFFSET) {
      allowed = expected.type;
      if (expected.mayReject) other = PACKET_TYPE.reject;
    } else if (this.#version === undefined || this.#isReject()) {
      return undefined;
    } else {
      allowed = this.#version[offset - MAJOR_OFFSET]!;
    }
    if (byte === allowed || byte === other) return undefined;
    const either = other === undefined ? "" : ` or ${hex(other)}`;
    return `byte ${offset} is ${hex(byte)}, expected ${hex(allowed)}${either}`;
  }

  #judgePreamble(expected: Expectation): PacketReading | undefined {
    if (this.#isReject()) return undefined;
    if (!expected.hasNickname) return this.#finish("");
    if (this.#packet[MAJOR_OFFSET] === VERSION_MAJOR) return undefined;
    return { kind: "foreignVersion", version: this.#versionText() };
  }

  #judgeText(text: Uint8Array): PacketReading {
    if (this.#isReject()) return { kind: "reject", reason: decodeReason(text) };
    const reading = decodeNickname(text);
    return reading.fault === undefined
      ? this.#finish(reading.nickname)
      : { kind: "badNickname", ...reading };
  }

  #finish(nickname: string): PacketReading {
    const version = this.#versionText();
    const minor = this.#packet[MINOR_OFFSET]!;
    this.#version = this.#packet.slice(MAJOR_OFFSET, PREAMBLE_SIZE);
    this.#size = 0;
    return { kind: "packet", version, minor, nickname };
  }

  #versionText(): string {
    const packet = this.#packet;
    const major = packet[MAJOR_OFFSET];
    const minor = packet[MINOR_OFFSET];
    const extra = packet[MAJOR_OFFSET + 2];
    return `${major}.${minor}.${extra}`;
  }
}

/** The rule that a byte of the first eight breaks: the letters, the type, the version. */
function preambleRule(offset: number): string {
  if (offset < TYPE_OFFSET) return "H-1";
  return offset === TYPE_OFFSET ? "H-2" : "V-1";
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
