// Which messages share memory, and what the parts of a session keep alive.
import { assertEquals } from "@std/assert";
import { MORE_BIT, PACKET_HEADER_SIZE } from "../../asm/wire.ts";
import { LongBuffer } from "../../src/session/long_buffer.ts";
import {
  copyRecords,
  endOfCopy,
  RECORD_LENGTH,
} from "../../src/session/message_batch.ts";
import { OutgoingMessage } from "../../src/session/outgoing_message.ts";
import { pattern } from "../helpers/messages.ts";

/** Records of messages that lie at these places, and have these sizes. */
function recordsOf(...messages: [offset: number, size: number][]): number[] {
  return messages.flatMap(([offset, size], id) => {
    const record: number[] = Array(RECORD_LENGTH).fill(0);
    record.splice(1, 3, id, offset, size);
    return record;
  });
}

Deno.test("neighbours share a copy up to 4 KiB each, 64 KiB in all, and from 2 KiB on eight times the smallest", () => {
  const table: [messages: [number, number][], count: number][] = [
    [[[0, 10]], 1],
    [[[0, 4_096], [5_000, 10]], 2],
    [[[0, 4_097], [5_000, 10]], 1],
    [[[0, 10], [100, 4_096]], 2],
    [[[0, 10], [100, 4_097]], 1],
    [[[0, 10], [65_536 - 20, 20]], 2],
    [[[0, 10], [65_536 - 19, 20]], 1],
    [[[0, 2_048], [16_384 - 10, 10]], 2],
    [[[0, 2_048], [16_384 - 9, 10]], 1],
    [[[0, 2_047], [16_384 - 9, 10]], 2],
    [[[0, 10], [16_384 - 2_048, 2_048]], 2],
    [[[0, 10], [16_384 - 2_047, 2_048]], 1],
    // The smallest bound holds, whichever message it is of.
    [[[0, 10], [100, 2_048], [16_000, 400]], 2],
    [[[0, 10], [100, 2_048], [16_000, 384]], 3],
    [[[7_000, 10], [7_000 + 65_536 - 20, 20]], 2],
  ];
  for (const [messages, count] of table) {
    const records = recordsOf(...messages);
    assertEquals(
      [messages, endOfCopy(records, 0)],
      [messages, count * RECORD_LENGTH],
    );
  }
  const two = recordsOf([0, 10], [10, 5_000], [5_010, 10], [5_020, 10]);
  assertEquals(endOfCopy(two, 2 * RECORD_LENGTH), 4 * RECORD_LENGTH);
});

Deno.test("copied records are the same, few or many", () => {
  for (const count of [1, 7, 8, 9, 100]) {
    const records = Uint32Array.from(
      { length: count * RECORD_LENGTH },
      (_, index) => index * 3,
    );
    const copy = copyRecords(records);
    assertEquals(Array.from(copy), Array.from(records));
    records.fill(0);
    assertEquals(copy.at(-1), (count * RECORD_LENGTH - 1) * 3);
  }
});

/** A control packet of eight bytes. */
const WINDOW = { type: "window", total: 1 } as const;

Deno.test("a buffer for long messages takes a control packet where it has just as much room as that needs", () => {
  const bare = new LongBuffer();
  assertEquals(bare.putControl(WINDOW), true);
  const controlSize = bare.size;
  bare.clear();
  for (const extra of [0, 1]) {
    const buffer = new LongBuffer();
    const partSize = buffer.room - controlSize + extra;
    buffer.putParts(7, 0, new Uint8Array(partSize), partSize, true);
    const before = buffer.size;
    assertEquals(buffer.putControl(WINDOW), extra === 0);
    assertEquals(buffer.size - before, extra === 0 ? controlSize : 0);
    buffer.clear();
    assertEquals(buffer.size, 0);
  }
});

Deno.test("a buffer for long messages numbers its parts, of which the last one may be the message's", () => {
  for (const hasMore of [true, false]) {
    const buffer = new LongBuffer();
    buffer.putParts(7, 4, pattern(25), 10, hasMore);
    const bytes = buffer.bytes().slice();
    buffer.clear();
    const view = new DataView(bytes.buffer);
    const headers: number[][] = [];
    for (let at = 0; at < bytes.length;) {
      const size = view.getUint32(at + 8);
      headers.push([view.getUint32(at), view.getUint32(at + 4), size]);
      at += PACKET_HEADER_SIZE + size;
    }
    assertEquals(headers, [
      [7, 4 + MORE_BIT, 10],
      [7, 5 + MORE_BIT, 10],
      [7, hasMore ? 6 + MORE_BIT : 6, 5],
    ]);
  }
});

Deno.test("the memory of two buffers for long messages is used again, and of no more", () => {
  const fill = (): [LongBuffer, ArrayBuffer] => {
    const buffer = new LongBuffer();
    buffer.putControl(WINDOW);
    return [buffer, buffer.bytes().buffer];
  };
  // What others have left is taken first.
  const left = [fill(), fill()];
  const given = [fill(), fill(), fill()];
  for (const [buffer] of given) buffer.clear();
  const memories = new Set(given.map(([, memory]) => memory));
  const again = [fill(), fill(), fill()];
  const kept = again.filter(([, memory]) => memories.has(memory));
  assertEquals([left.length, kept.length], [2, 2]);
  for (const [buffer] of [...again, ...left]) buffer.clear();
});

Deno.test("a message offers bytes, or its end, and keeps nothing alive of what was sent", () => {
  const offered: number[] = [];
  const message = new OutgoingMessage();
  message.onOffered = ({ chunk }): void => void offered.push(chunk.length);
  message.offer(new Uint8Array(0), false);
  assertEquals([message.hasOffer, offered], [false, []]);
  message.offer(pattern(100), false);
  assertEquals([message.hasOffer, offered], [true, [100]]);
  message.advance(60);
  assertEquals(message.chunk, pattern(100).subarray(60));
  message.advance(40);
  assertEquals([message.hasOffer, message.chunk.length], [false, 0]);
  assertEquals(message.chunk.buffer.byteLength, 0);
  message.offer(new Uint8Array(0), true);
  assertEquals([message.hasOffer, offered], [true, [100, 0]]);
});
