/**
 * Control packets of version 1.1 as slow and as obvious as they can be
 * (`PROTOCOL.md`, section 10): when one is whole, its bytes are judged and read.
 *
 * @module
 */
import type { ControlPacket } from "@lekt/lekt/framing";
import { Utf8Checker } from "./utf8.ts";

/** Which rule a control packet broke. */
export type ControlRule =
  | "controlLength"
  | "controlForm"
  | "controlSubject"
  | "controlReason"
  | "goodbyeOpen"
  | "goodbyeCount"
  | "controlBehindGoodbye";

/** Bytes behind a header whose part field says that it is a control packet, at most. */
export const CONTROL_BODY_SIZE_MAX = 1040;

const REASON_SIZE_MAX = 1023;

/** What was received before the control packet. */
export interface Before {
  hasGoodbye: boolean;
  completedCount: number;
  openCount: number;
}

/** The sizes that may stand behind the kind. */
const SIZES: Record<number, [lowest: number, highest: number]> = {
  1: [8, 8],
  2: [8, 8],
  3: [8, 8],
  4: [0, REASON_SIZE_MAX],
  5: [0, 0],
  6: [1, 1],
  7: [4, 4 + REASON_SIZE_MAX],
  8: [8, 8],
};
const ABOUT_CONNECTION = [1, 2, 3, 7];
const CONFIRM = 5;
const CONFIRMED = 6;
const GOODBYE = 7;

function isReason(bytes: readonly number[]): boolean {
  const text = new Utf8Checker();
  return bytes.every((byte) => byte !== 0 && text.push(byte)) &&
    text.missingCount === 0;
}

/** An integer, most significant byte first. */
function readInteger(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}

/** The rule that a whole control packet breaks. */
export function controlFault(
  subject: number,
  body: readonly number[],
  before: Before,
): ControlRule | undefined {
  const [kind, ...rest] = body as [number, ...number[]];
  const sizes = SIZES[kind];
  if (!sizes) return undefined;
  if (before.hasGoodbye && (kind === CONFIRM || kind === GOODBYE)) {
    return "controlBehindGoodbye";
  }
  if (rest.length < sizes[0] || rest.length > sizes[1]) return "controlForm";
  if (ABOUT_CONNECTION.includes(kind) && subject !== 0) return "controlSubject";
  if (kind === CONFIRMED && rest[0]! > 1) return "controlForm";
  if (kind === 4 && !isReason(rest)) return "controlReason";
  if (kind !== GOODBYE) return undefined;
  if (before.openCount > 0) return "goodbyeOpen";
  const count = BigInt.asUintN(32, BigInt(before.completedCount));
  if (readInteger(rest.slice(0, 4)) !== count) return "goodbyeCount";
  return isReason(rest.slice(4)) ? undefined : "controlReason";
}

/** What a good control packet says; `undefined` for a kind that this version does not have. */
export function readControl(
  messageId: number,
  body: readonly number[],
): ControlPacket | undefined {
  const [kind, ...rest] = body as [number, ...number[]];
  const number = readInteger(rest);
  const highest = BigInt(Number.MAX_SAFE_INTEGER);
  const total = Number(number < highest ? number : highest);
  const bytes = Uint8Array.from(rest);
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  switch (kind) {
    case 1:
      return { type: "ping", data: bytes };
    case 2:
      return { type: "pong", data: bytes };
    case 3:
      return { type: "window", total };
    case 4:
      return { type: "stop", messageId, reason: text.decode(bytes) };
    case CONFIRM:
      return { type: "confirm", messageId };
    case CONFIRMED:
      return { type: "confirmed", messageId, isTaken: rest[0] === 0 };
    case GOODBYE:
      return {
        type: "goodbye",
        messageCount: Number(readInteger(rest.slice(0, 4))),
        reason: text.decode(bytes.subarray(4)),
      };
    case 8:
      return { type: "messageWindow", messageId, total };
    default:
      return undefined;
  }
}

function integer(value: number, size: number): number[] {
  const digits = BigInt(value).toString(16).padStart(2 * size, "0");
  return digits.match(/../g)!.map((digit) => parseInt(digit, 16));
}

/** The body of a control packet, its kind included. */
export function controlBody(packet: ControlPacket): Uint8Array {
  const reason = "reason" in packet
    ? [...new TextEncoder().encode(packet.reason)]
    : [];
  switch (packet.type) {
    case "ping":
      return Uint8Array.of(1, ...packet.data);
    case "pong":
      return Uint8Array.of(2, ...packet.data);
    case "window":
      return Uint8Array.of(3, ...integer(packet.total, 8));
    case "stop":
      return Uint8Array.of(4, ...reason);
    case "confirm":
      return Uint8Array.of(CONFIRM);
    case "confirmed":
      return Uint8Array.of(CONFIRMED, packet.isTaken ? 0 : 1);
    case "goodbye":
      return Uint8Array.of(
        GOODBYE,
        ...integer(packet.messageCount, 4),
        ...reason,
      );
    case "messageWindow":
      return Uint8Array.of(8, ...integer(packet.total, 8));
  }
}
