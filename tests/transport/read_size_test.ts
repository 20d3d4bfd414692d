import { assertEquals } from "@std/assert";
import { ReadSize } from "../../src/transport/read_size.ts";

const MAX = 64 * 1024;

/** How many quick reads it takes until the size is `size`. */
function countUntil(reads: ReadSize, size: number): number {
  let count = 0;
  for (; reads.size < size; count++) reads.note(0.1, 5_000);
  return count;
}

Deno.test("reads become shorter while what they bring takes long, down to 1 KiB", () => {
  const reads = new ReadSize(MAX);
  assertEquals(reads.size, MAX);
  for (let count = 0; count < 20; count++) reads.note(5, 5_000);
  assertEquals(reads.size, 1_024);
});

Deno.test("reads become longer again, the later the more often that was wrong", () => {
  const reads = new ReadSize(MAX);
  reads.note(5, 5_000);
  assertEquals(countUntil(reads, MAX), 64);
  reads.note(5, 5_000);
  assertEquals(countUntil(reads, MAX), 64);
  reads.note(5, 5_000);
  reads.note(5, 5_000);
  assertEquals(countUntil(reads, MAX / 2), 128);
  reads.note(5, 5_000);
  assertEquals(countUntil(reads, MAX / 2), 256);
});

Deno.test("a read that took little time changes nothing where reads are as long as can be", () => {
  const reads = new ReadSize(MAX);
  for (let count = 0; count < 1_000; count++) reads.note(0.1, 5_000);
  assertEquals(reads.size, MAX);
});

Deno.test("what comes in one piece is not read in shorter ones, however long it takes", () => {
  const reads = new ReadSize(MAX);
  reads.note(100, 1);
  assertEquals(reads.size, MAX);
});
