/**
 * How the files of vectors write bytes.
 *
 * @module
 */
import { concat } from "@std/bytes";
import { fromHex } from "./cuts.ts";

/** Bytes in hexadecimal, or many packets that differ in their ids. */
export type Wire = string | { first: string; count: number; rest: string };

/** A message id as the vectors write it. */
export function idToHex(messageId: number): string {
  return messageId.toString(16).padStart(8, "0");
}

function bytesOf(wire: Wire): Uint8Array {
  if (typeof wire === "string") return fromHex(wire);
  const first = parseInt(wire.first, 16);
  const packets = Array.from({ length: wire.count }, (_, index) => {
    const messageId = (first + index) % 2 ** 32;
    return fromHex(idToHex(messageId) + wire.rest);
  });
  return concat(packets);
}

/** The bytes of a vector of packets. */
export function wireBytes(wire: readonly Wire[]): Uint8Array {
  return concat(wire.map(bytesOf));
}
