import { assert, assertEquals, assertGreater } from "@std/assert";
import { concat } from "@std/bytes";
import { OPEN_COUNT_MAX, PACKET_COST, PART_INDEX_MAX } from "../../asm/wire.ts";
import { ControlQueue } from "../../src/session/control_queue.ts";
import { Core } from "../../src/framing/core.ts";
import { LektError } from "../../src/base/errors.ts";
import { Outbox } from "../../src/session/outbox.ts";
import { ReferenceReassembler } from "../reference/framing.ts";
import { ABORT, MORE, packet } from "../helpers/raw_peer.ts";
import { withSeed } from "../helpers/prng.ts";
import { inPieces, pattern } from "../helpers/messages.ts";

function outboxOf(maxPartBytes = 262_144): Outbox {
  return new Outbox({ core: new Core(OPEN_COUNT_MAX) }, maxPartBytes);
}

/** All that it has to write, taken in steps of at most `stepSize`. */
function drain(outbox: Outbox, stepSize = Infinity): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let bytes; (bytes = outbox.pollTransmit());) {
    const size = Math.min(bytes.length, stepSize);
    pieces.push(bytes.slice(0, size));
    outbox.handleTransmitted(size);
  }
  return concat(pieces);
}

Deno.test("an outbox takes short messages over at once while there is room", () => {
  const outbox = outboxOf();
  assertEquals(outbox.isDrained, true);
  assertEquals([outbox.trySend("hi"), outbox.trySend(pattern(3))], [0, 1]);
  assertEquals([outbox.isDrained, outbox.sentCount], [false, 2]);
  assertEquals(
    drain(outbox),
    concat([packet(0, 0, "hi"), packet(1, 0, pattern(3))]),
  );
  assertEquals(outbox.isDrained, true);
  assertEquals(outbox.trySend(pattern(262_145)), -1);
  // A text is not measured first: it may have three bytes for each letter.
  assertEquals(outbox.trySend("x".repeat(100_000)), -1);
});

Deno.test("an outbox sends what had to wait in order, before what comes later", () => {
  const outbox = outboxOf();
  assert(outbox.trySend(pattern(250_000)) >= 0);
  assertEquals(outbox.trySend(pattern(250_000)), -1);
  let takenCount = 0;
  const waiting = outbox.queueWhole(pattern(250_000));
  waiting.onTaken = (): void => {
    takenCount++;
  };
  assertEquals(outbox.trySend("behind"), -1);
  const behind = outbox.queueWhole(new TextEncoder().encode("behind"));
  assertEquals(takenCount, 0);
  const wire = drain(outbox, 10_000);
  assertEquals([waiting.id, behind.id, takenCount], [1, 2, 1]);
  assertEquals(wire.length, 2 * 250_012 + 18);
  assertEquals(wire.subarray(-18), packet(2, 0, "behind"));
  const longest = outboxOf(1_000);
  const sizes = [1_000, 1, 1_000];
  for (const size of sizes) longest.queueWhole(pattern(size));
  assertEquals(
    drain(longest),
    concat(sizes.map((size, id) => packet(id, 0, pattern(size)))),
  );
});

Deno.test("an outbox writes large parts from where they lie, whatever the transport takes", () => {
  for (const stepSize of [1_000, 8_204, 70_000, Infinity]) {
    const outbox = outboxOf();
    const sent = pattern(600_000);
    outbox.queueWhole(sent);
    const wire = drain(outbox, stepSize);
    const expected = concat([
      packet(0, MORE, sent.subarray(0, 262_144)),
      packet(0, MORE + 1, sent.subarray(262_144, 524_288)),
      packet(0, 2, sent.subarray(524_288)),
    ]);
    assertEquals(wire, expected, `steps of ${stepSize}`);
  }
});

/** Packets with the parts of a message, `partSize` bytes in each but the last. */
function partsOf(id: number, bytes: Uint8Array, partSize: number): Uint8Array {
  const count = Math.ceil(bytes.length / partSize);
  return concat(Array.from({ length: count }, (_, index) => {
    const more = index === count - 1 ? 0 : MORE;
    const from = index * partSize;
    return packet(id, more + index, bytes.subarray(from, from + partSize));
  }));
}

Deno.test("an outbox fills a region with the parts of one message, and takes turns where there are two", () => {
  const sent = pattern(600_500);
  const alone = outboxOf(1_000);
  alone.queueWhole(sent);
  const first = alone.pollTransmit()!.slice();
  assertGreater(first.length, 256 * 1024 - 2_000);
  alone.handleTransmitted(first.length);
  assertEquals(concat([first, drain(alone)]), partsOf(0, sent, 1_000));
  const both = outboxOf(1_000);
  for (let count = 0; count < 2; count++) {
    both.queueWhole(sent.subarray(0, 2_000));
  }
  const [one, other] = [0, 1].map((id) =>
    partsOf(id, sent.subarray(0, 2_000), 1_000)
  );
  const turns = [0, 1_012].flatMap((from) =>
    [one!, other!].map((parts) => parts.subarray(from, from + 1_012))
  );
  assertEquals(drain(both), concat(turns));
});

Deno.test("an outbox takes 64 KiB of short messages at once while a long one waits for its turn", () => {
  const outbox = outboxOf();
  outbox.queueOpen().offer(pattern(300_000), true);
  let count = 0;
  while (outbox.trySend(pattern(10_000)) >= 0) count++;
  assertEquals(count, 6);
  outbox.handleTransmitted(outbox.pollTransmit()!.length);
  assertEquals(outbox.isDrained, false);
  assertGreater(outbox.trySend(pattern(10_000)), 0);
});

Deno.test("an outbox begins no part where less than 8 KiB are left of a region", () => {
  const sent = pattern(20_000);
  for (const [room, firstSize] of [[8_192, 8_192], [8_191, 0]] as const) {
    const outbox = outboxOf();
    outbox.trySend(pattern(1));
    drain(outbox);
    const fillers = [100_000, outbox.buffers.filling.room - 100_024 - room];
    for (const size of fillers) outbox.trySend(pattern(size));
    assertEquals(outbox.buffers.filling.room, room);
    outbox.queueOpen().offer(sent, true);
    const wire = drain(outbox).subarray(24 + fillers[0]! + fillers[1]!);
    const parts = firstSize === 0 ? packet(3, 0, sent) : concat([
      packet(3, MORE, sent.subarray(0, firstSize)),
      packet(3, 1, sent.subarray(firstSize)),
    ]);
    assertEquals(wire, parts);
  }
});

Deno.test("an outbox gives up a message whose parts are more than can be numbered", () => {
  const outbox = outboxOf(10);
  const message = outbox.queueOpen();
  const errors: LektError[] = [];
  message.onFailed = (error) => errors.push(error);
  message.offer(pattern(10), false);
  drain(outbox);
  message.nextIndex = PART_INDEX_MAX - 1;
  message.offer(pattern(11), false);
  assertEquals(drain(outbox), packet(0, ABORT, "too many parts"));
  assertEquals(errors.map(({ code }) => code), ["LIMIT"]);
});

Deno.test("an outbox tells of a message that it has begun and whose memory is gone, though nothing else is sent", () => {
  const outbox = outboxOf();
  const sent = pattern(600_000);
  const message = outbox.queueWhole(sent);
  const errors: LektError[] = [];
  message.onFailed = (error) => errors.push(error);
  outbox.handleTransmitted(outbox.pollTransmit()!.length);
  sent.buffer.transfer();
  assertEquals(drain(outbox), packet(0, ABORT, "memory taken away"));
  const unsent = pattern(600_000);
  const waiting = outbox.queueWhole(unsent);
  waiting.onFailed = message.onFailed;
  unsent.buffer.transfer();
  assertEquals(drain(outbox).length, 0);
  assertEquals(errors.map(({ code, messageId }) => [code, messageId]), [
    ["INVALID_ARGUMENT", 0],
    ["INVALID_ARGUMENT", undefined],
  ]);
  assertEquals(outbox.isDrained, true);
});

Deno.test("an outbox aborts what it has begun, and forgets what it has not", () => {
  const outbox = outboxOf(1_000);
  const begun = outbox.queueOpen();
  begun.offer(pattern(10), false);
  const waiting = outbox.queueOpen();
  const first = outbox.pollTransmit()!.slice();
  outbox.abort(begun, "no more");
  outbox.abort(begun, "twice");
  outbox.abort(waiting, "never began");
  outbox.handleTransmitted(first.length);
  assertEquals(first, packet(0, MORE, pattern(10)));
  assertEquals(drain(outbox), packet(0, ABORT, "no more"));
  assertEquals([outbox.isDrained, outbox.sentCount], [true, 0]);
});

Deno.test("an outbox that gives up more than a region has room for tells of each", () => {
  const outbox = outboxOf(1_000);
  const messages = Array.from({ length: 600 }, () => {
    const message = outbox.queueOpen();
    message.offer(pattern(1), false);
    return message;
  });
  drain(outbox);
  const reason = "r".repeat(1_000);
  for (const message of messages) outbox.abort(message, reason);
  assertEquals(
    drain(outbox),
    concat(messages.map(({ id }) => packet(id, ABORT, reason))),
  );
  assertEquals(outbox.isDrained, true);
});

Deno.test("an outbox sends what the window pays for to the byte, and tells what waits for more of it", () => {
  const outbox = new Outbox(
    { core: new Core(OPEN_COUNT_MAX) },
    262_144,
    new ControlQueue(),
  );
  outbox.queueWhole(pattern(100));
  outbox.queueWhole(pattern(5));
  outbox.windows.credit = 131;
  assertEquals([drain(outbox).length, outbox.heldBackSize], [0, 105]);
  outbox.windows.credit = 132;
  assertEquals(outbox.heldBackSize, 0);
  assertEquals(drain(outbox), packet(0, 0, pattern(100)));
  assertEquals([outbox.windows.credit, outbox.heldBackSize], [0, 5]);
});

Deno.test("an outbox sends parts that its message's window pays for to the byte, the empty one at the end, too", () => {
  const outbox = new Outbox(
    { core: new Core(OPEN_COUNT_MAX) },
    262_144,
    new ControlQueue(),
  );
  const message = outbox.queueOpen();
  message.offer(pattern(1), false);
  drain(outbox);
  message.allowed = message.cost + PACKET_COST;
  message.offer(pattern(1), false);
  assertEquals(drain(outbox).length, 0);
  message.allowed++;
  outbox.takeControl({
    type: "messageWindow",
    messageId: message.id,
    total: message.allowed,
  });
  assertEquals(drain(outbox), packet(0, MORE + 1, pattern(1)));
  message.allowed = message.cost + PACKET_COST;
  message.offer(new Uint8Array(0), true);
  assertEquals(drain(outbox), packet(0, 2));
});

Deno.test("an outbox that fails tells every message, the one in flight included", () => {
  const outbox = outboxOf();
  const errors: LektError[] = [];
  const messages = [
    outbox.queueWhole(pattern(262_144 + 100_000)),
    outbox.queueOpen(),
    outbox.queueWhole(pattern(200_000)),
  ];
  for (const message of messages) {
    message.onFailed = (error): void => {
      errors.push(error);
    };
  }
  const error = new LektError("TRUNCATED", "It broke");
  outbox.pollTransmit();
  outbox.fail(error);
  outbox.handleTransmitted(5);
  assertEquals(outbox.pollTransmit(), undefined);
  // The short one was taken over before.
  assertEquals(errors, [error, error]);
});

Deno.test("an outbox keeps at most 1,024 messages open", () => {
  const outbox = outboxOf(100);
  const messages = Array.from({ length: 1_030 }, () => outbox.queueOpen());
  for (const message of messages) message.offer(pattern(10), false);
  drain(outbox);
  assertEquals(messages.filter(({ id }) => id >= 0).length, 1_024);
  for (const message of messages) {
    if (message.id >= 0) message.offer(new Uint8Array(0), true);
  }
  drain(outbox);
  for (const message of messages) {
    if (!message.isEnded) message.offer(new Uint8Array(0), true);
  }
  drain(outbox);
  assertEquals(messages.every(({ isEnded }) => isEnded), true);
});

Deno.test("an outbox at random makes packets that the reference takes", async () => {
  const texts = pattern(700_000);
  const gathered: Uint8Array[] = [];
  for await (const piece of inPieces(texts, 90_000)) gathered.push(piece);
  withSeed(31_337, (prng) => {
    for (let round = 0; round < 30; round++) {
      const outbox = outboxOf(prng.pick([1, 100, 65_536, 262_144]));
      const wire: Uint8Array[] = [];
      let sentCount = 0;
      for (let step = 0; step < 40; step++) {
        const bytes = texts.subarray(0, prng.pick([0, 1, 500, 3_000]));
        if (outbox.trySend(bytes) < 0) outbox.queueWhole(bytes);
        sentCount++;
        if (prng.below(4) === 0) {
          const message = outbox.queueOpen();
          message.offer(
            prng.pick(gathered).subarray(0, 5_000),
            prng.below(2) > 0,
          );
          if (message.isLastOffer) sentCount++;
          else if (prng.below(2)) outbox.abort(message, "at random");
        }
        if (prng.below(3) === 0) {
          wire.push(drain(outbox, 1 + prng.below(90_000)));
        }
      }
      wire.push(drain(outbox));
      assertEquals(outbox.sentCount, sentCount);
      const reassembler = new ReferenceReassembler();
      reassembler.push(concat(wire));
      assertEquals(reassembler.fault, undefined);
    }
  });
});
