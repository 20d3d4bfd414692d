/**
 * Byte strings, and every way in which reads may cut them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** One way in which a byte string may arrive. */
export interface Cut {
  /** What to call it when a test fails. */
  name: string;
  /** What each read brings. */
  reads: Uint8Array[];
}

/** Bytes from hex; spaces mean nothing, and `61*3` is `616161`. */
export function fromHex(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const word of text.split(" ").filter((word) => word !== "")) {
    const [digits = "", count = "1"] = word.split("*");
    const unit = digits.match(/../g)?.map((digit) => parseInt(digit, 16)) ?? [];
    for (let index = 0; index < Number(count); index++) bytes.push(...unit);
  }
  return Uint8Array.from(bytes);
}

/** Bytes as hex, without spaces. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** A way of cutting any byte string. */
export interface Cutter {
  /** What to call it when a test fails. */
  name: string;
  /** The reads in which the bytes arrive. */
  cut: (bytes: Uint8Array) => Uint8Array[];
}

/** Whole, byte by byte, and in two at each offset below `size` (of more than 4 KiB: only at each 4,093rd). */
export function* cutters(size: number): Generator<Cutter> {
  yield { name: "whole", cut: (bytes) => [bytes] };
  yield {
    name: "byte by byte",
    cut: (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte)),
  };
  const step = size > 4096 ? 4093 : 1;
  for (let offset = step; offset < size; offset += step) {
    yield {
      name: `cut at ${offset}`,
      cut: (bytes) => [bytes.subarray(0, offset), bytes.subarray(offset)],
    };
  }
}

/** `bytes` in every way of {@linkcode cutters}. */
export function* allCuts(bytes: Uint8Array): Generator<Cut> {
  for (const { name, cut } of cutters(bytes.length)) {
    yield { name, reads: cut(bytes) };
  }
}

/** Every proper beginning of `bytes`, the empty one too. */
export function* truncations(bytes: Uint8Array): Generator<Uint8Array> {
  for (let size = 0; size < bytes.length; size++) {
    yield bytes.subarray(0, size);
  }
}

/** `bytes` with `trailing` behind them. */
export function withTrailing(
  bytes: Uint8Array,
  trailing: Uint8Array,
): Uint8Array {
  const joined = new Uint8Array(bytes.length + trailing.length);
  joined.set(bytes);
  joined.set(trailing, bytes.length);
  return joined;
}

/** Asserts that `outcomeOf` finds the same in every cut of `bytes`, and returns it. */
export function assertSameInAllCuts<T>(
  bytes: Uint8Array,
  outcomeOf: (reads: Uint8Array[]) => T,
): T {
  const whole = outcomeOf([bytes]);
  for (const { name, reads } of allCuts(bytes)) {
    assertEquals(outcomeOf(reads), whole, name);
  }
  return whole;
}
