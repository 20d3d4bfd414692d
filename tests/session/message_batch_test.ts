// Which short messages share one copy of what was read.
import { assertEquals } from "@std/assert";
import {
  copyRecords,
  endOfCopy,
  MessageBatch,
} from "../../src/session/message_batch.ts";
import { pattern } from "../helpers/messages.ts";

const KIB = 1024;

/** Records of messages that lie behind each other, with a header in front of each. */
function recordsOf(sizes: readonly number[]): number[] {
  let end = 0;
  return sizes.flatMap((size, id) => {
    const offset = end + 12;
    end = offset + size;
    return [0, id, offset, size];
  });
}

/** How many of the messages are in the first copy. */
function sharingCount(...sizes: number[]): number {
  return endOfCopy(recordsOf(sizes), 0) / 4;
}

Deno.test("messages of up to 4 KiB share a copy, longer ones have one each", () => {
  assertEquals(sharingCount(4_096, 4_096), 2);
  assertEquals(sharingCount(4_097, 10), 1);
  assertEquals(sharingCount(10, 4_097, 10), 1);
  assertEquals(sharingCount(10, 4_096, 10), 3);
});

Deno.test("a copy is of 64 KiB at most, from the first byte of a message to the last", () => {
  // 32 of 2,000 bytes and their headers, and a last one.
  const many = Array.from({ length: 32 }, () => 2_000);
  const rest = 64 * KIB - 32 * 2_012;
  assertEquals(sharingCount(...many, rest), 33);
  assertEquals(sharingCount(...many, rest + 1), 32);
});

Deno.test("from 2 KiB on a message is in a copy of eight times its bytes at most", () => {
  const behind = (size: number): number =>
    sharingCount(size, ...Array.from({ length: 100 }, () => 1_000)) - 1;
  assertEquals(behind(2_047), 62);
  assertEquals(behind(2_048), 14);
  assertEquals(behind(4_096), 28);
  // The least of all that share it counts.
  assertEquals(sharingCount(4_000, 2_048, 10_000), 2);
  const many = Array.from({ length: 100 }, () => 1_000);
  assertEquals(sharingCount(4_000, 2_048, ...many), 2 + 10);
  assertEquals(sharingCount(2_048, 4_000, ...many), 2 + 10);
  const three = [4_000, 4_000, 4_000];
  const last = 8 * 2_048 - 2_048 - 3 * 4_012 - 12;
  assertEquals(sharingCount(2_048, ...three, last), 5);
  assertEquals(sharingCount(2_048, ...three, last + 1), 4);
});

Deno.test("records are copied, few or many", () => {
  for (const count of [1, 8, 9]) {
    const records = Uint32Array.from(recordsOf(Array(count).fill(5)));
    const copied = copyRecords(records);
    const before = [...records];
    records.fill(0);
    assertEquals([...copied], before);
  }
});

Deno.test("a message alone in its copy has all of it, others a part", () => {
  const region = pattern(100);
  const alone = MessageBatch.copyOf(region, [0, 7, 12, 20], 0, 4);
  assertEquals(alone.bytesAt(alone.shift()), region.slice(12, 32));
  const records = [0, 7, 12, 20, 0, 8, 44, 0];
  const both = MessageBatch.copyOf(region, records, 0, 8);
  assertEquals([both.count, both.heldSize, both.endOffset], [
    2,
    32 + 2 * 16 + 512,
    44,
  ]);
  assertEquals(both.bytesAt(both.shift()), region.slice(12, 32));
  assertEquals([both.isEmpty, both.bytesAt(both.shift()).length], [false, 0]);
  assertEquals(both.isEmpty, true);
});

/** Messages of these sizes, as they lie in what was read from `at` on, and the last byte of which says which they are. */
function batchOf(sizes: readonly number[], at = 0): MessageBatch {
  const region = new Uint8Array(at + 12 * sizes.length + sum(sizes));
  const records = recordsOf(sizes);
  for (let record = 0; record < records.length; record += 4) {
    records[record + 2]! += at;
    region[records[record + 2]! + records[record + 3]! - 1] = record / 4 + 1;
  }
  return MessageBatch.copyOf(region, records, 0, records.length);
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

Deno.test("batches are joined where the next has as many messages, and where all may share a copy", () => {
  const joins = (sizes: number[], next: number[]): boolean =>
    batchOf(sizes).joined(batchOf(next)) !== undefined;
  assertEquals([joins([5], [5]), joins([5], [5, 5])], [true, true]);
  assertEquals(joins([5, 5], [5]), false);
  assertEquals([joins([4_096], [4_096]), joins([4_097], [5])], [true, false]);
  assertEquals(joins([5], [4_097]), false);
  // With what they count besides, 64 KiB.
  const half = Array.from({ length: 15 }, () => 2_000);
  const more = [...half, 2_000];
  const besides = 30 * 12 + 32 * 16 + 2 * 512;
  const rest = 64 * KIB - sum(half) - sum(more) - besides;
  assertEquals(joins(half, [...more, rest]), true);
  assertEquals(joins(half, [...more, rest + 1]), false);
  // Beside one of 2 KiB no more than eight times as much.
  const three = [2_000, 2_000, 2_000];
  const left = 8 * 2_048 - 2 * sum(three) - 2_048 - 6 * 12;
  assertEquals(joins(three, [2_048, ...three, left - 12]), true);
  assertEquals(joins(three, [2_048, ...three, left + 13]), false);
});

Deno.test("a batch that was joined gives out what was in both, in order", () => {
  // Of a read that brought one before and one behind.
  const region = pattern(500);
  const records = [0, 0, 0, 0, 0, 70, 20, 30, 0, 71, 62, 0, 0, 72, 74, 5];
  const middle = MessageBatch.copyOf(region, [...records, ...records], 4, 16);
  const joined = batchOf([3], 100).joined(middle)
    ?.joined(batchOf([20, 300, 1, 40, 5], 7))!;
  assertEquals([joined.count, joined.heldSize], [
    9,
    3 + 59 + 414 + 9 * 16 + 512,
  ]);
  const taken: [id: number, size: number, last: number | undefined][] = [];
  while (!joined.isEmpty) {
    const index = joined.shift();
    const bytes = joined.bytesAt(index);
    assertEquals(bytes.length, joined.sizeAt(index));
    taken.push([joined.idAt(index), bytes.length, bytes.at(-1)]);
  }
  assertEquals(taken, [
    [0, 3, 1],
    [70, 30, region[49]],
    [71, 0, undefined],
    [72, 5, region[78]],
    [0, 20, 1],
    [1, 300, 2],
    [2, 1, 3],
    [3, 40, 4],
    [4, 5, 5],
  ]);
});
