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

Deno.test("a read takes long with more than half a millisecond, and comes in many pieces with 32", () => {
  const table: [workMs: number, pieceCount: number, size: number][] = [
    [0.5, 32, MAX],
    [0.51, 32, MAX / 2],
    [0.51, 31, MAX],
    [0.51, 33, MAX / 2],
  ];
  for (const [workMs, pieceCount, size] of table) {
    const reads = new ReadSize(MAX);
    reads.note(workMs, pieceCount);
    assertEquals([workMs, pieceCount, reads.size], [workMs, pieceCount, size]);
  }
});

Deno.test("however often it was wrong, reads become longer behind 65,536 quick ones", () => {
  const reads = new ReadSize(2_048);
  for (let round = 0; round < 6; round++) {
    for (let count = 0; count < 5; count++) reads.note(5, 5_000);
    assertEquals([reads.size, countUntil(reads, 2_048)], [1_024, 64]);
  }
  const wrong = new ReadSize(2 ** 24);
  for (let count = 0; count < 14; count++) wrong.note(5, 5_000);
  const { size } = wrong;
  assertEquals([size, countUntil(wrong, 2 * size)], [1_024, 65_536]);
});
