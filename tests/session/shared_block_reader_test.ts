import { assert, assertEquals, assertLess } from "@std/assert";
import { concat } from "@std/bytes";
import {
  SHARED_BLOCK_SIZE,
  SHARED_MESSAGE_SIZE_MAX,
  SHARED_MESSAGE_SIZE_MIN,
  SharedBlockReader,
} from "../../src/session/shared_block_reader.ts";
import {
  type MessageBatch,
  RECORD_LENGTH,
} from "../../src/session/message_batch.ts";
import { pattern } from "../helpers/messages.ts";
import { type Prng, withSeed } from "../helpers/prng.ts";
import { header, MORE, packet } from "../helpers/raw_peer.ts";
import { SessionPair, shiftMessage } from "../helpers/session_pair.ts";

const FLOW = 256 * 1024;

/** A reader that expects messages of `size` bytes. */
function readerFor(size: number): SharedBlockReader {
  const reader = new SharedBlockReader(SHARED_MESSAGE_SIZE_MAX);
  reader.expect(FLOW, size);
  return reader;
}

/** Puts bytes where the reader wants them, and takes them. */
function feed(
  reader: SharedBlockReader,
  bytes: Uint8Array,
  room = Infinity,
): MessageBatch | undefined {
  reader.lend().set(bytes);
  return reader.take(bytes.length, room);
}

function contents(batch: MessageBatch | undefined): Uint8Array[] {
  return Array.from(
    { length: batch?.count ?? 0 },
    (_, index) => batch!.bytesAt(index * RECORD_LENGTH),
  );
}

Deno.test("a shared-block reader begins where a flow of messages of medium size goes on", () => {
  const reader = new SharedBlockReader(SHARED_MESSAGE_SIZE_MAX);
  const cases: [readSize: number, messageSize: number, isWanted: boolean][] = [
    [FLOW, SHARED_MESSAGE_SIZE_MIN - 1, false],
    [FLOW, SHARED_MESSAGE_SIZE_MIN, true],
    [FLOW, SHARED_MESSAGE_SIZE_MAX, true],
    [FLOW, SHARED_MESSAGE_SIZE_MAX + 1, false],
    [128 * 1024 - 1, SHARED_MESSAGE_SIZE_MAX, false],
    [128 * 1024, SHARED_MESSAGE_SIZE_MAX, true],
  ];
  for (const [readSize, messageSize, isWanted] of cases) {
    reader.expect(readSize, messageSize);
    assertEquals(reader.isWanted, isWanted, `${readSize}, ${messageSize}`);
  }
  const strict = new SharedBlockReader(20_000);
  strict.expect(FLOW, 20_001);
  assertEquals(strict.isWanted, false);
});

Deno.test("a shared-block reader hands out views, and a block ends with a message where all are of one size", () => {
  for (
    const size of [SHARED_MESSAGE_SIZE_MIN, 50_000, SHARED_MESSAGE_SIZE_MAX]
  ) {
    const reader = readerFor(size);
    const lent = reader.lend();
    assertEquals(lent.length % (12 + size), 0);
    assert(lent.length <= SHARED_BLOCK_SIZE);
    const count = lent.length / (12 + size);
    const sent = Array.from({ length: count }, (_, id) => pattern(size, id));
    const batch = feed(
      reader,
      concat(sent.map((each, id) => packet(id, 0, each))),
    );
    assertEquals(contents(batch), sent);
    assertEquals(contents(batch)[0]!.buffer, lent.buffer);
    assertEquals(batch!.idAt(RECORD_LENGTH), 1);
    assertEquals(batch!.memorySize, lent.length);
    assert(reader.isReading && reader.isWanted);
    assert(reader.lend().buffer !== lent.buffer);
    assertEquals(reader.leave().length, 0);
  }
});

Deno.test("a shared-block reader fills a block until a message is whole, and carries the rest to the next", () => {
  const messages = Array.from({ length: 9 }, (_, id) => pattern(50_000, id));
  const stream = concat(messages.map((each, id) => packet(id, 0, each)));
  const reader = readerFor(50_000);
  const { buffer } = reader.lend();
  let at = 0;
  const next = (size: number): Uint8Array => stream.subarray(at, at += size);
  for (const size of [5, 7, 1, 40_000]) {
    assertEquals(feed(reader, next(size)), undefined);
    assertEquals(reader.lend().buffer, buffer);
  }
  assertEquals(contents(feed(reader, next(150_000))), messages.slice(0, 3));
  // What the application has is not read to again, not even beside it.
  assert(reader.lend().buffer !== buffer);
  // A header that is not whole is carried, too.
  const size = 4 * 50_012 + 5 - (at - 3 * 50_012);
  assertEquals(contents(feed(reader, next(size))), messages.slice(3, 7));
  assert(reader.isWanted);
  assertEquals(
    contents(feed(reader, stream.subarray(at))),
    messages.slice(7, 9),
  );
});

Deno.test("a shared-block reader leaves what does not belong there, and ends where a flow ends", () => {
  const medium = packet(1, 0, pattern(SHARED_MESSAGE_SIZE_MIN));
  const others: Record<string, Uint8Array> = {
    "a part with MORE": header(2, MORE, SHARED_MESSAGE_SIZE_MIN),
    "another part": header(2, 1, SHARED_MESSAGE_SIZE_MIN),
    "a short message": packet(2, 0, pattern(SHARED_MESSAGE_SIZE_MIN - 1)),
    "a long one": header(2, 0, SHARED_MESSAGE_SIZE_MAX + 1),
  };
  for (const [what, other] of Object.entries(others)) {
    const reader = readerFor(SHARED_MESSAGE_SIZE_MIN);
    const batch = feed(reader, concat([medium, other, medium]));
    assertEquals(batch!.count, 1, what);
    // All that is kept alive counts.
    assertEquals(batch!.memorySize, reader.lend().buffer.byteLength, what);
    assertEquals(reader.isWanted, false, what);
    assertEquals(reader.leave(), concat([other, medium]), what);
    assertEquals(reader.isReading, false, what);
  }
  const reader = readerFor(SHARED_MESSAGE_SIZE_MIN);
  assertEquals(feed(reader, medium)!.count, 1);
  assertEquals(reader.isWanted, false, "a read that brought little");
});

Deno.test("a shared-block reader takes no new block where there is no room", () => {
  const all = concat(
    Array.from({ length: 5 }, (_, id) => packet(id, 0, pattern(60_000))),
  );
  for (const room of [SHARED_BLOCK_SIZE - 1, SHARED_BLOCK_SIZE]) {
    const reader = readerFor(SHARED_MESSAGE_SIZE_MAX);
    const size = reader.lend().length;
    feed(reader, all.subarray(0, size), room);
    assertEquals(reader.isWanted, room === SHARED_BLOCK_SIZE);
    assertEquals(reader.leave(), all.subarray(4 * 60_012, size));
  }
});

/** Sends `bytes` to a session in reads of as many bytes as `nextSize` gives; returns how many went to memory that is not the core's. */
function deliver(
  { bob }: SessionPair,
  bytes: Uint8Array,
  nextSize: () => number,
): number {
  let elsewhere = 0;
  for (let at = 0; at < bytes.length && !bob.error;) {
    const lent = bob.receiveBuffer();
    const piece = bytes.subarray(at, at + Math.min(lent.length, nextSize()));
    lent.set(piece);
    if (lent.buffer.byteLength <= SHARED_BLOCK_SIZE) elsewhere += piece.length;
    bob.handleReceived(piece.length, 0);
    at += piece.length;
  }
  return elsewhere;
}

function takeAll({ bob }: SessionPair): [id: number, bytes: Uint8Array][] {
  const taken: [number, Uint8Array][] = [];
  for (let message; (message = shiftMessage(bob.inbox));) {
    taken.push([message.id, message.bytesNow()!]);
  }
  return taken;
}

Deno.test("a session reads nearly all of a flow of messages of medium size to shared blocks", () => {
  const pair = SessionPair.connected();
  const sent = pattern(SHARED_MESSAGE_SIZE_MAX);
  const flow = concat(
    Array.from({ length: 100 }, (_, id) => packet(id, 0, sent)),
  );
  const elsewhere = deliver(pair, flow, () => Infinity);
  assert(elsewhere > 0.9 * flow.length, `${elsewhere} of ${flow.length}`);
  assert(pair.bob.heldSize >= 100 * sent.length);
  assertLess(pair.bob.heldSize, 1.4 * flow.length);
  const taken = takeAll(pair);
  assertEquals(
    taken.map(([id]) => id),
    Array.from({ length: 100 }, (_, id) => id),
  );
  assert(taken.every(([, bytes]) => bytes.length === sent.length));
  assertEquals(taken[50]![1], sent);
  assertEquals(pair.bob.heldSize, 0);
  pair.bob.handleEndOfStream(0);
  assertEquals([pair.bob.hasRemoteEnded, pair.bob.isCutShort], [true, false]);
});

const BYTES = pattern(100_000);

/** What a sender may do with a flow: mostly one size, now and then anything. */
function randomStream(prng: Prng): {
  bytes: Uint8Array;
  expected: [id: number, bytes: Uint8Array][];
} {
  const packets: Uint8Array[] = [];
  const expected: [number, Uint8Array][] = [];
  const usual = prng.between(SHARED_MESSAGE_SIZE_MIN, SHARED_MESSAGE_SIZE_MAX);
  for (let id = 0; id < 60; id++) {
    const kind = prng.between(0, 11);
    const size = kind < 9
      ? usual
      : prng.between(0, 1.2 * SHARED_MESSAGE_SIZE_MAX);
    const bytes = BYTES.subarray(id, id + size);
    expected.push([id, bytes]);
    const cut = Math.floor(size / 2);
    if (kind < 11 || cut === 0) packets.push(packet(id, 0, bytes));
    else {
      packets.push(packet(id, MORE, bytes.subarray(0, cut)));
      packets.push(packet(id, 1, bytes.subarray(cut)));
    }
  }
  return { bytes: concat(packets), expected };
}

Deno.test("a session brings any flow across, in shared blocks or not, in any cut", () => {
  for (let seed = 1; seed <= 25; seed++) {
    withSeed(seed, (prng) => {
      const { bytes, expected } = randomStream(prng);
      const pair = SessionPair.connected();
      const isCut = prng.between(0, 1) === 1;
      deliver(
        pair,
        bytes,
        () => isCut ? prng.between(1, 300_000) : Infinity,
      );
      assertEquals(pair.bob.error, undefined);
      const taken = takeAll(pair);
      assertEquals(taken.map(([id]) => id), expected.map(([id]) => id));
      for (const [index, [id, actual]] of taken.entries()) {
        assertEquals(actual, expected[index]![1], `message ${id}`);
      }
      assertEquals(pair.bob.heldSize, 0);
      pair.bob.handleEndOfStream(0);
      assertEquals(pair.bob.hasRemoteEnded, true);
    });
  }
});

Deno.test("a session that reads a flow to shared blocks reports a broken rule behind it, and what was cut short", () => {
  const flow = concat(
    Array.from({ length: 9 }, (_, id) => packet(id, 0, pattern(60_000))),
  );
  const cases: [what: string, end: Uint8Array, code: string][] = [
    ["an index that is not 0", header(9, 1, 5), "PROTOCOL"],
    ["inside a header", header(9, 0, 60_000).subarray(0, 7), "TRUNCATED"],
    ["behind a header", header(9, 0, 60_000), "TRUNCATED"],
    ["inside a payload", packet(9, 0, "some"), "TRUNCATED"],
  ];
  for (const [what, end, code] of cases) {
    const bytes = what === "inside a payload"
      ? concat([header(9, 0, 60_000), end.subarray(12)])
      : end;
    const pair = SessionPair.connected();
    deliver(pair, concat([flow, bytes]), () => Infinity);
    pair.bob.handleEndOfStream(0);
    assertEquals(pair.bob.error?.code, code, what);
    const taken: number[] = [];
    const failed: number[] = [];
    for (let message; (message = shiftMessage(pair.bob.inbox));) {
      const list = message.bytesNow() ? taken : failed;
      list.push(message.id);
    }
    assertEquals(taken, [0, 1, 2, 3, 4, 5, 6, 7, 8], what);
    const isKnown = what === "behind a header" || what === "inside a payload";
    assertEquals(failed, isKnown ? [9] : [], what);
  }
});

Deno.test("a session gives the core what it read to a shared block and does not belong there, however much it is", () => {
  const pair = SessionPair.connected();
  const bytes = BYTES.subarray(0, SHARED_MESSAGE_SIZE_MAX);
  const flow = Array.from({ length: 9 }, (_, id) => packet(id, 0, bytes));
  const parts = Array.from(
    { length: 10 },
    (_, index) => packet(9, index < 9 ? MORE + index : index, bytes),
  );
  deliver(pair, concat([...flow, ...parts]), () => Infinity);
  const taken = takeAll(pair);
  assertEquals(taken.length, 10);
  assertEquals(taken[9], [9, concat(Array(10).fill(bytes))]);
});

Deno.test("a session uses no shared blocks where little may be held", () => {
  const pair = SessionPair.connected({ maxBufferedBytes: 400_000 });
  const flow = concat(
    Array.from({ length: 20 }, (_, id) => packet(id, 0, pattern(60_000))),
  );
  const taken: number[] = [];
  let most = 0;
  for (let at = 0; at < flow.length;) {
    if (pair.bob.isFull) taken.push(...takeAll(pair).map(([id]) => id));
    const lent = pair.bob.receiveBuffer();
    const piece = flow.subarray(at, at + lent.length);
    lent.set(piece);
    pair.bob.handleReceived(piece.length, 0);
    at += piece.length;
    most = Math.max(most, pair.bob.heldSize);
  }
  taken.push(...takeAll(pair).map(([id]) => id));
  assertEquals(taken, Array.from({ length: 20 }, (_, id) => id));
  assertLess(most, 400_000 + SHARED_BLOCK_SIZE + 20 * 256);
});
