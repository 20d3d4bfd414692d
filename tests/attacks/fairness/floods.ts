/**
 * What an accepted peer may send as fast as it can: blocks of whole packets
 * that may be repeated for ever, for each thing that costs its receiver more
 * than its bytes.
 *
 * @module
 */
import { concat } from "@std/bytes";
import {
  ABORT,
  CONTROL,
  header,
  MORE,
  packet,
} from "../../helpers/raw_peer.ts";
import { frame } from "../../helpers/raw_websocket.ts";

/** Bytes of a block, about. */
const BLOCK_SIZE = 256 * 1024;

/** Messages of a block have these many ids at most. */
const ID_COUNT = 1_000;

/** How the server takes messages. */
export const READINGS = [
  "iterate",
  "receive",
  "batches",
  "bytes",
  "body",
  "echo",
] as const;

/** One of {@linkcode READINGS}. */
export type Reading = typeof READINGS[number];

/** One kind of flood. */
export interface Flood {
  /** How the server reads it. */
  reading: Reading;
  /** The minor version that the flooder says it speaks. */
  minor: number;
  /** The units that a block is made of: whole packets, `index` counts them. */
  unit(index: number): Uint8Array;
}

/** A Ping of version 1.1. */
function ping(index: number): Uint8Array {
  return packet(
    0,
    CONTROL,
    concat([
      Uint8Array.of(1),
      header(index, 7, 0)
        .subarray(0, 8),
    ]),
  );
}

function opened(index: number, reason: string): Uint8Array {
  const id = index % ID_COUNT;
  return concat([packet(id, MORE, "x"), packet(id, ABORT, reason)]);
}

/** A message in three parts, between those of others. */
function threeParts(index: number): Uint8Array {
  const id = index % ID_COUNT;
  return concat([
    packet(id, MORE, "x".repeat(8)),
    packet(id + ID_COUNT, 0, "y"),
    packet(id, MORE + 1, "x".repeat(8)),
    packet(id + ID_COUNT, 0, "y"),
    packet(id, 2, "x"),
  ]);
}

function of(
  unit: (index: number) => Uint8Array,
  reading: Reading = "iterate",
  minor = 0,
): Flood {
  return { unit, reading, minor };
}

function empty(index: number): Uint8Array {
  return packet(index % ID_COUNT, 0);
}

function sized(size: number): (index: number) => Uint8Array {
  const payload = new Uint8Array(size);
  return (index) => packet(index % ID_COUNT, 0, payload);
}

/** All kinds, by name. */
export const FLOODS: Readonly<Record<string, Flood>> = {
  "empty messages": of(empty),
  "empty messages, receive()": of(empty, "receive"),
  "empty messages, batches()": of(empty, "batches"),
  "empty messages, bytes()": of(empty, "bytes"),
  "empty messages, body": of(empty, "body"),
  "100 B, echoed": of(sized(100), "echo"),
  "1 KiB": of(sized(1_024), "bytes"),
  "1 KiB, body": of(sized(1_024), "body"),
  "100 KiB, body": of(sized(100 * 1_024), "body"),
  "open and abort": of((index) => opened(index, "")),
  "open and abort, long reasons": of((index) =>
    opened(index, "r".repeat(1_023))
  ),
  "1 KiB, then open and abort": of((index) =>
    index % 5_000 < 256 ? sized(1_024)(index) : opened(index, "")
  ),
  "three parts each": of(threeParts, "bytes"),
  "three parts each, body": of(threeParts, "body"),
  "pings": of(ping, "iterate", 1),
};

/** Bytes to be repeated. */
export function blockOf(
  flood: Flood,
  framing: "none" | "whole" | "tiny",
): Uint8Array {
  const units: Uint8Array[] = [];
  let size = 0;
  for (let index = 0; size < BLOCK_SIZE; index++) {
    const unit = flood.unit(index);
    size += unit.length;
    units.push(framing === "tiny" ? frame(unit, { opcode: "binary" }) : unit);
  }
  const bytes = concat(units);
  return framing === "whole" ? frame(bytes, { opcode: "binary" }) : bytes;
}
