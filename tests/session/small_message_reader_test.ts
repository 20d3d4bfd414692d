import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { SmallMessageReader } from "../../src/session/small_message_reader.ts";
import {
  type MessageBatch,
  RECORD_LENGTH,
} from "../../src/session/message_batch.ts";
import { ABORT, MORE, packet } from "../helpers/raw_peer.ts";
import { SessionPair, shiftMessage } from "../helpers/session_pair.ts";

/** Reads the beginning of memory that is used again. */
function read(
  bytes: Uint8Array,
  reader = new SmallMessageReader(),
): MessageBatch | undefined {
  const memory = new Uint8Array(10_000);
  memory.set(bytes);
  const batch = reader.read(memory, 0, bytes.length);
  memory.fill(0);
  return batch;
}

Deno.test("a small-message reader reads messages of one packet each, in a copy", () => {
  const ids = [7, 0xffff_ffff, 0];
  const reader = new SmallMessageReader();
  for (let turn = 0; turn < 10; turn++) {
    const sent = concat([
      packet(ids[0]!, 0, "hello"),
      packet(ids[1]!, 0),
      packet(ids[2]!, 0, new Uint8Array(1000).fill(turn)),
    ]);
    const batch = read(sent, reader)!;
    assertEquals(batch.count, 3);
    const indexes = ids.map((_, at) => at * RECORD_LENGTH);
    assertEquals(indexes.map((index) => batch.idAt(index)), ids);
    const contents = indexes.map((index) => batch.bytesAt(index));
    assertEquals(contents.map(({ length }) => length), [5, 0, 1000]);
    assertEquals(new TextDecoder().decode(contents[0]), "hello");
    assertEquals(contents[2], new Uint8Array(1000).fill(turn));
    assertEquals(contents[0]!.buffer, contents[2]!.buffer);
  }
});

Deno.test("a small-message reader reads what just fills the memory that messages share", () => {
  for (const size of [4_095, 4_096, 4_097]) {
    const reader = new SmallMessageReader();
    for (let turn = 0; turn < 3; turn++) {
      const bytes = new Uint8Array(size).fill(turn);
      assertEquals(read(packet(3, 0, bytes), reader)!.bytesAt(0), bytes);
    }
  }
});

Deno.test("a small-message reader reads what is longer than the memory that messages share", () => {
  const long = new Uint8Array(6_000).fill(7);
  const batch = read(packet(3, 0, long))!;
  assertEquals(batch.bytesAt(0), long);
  assertEquals(batch.bytesAt(0).buffer.byteLength, long.length);
  assertEquals(read(packet(1, 0))!.bytesAt(0).length, 0);
});

Deno.test("a small-message reader leaves everything else to the core", () => {
  assertEquals(read(new Uint8Array(0)), undefined);
  const whole = packet(1, 0, "x");
  const others: Record<string, Uint8Array> = {
    "a part with MORE": packet(2, MORE, "x"),
    "another part": packet(2, 1, "x"),
    "an Abort": packet(2, ABORT, "why"),
    "a cut header": whole.subarray(0, 11),
    "a cut payload": packet(2, 0, "xyz").subarray(0, 14),
  };
  for (const [what, other] of Object.entries(others)) {
    assertEquals(read(other), undefined, what);
    assertEquals(read(concat([whole, other])), undefined, what);
  }
});

Deno.test("a small-message reader reads messages up to a control packet", () => {
  const control = packet(0, 0xffff_ffff, "x");
  const messages = concat([packet(1, 0, "one"), packet(2, 0)]);
  const batch = read(concat([messages, control]))!;
  assertEquals(batch.count, 2);
  assertEquals(batch.endOffset, messages.length);
  assertEquals(new TextDecoder().decode(batch.bytesAt(0)), "one");
  assertEquals(read(control), undefined);
  assertEquals(read(concat([messages, control.subarray(0, 11)])), undefined);
});

Deno.test("a small-message reader begins where it is told to", () => {
  const bytes = concat([packet(1, 0, "one"), packet(2, 0, "two")]);
  const batch = new SmallMessageReader().read(bytes, 15, bytes.length)!;
  assertEquals([batch.count, batch.idAt(0)], [1, 2]);
  assertEquals(new TextDecoder().decode(batch.bytesAt(0)), "two");
  assertEquals(batch.endOffset, 30);
});

Deno.test("messages that come one by one share memory, and none is ever written over", () => {
  const pair = SessionPair.connected();
  const taken: Uint8Array<ArrayBuffer>[] = [];
  for (let id = 0; id < 300; id++) {
    pair.deliver(pair.bob, packet(id, 0, `message ${id}`));
    taken.push(shiftMessage(pair.bob.inbox)!.bytesNow()!);
  }
  const texts = taken.map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(texts, taken.map((_, id) => `message ${id}`));
  const bufferCount = new Set(taken.map(({ buffer }) => buffer)).size;
  assertEquals(bufferCount < 10, true, `${bufferCount} buffers`);
});

Deno.test("an application that transfers a short message's memory loses nothing that comes later", () => {
  const pair = SessionPair.connected();
  pair.deliver(pair.bob, packet(1, 0, "first"));
  const first = shiftMessage(pair.bob.inbox)!.bytesNow()!;
  first.buffer.transfer();
  for (const text of ["second", "third"]) {
    pair.deliver(pair.bob, packet(2, 0, text));
    const bytes = shiftMessage(pair.bob.inbox)!.bytesNow();
    assertEquals(new TextDecoder().decode(bytes), text);
  }
});
