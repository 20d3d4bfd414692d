/**
 * What stands in control packets ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#10-version-11), section 10), which version 1.1
 * has: objects to bytes and back. The core judges them.
 *
 * @module
 */
import {
  CONTROL_CONFIRM,
  CONTROL_CONFIRMED,
  CONTROL_GOODBYE,
  CONTROL_MESSAGE_WINDOW,
  CONTROL_PING,
  CONTROL_PONG,
  CONTROL_STOP,
  CONTROL_WINDOW,
} from "../../asm/wire.ts";
import { LektError, messageOf } from "../base/errors.ts";
import { encodeReason } from "../base/text.ts";

/** A Ping, which is to be answered, or the Pong that answers it. */
export interface PingPacket {
  /** Which of the two. */
  type: "ping" | "pong";
  /** Eight bytes; a Pong has those of the latest Ping. */
  data: Uint8Array;
}

/** How much its receiver may send on the whole connection. */
export interface WindowPacket {
  /** Tells this packet from the others. */
  type: "window";
  /** The cost of all packets since the beginning, at most: a whole number below 2^53. More that arrives is read as 2^53 - 1. */
  total: number;
}

/** How much its receiver may send of one message. */
export interface MessageWindowPacket {
  /** Tells this packet from the others. */
  type: "messageWindow";
  /** A message that the receiver of this packet sends. */
  messageId: number;
  /** The cost of all packets of the message, at most; as in {@linkcode WindowPacket}. */
  total: number;
}

/** Its sender wants no more of a message. */
export interface StopPacket {
  /** Tells this packet from the others. */
  type: "stop";
  /** A message that the receiver of this packet sends. */
  messageId: number;
  /** Why, in the sender's words; not made harmless for showing. At most 1,023 bytes are sent. */
  reason: string;
}

/** Its sender wants to know when a message has been taken. */
export interface ConfirmPacket {
  /** Tells this packet from the others. */
  type: "confirm";
  /** A message that the sender of this packet sends. */
  messageId: number;
}

/** The answer to a {@linkcode ConfirmPacket}. */
export interface ConfirmedPacket {
  /** Tells this packet from the others. */
  type: "confirmed";
  /** A message that the receiver of this packet sends. */
  messageId: number;
  /** Whether the application has taken the whole message; else it was dropped. */
  isTaken: boolean;
}

/** No message of its sender follows. */
export interface GoodbyePacket {
  /** Tells this packet from the others. */
  type: "goodbye";
  /** Messages that its sender has completed, those that it aborted not among them; modulo 2^32. */
  messageCount: number;
  /** Why, as in {@linkcode StopPacket}. */
  reason: string;
}

/** A control packet. */
export type ControlPacket =
  | PingPacket
  | WindowPacket
  | MessageWindowPacket
  | StopPacket
  | ConfirmPacket
  | ConfirmedPacket
  | GoodbyePacket;

/** A control packet as bytes. */
export interface EncodedControl {
  /** What stands in place of the message id. */
  subject: number;
  /** The kind, and what follows it. */
  body: Uint8Array<ArrayBuffer>;
}

const KINDS: Record<ControlPacket["type"], number> = {
  ping: CONTROL_PING,
  pong: CONTROL_PONG,
  window: CONTROL_WINDOW,
  stop: CONTROL_STOP,
  confirm: CONTROL_CONFIRM,
  confirmed: CONTROL_CONFIRMED,
  goodbye: CONTROL_GOODBYE,
  messageWindow: CONTROL_MESSAGE_WINDOW,
};

const DATA_SIZE = 8;
const COUNT_SIZE = 4;
const UINT32_END = 2 ** 32;
const TAKEN = 0;
const DROPPED = 1;
const NO_BYTES = new Uint8Array();

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads a control packet that the core has judged; keeps nothing of `body`, which is what stands behind the kind. */
export function decodeControl(
  kind: number,
  messageId: number,
  body: Uint8Array,
): ControlPacket {
  switch (kind) {
    case CONTROL_PING:
      return { type: "ping", data: body.slice() };
    case CONTROL_PONG:
      return { type: "pong", data: body.slice() };
    case CONTROL_WINDOW:
      return { type: "window", total: totalOf(body) };
    case CONTROL_MESSAGE_WINDOW:
      return { type: "messageWindow", messageId, total: totalOf(body) };
    case CONTROL_STOP:
      return { type: "stop", messageId, reason: decoder.decode(body) };
    case CONTROL_CONFIRM:
      return { type: "confirm", messageId };
    case CONTROL_CONFIRMED:
      return { type: "confirmed", messageId, isTaken: body[0] === TAKEN };
    default:
      return {
        type: "goodbye",
        messageCount: numberAt(body, 0),
        reason: decoder.decode(body.subarray(COUNT_SIZE)),
      };
  }
}

/** Writes a control packet. Throws `INVALID_ARGUMENT` where a value has no place in it; a reason is made fit. */
export function encodeControl(packet: ControlPacket): EncodedControl {
  const kind = KINDS[packet.type];
  const subject = "messageId" in packet ? packet.messageId : 0;
  check(packet, kind !== undefined, `type ${messageOf(packet.type)}`);
  check(packet, isUint(subject, UINT32_END - 1), `messageId ${subject}`);
  const rest = encodeRest(packet);
  const body = new Uint8Array(1 + rest.length);
  body[0] = kind;
  body.set(rest, 1);
  return { subject, body };
}

/** Refuses a VERSION_MINOR that there is not. */
export function checkMinor(minor: number): void {
  if (minor === 0 || minor === 1) return;
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot frame messages with minor ${messageOf(minor)}: expected 0 or 1`,
  );
}

/** The error for a rule about control packets that was broken. */
export function controlError(ruleId: string, fault: string): LektError {
  const text = `Cannot take a control packet: ${fault}`;
  return new LektError("PROTOCOL", text, { ruleId });
}

function encodeRest(packet: ControlPacket): Uint8Array {
  switch (packet.type) {
    case "ping":
    case "pong": {
      const { length } = packet.data;
      check(packet, length === DATA_SIZE, `${length} bytes`);
      return packet.data;
    }
    case "window":
    case "messageWindow": {
      const { total } = packet;
      check(packet, isUint(total, Number.MAX_SAFE_INTEGER), `total ${total}`);
      return totalBytes(total);
    }
    case "stop":
      return encodeReason(packet.reason);
    case "confirm":
      return NO_BYTES;
    case "confirmed":
      return Uint8Array.of(packet.isTaken ? TAKEN : DROPPED);
    case "goodbye":
      return encodeGoodbye(packet);
  }
}

function encodeGoodbye(packet: GoodbyePacket): Uint8Array {
  const { messageCount } = packet;
  check(
    packet,
    isUint(messageCount, Number.MAX_SAFE_INTEGER),
    `messageCount ${messageCount}`,
  );
  const reason = encodeReason(packet.reason);
  const rest = new Uint8Array(COUNT_SIZE + reason.length);
  setNumber(rest, 0, messageCount % UINT32_END);
  rest.set(reason, COUNT_SIZE);
  return rest;
}

function check(packet: ControlPacket, isGood: boolean, what: string): void {
  if (isGood) return;
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot write the control packet ${messageOf(packet.type)} with ${what}`,
  );
}

function isUint(value: number, highest: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= highest;
}

/** A total in network byte order. */
function totalBytes(total: number): Uint8Array {
  const bytes = new Uint8Array(DATA_SIZE);
  setNumber(bytes, 0, Math.floor(total / UINT32_END));
  setNumber(bytes, 4, total % UINT32_END);
  return bytes;
}

/** Writes a number at `at`, in network byte order; a `DataView` for each header takes 0.5 µs to make. */
export function setNumber(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The number at `at`, in network byte order; a `DataView` for each read would cost as much as all that is done with a short message. */
export function numberAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 |
    bytes[at + 3]!) >>> 0;
}

function totalOf(body: Uint8Array): number {
  const total = numberAt(body, 0) * UINT32_END + numberAt(body, 4);
  return Math.min(total, Number.MAX_SAFE_INTEGER);
}
