import { assert, assertEquals, assertLess } from "@std/assert";
import { concat } from "@std/bytes";
import { LektError } from "../../src/base/errors.ts";
import type { IncomingMessage } from "../../src/session/incoming_message.ts";
import { ABORT, header, MORE, packet } from "../helpers/raw_peer.ts";
import { withSeed } from "../helpers/prng.ts";
import { pattern } from "../helpers/messages.ts";
import {
  SessionPair,
  shiftIncoming,
  shiftMessage,
} from "../helpers/session_pair.ts";

function bobOf(limits = {}): SessionPair {
  return SessionPair.connected(limits);
}

Deno.test("an inbox keeps little more memory alive than messages that come one by one have bytes", () => {
  const pair = bobOf();
  const { bob } = pair;
  const buffers = new Set<ArrayBuffer>();
  for (let id = 0; id < 100; id++) {
    pair.deliver(bob, packet(id, 0, pattern(100)));
    buffers.add(shiftMessage(bob.inbox)!.bytesNow()!.buffer);
  }
  const sizes = Array.from(buffers, ({ byteLength }) => byteLength);
  assertEquals(sizes, [4_096, 4_096, 4_096]);
});

Deno.test("a message that is kept keeps no more than 64 KiB alive, from 2 KiB on eight times its bytes, however many came with it", () =>
  withSeed(7, (prng) => {
    const pair = bobOf();
    const { bob } = pair;
    for (let round = 0; round < 40; round++) {
      const usual = prng.between(0, 6_000);
      const packets: Uint8Array[] = [];
      for (let id = 0; id < 60; id++) {
        const isUsual = prng.between(0, 9) > 0;
        const size = isUsual ? usual : prng.between(0, 6_000);
        packets.push(packet(id, 0, pattern(size)));
      }
      pair.deliver(bob, concat(packets));
      for (let message; (message = shiftMessage(bob.inbox));) {
        const { length, buffer } = message.bytesNow()!;
        const kept = buffer.byteLength;
        const keptMax = length < 2_048 ? 65_536 : 8 * length;
        assert(kept <= keptMax, `${length} bytes keep ${kept}`);
      }
    }
  }));

Deno.test("an inbox counts the memory that neighbours share", () => {
  const pair = bobOf();
  const { bob } = pair;
  const large = packet(9, MORE, pattern(20_000));
  pair.deliver(bob, concat([packet(1, 0, "a"), packet(2, 0, "b"), large]));
  const { heldSize } = bob.inbox;
  const first = shiftMessage(bob.inbox)!;
  const second = shiftMessage(bob.inbox)!;
  const shared = first.bytesNow()!.buffer;
  assertEquals(second.bytesNow()!.buffer, shared);
  assert(heldSize > shared.byteLength + 20_000);
});

Deno.test("an inbox counts nothing when all is taken, whatever happened", () => {
  withSeed(4_711, (prng) => {
    const pair = bobOf({ streamThresholdBytes: 5_000 });
    const { bob } = pair;
    pair.cut = (bytes) => prng.cut(bytes, prng.pick([5, 900, 100_000]));
    const open = new Map<number, number>();
    const unread: IncomingMessage[] = [];
    for (let step = 0; step < 3_000; step++) {
      const id = prng.below(12);
      const index = open.get(id);
      const size = prng.pick([1, 10, 3_000, 9_000]);
      const fate = prng.below(4);
      if (index === undefined) {
        pair.deliver(bob, packet(id, fate ? MORE : 0, pattern(size)));
        if (fate) open.set(id, 1);
      } else if (fate === 0) {
        pair.deliver(bob, packet(id, ABORT, "enough"));
        open.delete(id);
      } else {
        const isLast = fate === 1;
        pair.deliver(
          bob,
          packet(id, isLast ? index : MORE + index, pattern(size)),
        );
        if (isLast) open.delete(id);
        else open.set(id, index + 1);
      }
      while (prng.below(3) === 0) {
        if (!bob.inbox.isReady) break;
        const message = shiftIncoming(bob.inbox);
        if (message) unread.push(message);
      }
      const some = unread[prng.below(unread.length || 1)];
      if (some && prng.below(2)) some.read(new Uint8Array(2_000));
      else if (some && prng.below(9) === 0) some.drop();
      assert(bob.inbox.heldSize >= 0);
    }
    for (const [id, index] of open) pair.deliver(bob, packet(id, index));
    while (bob.inbox.isReady) {
      const message = shiftIncoming(bob.inbox);
      if (message) unread.push(message);
    }
    for (const message of unread) message.join();
    assertEquals(bob.inbox.heldSize, 0);
  });
});

Deno.test("an inbox keeps to its bound when 1,024 long messages get a byte each", () => {
  const pair = bobOf({ maxBufferedBytes: 8_000_000 });
  const { bob } = pair;
  const messages: IncomingMessage[] = [];
  const long = new Uint8Array(300_000);
  for (let id = 0; id < 1_024; id++) {
    pair.deliver(bob, packet(id, MORE, long));
    const message = shiftIncoming(bob.inbox);
    assert(message);
    message.read(long);
    messages.push(message);
  }
  assertEquals(bob.inbox.heldSize, 0);
  const bytes = messages.map(({ id }) => packet(id, MORE + 1, "x"));
  pair.deliver(bob, concat(bytes));
  assertEquals(messages.every(({ bufferedSize }) => bufferedSize === 1), true);
  assertLess(bob.inbox.heldSize, 8_000_000 + 1_100_000);
});

Deno.test("an inbox hands over at the threshold, or when complete, or when full", () => {
  const pair = bobOf({ streamThresholdBytes: 1_000 });
  const { bob } = pair;
  pair.deliver(bob, packet(1, MORE, pattern(1_000)));
  assertEquals(bob.inbox.isReady, false);
  pair.deliver(bob, packet(1, MORE + 1, pattern(1)));
  assertEquals(bob.inbox.isReady, true);
  pair.deliver(bob, packet(2, MORE, pattern(5)));
  assertEquals([shiftMessage(bob.inbox)?.id, bob.inbox.isReady], [1, false]);
  bob.inbox.handOverAll();
  assertEquals([shiftMessage(bob.inbox)?.id, bob.inbox.isReady], [2, false]);
  pair.deliver(bob, packet(2, 1, pattern(5)));
  assertEquals(bob.inbox.isReady, false);
});

Deno.test("an inbox gives many messages out in order", () => {
  const pair = bobOf();
  const { bob } = pair;
  let next = 0;
  for (let id = 0; id < 20_000; id++) {
    pair.deliver(bob, header(id, 0, 0));
    if (id % 3 === 2) assertEquals(shiftMessage(bob.inbox)?.id, next++);
  }
  while (bob.inbox.isReady) assertEquals(shiftMessage(bob.inbox)?.id, next++);
  assertEquals([next, bob.inbox.receivedCount], [20_000, 20_000]);
});

Deno.test("an inbox names the message that holds most", () => {
  const pair = bobOf();
  const { bob } = pair;
  assertEquals(bob.inbox.unreadId, undefined);
  pair.deliver(bob, packet(1, MORE, pattern(70_000)));
  pair.deliver(bob, packet(2, MORE, pattern(200_000)));
  shiftMessage(bob.inbox);
  shiftMessage(bob.inbox);
  assertEquals(bob.inbox.unreadId, 2);
  const { isAwaited, hasSlowReader } = bob.inbox.streamed;
  assertEquals([isAwaited, hasSlowReader], [false, false]);
  for (let id = 10; id < 30; id++) {
    pair.deliver(bob, packet(id, 0, pattern(100_000)));
  }
  assertEquals(bob.inbox.unreadId, 10);
});

Deno.test("aborted messages that nobody has read count with their errors and reasons", () => {
  const pair = bobOf();
  const { bob } = pair;
  const reason = "x".repeat(1_023);
  for (let id = 0; id < 100; id++) {
    pair.deliver(
      bob,
      concat([packet(id, MORE, "a"), packet(id, ABORT, reason)]),
    );
  }
  assert(bob.inbox.heldSize >= 100 * 3_071, `${bob.inbox.heldSize} bytes`);
  for (let id = 0; id < 100; id++) {
    const message = shiftIncoming(bob.inbox)!;
    assertEquals(message.error?.code, "ABORTED");
    assertEquals(message.error?.reason, reason);
  }
  assertEquals(bob.inbox.heldSize, 0);
});

Deno.test("an inbox that discards keeps nothing of what comes", () => {
  const pair = bobOf();
  const { bob } = pair;
  const error = new LektError("CLOSED", "It was closed");
  pair.deliver(bob, concat([packet(1, 0, "x"), packet(2, MORE, pattern(100))]));
  bob.inbox.discard(() => error);
  pair.deliver(bob, concat([packet(2, 1, "end"), packet(3, 0, "y")]));
  pair.deliver(bob, packet(4, MORE, pattern(100_000)));
  pair.deliver(bob, packet(4, ABORT));
  assertEquals([bob.inbox.isReady, bob.inbox.heldSize], [false, 0]);
});

Deno.test("an inbox sets no memory aside for what is announced and has not come", () => {
  for (const [come, most] of [[1, 1_024], [5_000, 10_000], [70_000, 140_000]]) {
    const pair = bobOf();
    const { bob } = pair;
    // Long reads, so that what comes first is what the receive region takes.
    pair.deliver(bob, packet(9, 0, new Uint8Array(2_000)));
    shiftMessage(bob.inbox);
    pair.deliver(bob, concat([header(1, 0, 262_144), pattern(come!)]));
    assertLess(bob.inbox.heldSize, most! + 2_000, `${come} bytes`);
    pair.deliver(bob, new Uint8Array(262_144 - come!));
    assertEquals(shiftMessage(bob.inbox)?.bytesNow()?.length, 262_144);
    assertEquals(bob.inbox.heldSize, 0);
  }
});
