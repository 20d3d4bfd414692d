/**
 * The commonest control packets, read without a core: a connection that is idle
 * but for its pings, or that only sends, needs none.
 *
 * @module
 */
import {
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
import { type ControlPacket, decodeControl } from "../framing/control.ts";
import { numberAt } from "./small_message_reader.ts";

/** Bytes of a body that is a kind and eight bytes more. */
const BODY_SIZE = 9;

const PACKET_SIZE = PACKET_HEADER_SIZE + BODY_SIZE;

/** Takes what is read. */
export interface ControlSink {
  /** A control packet; an error says which rule it breaks. */
  takeControl(packet: ControlPacket): LektError | undefined;
}

/** The offset behind the whole Pings, Pongs and Windows with which `bytes` begin, up to `size`, and that `sink` has taken; or the error of one of them. Of use only between packets. Anything else is the core's. */
export function readShortControls(
  bytes: Uint8Array,
  size: number,
  sink: ControlSink,
): number | LektError {
  let at = 0;
  while (size - at >= PACKET_SIZE && isShortControl(bytes, at)) {
    const end = at + PACKET_SIZE;
    const packet = decodeControl(
      bytes[at + CONTROL_KIND_OFFSET]!,
      numberAt(bytes, at),
      bytes.subarray(at + CONTROL_KIND_OFFSET + 1, end),
    );
    const error = sink.takeControl(packet);
    if (error) return error;
    at = end;
  }
  return at;
}

/** Whether `bytes`, up to `size`, are whole Pings and Pongs and nothing else; if so, `sink` has taken them. */
export function takePings(
  bytes: Uint8Array,
  size: number,
  sink: ControlSink,
): boolean {
  for (let at = 0; at < size; at += PACKET_SIZE) {
    const isPing = size - at >= PACKET_SIZE && isShortControl(bytes, at) &&
      bytes[at + CONTROL_KIND_OFFSET]! <= CONTROL_PONG;
    if (!isPing) return false;
  }
  readShortControls(bytes, size, sink);
  return true;
}

function isShortControl(bytes: Uint8Array, at: number): boolean {
  if (numberAt(bytes, at + PART_OFFSET) !== CONTROL_PART) return false;
  if (numberAt(bytes, at + LENGTH_OFFSET) !== BODY_SIZE) return false;
  const kind = bytes[at + CONTROL_KIND_OFFSET];
  if (kind === CONTROL_MESSAGE_WINDOW) return true;
  const isOfConnection = kind === CONTROL_PING || kind === CONTROL_PONG ||
    kind === CONTROL_WINDOW;
  return isOfConnection && numberAt(bytes, at) === 0;
}
