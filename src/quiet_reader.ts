/**
 * Packets as short messages, without a core: what comes on a connection on
 * which little comes.
 *
 * @module
 */
import {
  LENGTH_OFFSET,
  PACKET_HEADER_SIZE,
  PART_OFFSET,
  RECORD_FIRST,
  RECORD_LAST,
} from "../asm/wire.ts";
import { WholeRun } from "./whole_run.ts";

/** The messages of one packet each that `bytes` are, in a copy; `undefined` where there is anything else, which is the core's. Of use only between messages. */
export function readQuietly(bytes: Uint8Array): WholeRun | undefined {
  const records: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const offset = at + PACKET_HEADER_SIZE;
    if (offset > bytes.length) return undefined;
    if (numberAt(bytes, at + PART_OFFSET) !== 0) return undefined;
    const size = numberAt(bytes, at + LENGTH_OFFSET);
    if (size > bytes.length - offset) return undefined;
    records.push(RECORD_FIRST | RECORD_LAST, numberAt(bytes, at), offset, size);
    at = offset + size;
  }
  if (records.length === 0) return undefined;
  const copy = new Uint8Array(bytes.subarray(PACKET_HEADER_SIZE));
  return new WholeRun(copy, PACKET_HEADER_SIZE, records);
}

/** In network byte order; a `DataView` for each read would cost as much as all the rest. */
function numberAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 |
    bytes[at + 3]!) >>> 0;
}
