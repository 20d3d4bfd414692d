/**
 * The commonest control packets, read without a core: a connection that is idle
 * but for its pings, that only sends, or that is opened and closed, needs none.
 *
 * @module
 */
import {
  CONTROL_GOODBYE,
  CONTROL_KIND_OFFSET,
  CONTROL_MESSAGE_WINDOW,
  CONTROL_PART,
  CONTROL_PING,
  CONTROL_PONG,
  CONTROL_WINDOW,
  LENGTH_OFFSET,
  PACKET_HEADER_SIZE,
  PART_OFFSET,
} from "../../asm/wire.ts";
import type { LektError } from "../base/errors.ts";
import {
  type ControlPacket,
  decodeControl,
  numberAt,
} from "../framing/control.ts";
import type { LinkControl } from "./link_control.ts";

/** Bytes of a body that is a kind and eight bytes more. */
const BODY_SIZE = 9;

/** Bytes of a Goodbye's body without a reason. */
const GOODBYE_BODY_SIZE = 5;

const PACKET_SIZE = PACKET_HEADER_SIZE + BODY_SIZE;
const GOODBYE_SIZE = PACKET_HEADER_SIZE + GOODBYE_BODY_SIZE;
const GOODBYE_COUNT_OFFSET = CONTROL_KIND_OFFSET + 1;

/** Takes what is read. */
export interface ControlSink {
  /** A control packet; an error says which rule it breaks. */
  takeControl(packet: ControlPacket): LektError | undefined;
  /** A Goodbye without a reason; tells whether it was right, and was taken. */
  takeGoodbye(messageCount: number): boolean;
}

/** The offset behind the whole Pings, Pongs, Windows and right Goodbyes without a reason that stand at `start` in `bytes`, up to `size`, and that `sink` has taken; or the error of one of them. Of use only between messages. Anything else is the core's. */
export function readShortControls(
  bytes: Uint8Array,
  start: number,
  size: number,
  sink: ControlSink,
): number | LektError {
  let at = start;
  while (true) {
    if (isShortControl(bytes, at, size)) {
      const error = sink.takeControl(shortControlAt(bytes, at));
      if (error) return error;
      at += PACKET_SIZE;
    } else if (
      isGoodbye(bytes, at, size) && sink.takeGoodbye(goodbyeCountAt(bytes, at))
    ) {
      at += GOODBYE_SIZE;
    } else {
      return at;
    }
  }
}

/** The offset behind those with which `bytes`, up to `size`, begin and that are no Windows, on a connection on which nothing else has come. */
export function readLinkControls(
  bytes: Uint8Array,
  size: number,
  link: LinkControl,
): number {
  let at = 0;
  while (true) {
    if (isPing(bytes, at, size)) {
      link.takeControl(shortControlAt(bytes, at));
      at += PACKET_SIZE;
    } else if (
      isGoodbye(bytes, at, size) &&
      link.takeGoodbye(goodbyeCountAt(bytes, at), 0)
    ) {
      at += GOODBYE_SIZE;
    } else {
      return at;
    }
  }
}

function shortControlAt(bytes: Uint8Array, at: number): ControlPacket {
  return decodeControl(
    bytes[at + CONTROL_KIND_OFFSET]!,
    numberAt(bytes, at),
    bytes.subarray(at + CONTROL_KIND_OFFSET + 1, at + PACKET_SIZE),
  );
}

function goodbyeCountAt(bytes: Uint8Array, at: number): number {
  return numberAt(bytes, at + GOODBYE_COUNT_OFFSET);
}

/** A Ping or a Pong. */
function isPing(bytes: Uint8Array, at: number, size: number): boolean {
  return isShortControl(bytes, at, size) &&
    bytes[at + CONTROL_KIND_OFFSET]! <= CONTROL_PONG;
}

function isShortControl(bytes: Uint8Array, at: number, size: number): boolean {
  if (size - at < PACKET_SIZE) return false;
  if (numberAt(bytes, at + PART_OFFSET) !== CONTROL_PART) return false;
  if (numberAt(bytes, at + LENGTH_OFFSET) !== BODY_SIZE) return false;
  const kind = bytes[at + CONTROL_KIND_OFFSET];
  if (kind === CONTROL_MESSAGE_WINDOW) return true;
  const isOfConnection = kind === CONTROL_PING || kind === CONTROL_PONG ||
    kind === CONTROL_WINDOW;
  return isOfConnection && numberAt(bytes, at) === 0;
}

function isGoodbye(bytes: Uint8Array, at: number, size: number): boolean {
  return size - at >= GOODBYE_SIZE &&
    numberAt(bytes, at) === 0 &&
    numberAt(bytes, at + PART_OFFSET) === CONTROL_PART &&
    numberAt(bytes, at + LENGTH_OFFSET) === GOODBYE_BODY_SIZE &&
    bytes[at + CONTROL_KIND_OFFSET] === CONTROL_GOODBYE;
}
