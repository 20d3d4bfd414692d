/**
 * Random control packets: good ones mostly, and ones that are wrong in their
 * kind, their size, their subject or their text.
 *
 * @module
 */
import type { Prng } from "./prng.ts";

/** The part field of a control packet. */
export const CONTROL_PART = 0xffff_ffff;

/** A packet before it is bytes; the length field need not be that of the payload. */
export interface Draft {
  messageId: number;
  part: number;
  length: number;
  payload: Uint8Array;
}

const PING = 1;
const PONG = 2;
const WINDOW = 3;
const STOP = 4;
const CONFIRM = 5;
const CONFIRMED = 6;
const GOODBYE = 7;
const MESSAGE_WINDOW = 8;

const GOOD_REASONS = [
  "",
  "no",
  "disk full",
  "schade – aus",
  "理由",
  "😀!",
  "\ufefffoo",
].map((text) => new TextEncoder().encode(text));
const BAD_REASONS = [
  [0x61, 0x00, 0x62],
  [0xc0, 0x80],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xc1, 0xbf],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xf1, 0xbf, 0xbf, 0xc0],
  [0xe0, 0x9f, 0x80],
  [0xff],
  [0x80],
].map((bytes) => Uint8Array.from(bytes));

/** A reason, good or bad, of an Abort or in a control packet. */
export function randomReason(prng: Prng): Uint8Array {
  return prng.oneIn(10)
    ? prng.pick(BAD_REASONS)
    : prng.oneIn(20)
    ? prng.bytes(prng.between(1020, 1026)).map((byte) => byte % 127 + 1)
    : prng.pick(GOOD_REASONS);
}

function draft(messageId: number, body: readonly number[]): Draft {
  const payload = Uint8Array.from(body);
  return { messageId, part: CONTROL_PART, length: payload.length, payload };
}

function uint32(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => value >>> shift & 255);
}

/** The Goodbye of a sender that has completed so many messages; seldom another. */
export function randomGoodbye(prng: Prng, completedCount: number): Draft {
  const change = prng.oneIn(12) ? prng.pick([1, -1, 0x100, 0x100_0000]) : 0;
  const reason = randomReason(prng);
  return draft(
    prng.oneIn(40) ? prng.uint32() : 0,
    [GOODBYE, ...uint32(completedCount + change), ...reason],
  );
}

/** A control packet other than a Goodbye, about one of the messages or the connection. */
export function randomControl(prng: Prng, messageId: number): Draft {
  const kind = prng.oneIn(12)
    ? prng.below(256)
    : prng.pick([PING, PONG, WINDOW, STOP, CONFIRM, CONFIRMED, MESSAGE_WINDOW]);
  const subject = prng.oneIn(30)
    ? prng.uint32()
    : kind <= WINDOW
    ? 0
    : messageId;
  if (prng.oneIn(40)) {
    const size = prng.pick([0, 1, 7, 8, 9, 12, 1023, 1024, 1038, 1039, 1040]);
    return draft(subject, [kind, ...prng.bytes(size)]);
  }
  switch (kind) {
    case STOP:
      return draft(subject, [kind, ...randomReason(prng)]);
    case CONFIRM:
      return draft(subject, [kind]);
    case CONFIRMED:
      return draft(subject, [kind, prng.oneIn(20) ? 2 : prng.below(2)]);
    default: {
      const number = prng.oneIn(3)
        ? [0, 0, 0, 0, ...prng.bytes(4)]
        : prng.bytes(8);
      return draft(subject, [kind, ...number]);
    }
  }
}
