// Windows of 1.1: never exceeded, never stuck where everything is read, and memory bounded.
import { assert, assertEquals, assertLess } from "@std/assert";
import type { IncomingMessage } from "../../src/session/incoming_message.ts";
import { MessageBatch } from "../../src/session/message_batch.ts";
import type { MessageSource } from "../../src/session/ready_queue.ts";
import type { Session } from "../../src/session/session.ts";
import { sizeWithin } from "../../src/session/send_windows.ts";
import { bytesOfControl } from "../../src/session/control_queue.ts";
import { MORE, packet } from "../helpers/raw_peer.ts";
import { type Prng, withSeed } from "../helpers/prng.ts";
import { SessionPair } from "../helpers/session_pair.ts";

/** What messages are made of: to fill each anew took most of the time. */
const ZEROS = new Uint8Array(50_000_000);

/** What an application does with the messages of one session. */
class Reader {
  readonly open = new Set<IncomingMessage>();
  completeCount = 0;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Takes the next message, if there is one. */
  takeOne(): boolean {
    let source: MessageSource | undefined;
    this.#session.shift((each) => source = each);
    if (!source) return false;
    if (source instanceof MessageBatch) this.completeCount++;
    else this.open.add(source);
    this.#session.noteConsumed();
    return true;
  }

  /** Reads some of an open message. */
  read(message: IncomingMessage, into: Uint8Array): void {
    message.read(into);
    this.#session.noteConsumed(message);
    if (!message.isComplete || message.bufferedSize > 0) return;
    this.open.delete(message);
    this.completeCount++;
    this.#session.inbox.release(message);
  }
}

/** Carries one write and what answers it. */
function carryOne(pair: SessionPair, from: Session, to: Session): boolean {
  const bytes = from.pollTransmit()?.slice();
  if (!bytes) return false;
  from.handleTransmitted(bytes.length);
  pair.deliver(to, bytes);
  return true;
}

function play(prng: Prng, maxBufferedBytes: number): void {
  const pair = SessionPair.connected({
    maxVersionMinor: 1,
    maxBufferedBytes,
    maxPartBytes: prng.pick([100, 5_000, 262_144]),
    maxMessageWindowBytes: prng.pick([0, 50_000, 16_000_000]),
  });
  const { alice, bob } = pair;
  pair.cut = (bytes) => prng.cut(bytes, prng.pick([500, 70_000, 1_000_000]));
  const reader = new Reader(bob);
  const into = new Uint8Array(300_000);
  const count = 40;
  const sizes = [0, 10, 20_000, 262_144, 400_000, 3_000_000];
  for (let index = 0; index < count; index++) {
    const size = prng.pick(sizes);
    alice.outbox.queueWhole(ZEROS.subarray(0, size), {
      priority: prng.pick(["high", "normal", "low"]),
    });
  }
  const bound = Math.max(maxBufferedBytes, 1_048_576) + 1_500_000;
  // At random first; then everyone is read, in turn.
  for (let step = 0; step < 400; step++) {
    if (prng.below(2)) carryOne(pair, alice, bob);
    if (prng.below(3) === 0) carryOne(pair, bob, alice);
    if (prng.below(4) === 0) reader.takeOne();
    const [some] = reader.open;
    if (some && prng.below(3) === 0) {
      reader.read(some, into.subarray(0, prng.pick([1, 3_000, 300_000])));
    }
    assertLess(bob.heldSize, bound);
  }
  let isStill = false;
  while (!isStill) {
    isStill = true;
    while (carryOne(pair, alice, bob)) isStill = false;
    while (reader.takeOne()) isStill = false;
    for (const message of [...reader.open]) {
      if (message.bufferedSize === 0 && !message.isComplete) continue;
      isStill = false;
      reader.read(message, into);
    }
    while (carryOne(pair, bob, alice)) isStill = false;
  }
  assertEquals([alice.error, bob.error], [undefined, undefined]);
  assertEquals([reader.completeCount, bob.receivedCount], [count, count]);
  assertEquals(alice.isDrained, true);
}

for (const maxBufferedBytes of [10_000, 1_000_000, 3_000_000, 67_108_864]) {
  Deno.test(`windows of ${maxBufferedBytes} bytes are never exceeded, and never leave anything stuck`, () => {
    for (let seed = 1; seed <= 6; seed++) {
      withSeed(
        seed * 7 + maxBufferedBytes,
        (prng) => play(prng, maxBufferedBytes),
      );
    }
  });
}

Deno.test("messages that nobody reads leave room for those of one packet, and for one that is read", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { alice, bob } = pair;
  const reader = new Reader(bob);
  for (let index = 0; index < 1_000; index++) {
    alice.outbox.queueWhole(ZEROS.subarray(0, 3_000_000));
  }
  function settle(): void {
    while (carryOne(pair, alice, bob) || carryOne(pair, bob, alice)) {
      while (reader.takeOne());
    }
  }
  settle();
  assertEquals(reader.open.size, 1_000);
  assertLess(bob.heldSize, 67_108_864);
  // A ping-pong goes on.
  const before = reader.completeCount;
  for (let index = 0; index < 2_000; index++) {
    assert(alice.outbox.trySend("ping") >= 0, `${index}`);
    settle();
  }
  assertEquals(reader.completeCount - before, 2_000);
  // And so does whoever is read: one that has begun, and one that begins now.
  const [begun] = reader.open;
  const late = alice.outbox.queueWhole(ZEROS);
  settle();
  const [latest] = [...reader.open].slice(-1);
  assert(late.id >= 0);
  const into = new Uint8Array(1_000_000);
  for (const message of [begun!, latest!]) {
    while (reader.open.has(message)) {
      const { size } = message;
      settle();
      assert(message.size > size || message.bufferedSize > 0, `${size}`);
      reader.read(message, into);
    }
  }
  assertEquals([begun!.size, latest!.size], [3_000_000, 50_000_000]);
  assertLess(bob.heldSize, 67_108_864);
  assertEquals([alice.error, bob.error], [undefined, undefined]);
});

Deno.test("a peer that sends more than a window allows breaks a rule", () => {
  const ofMessage = SessionPair.connected({ maxVersionMinor: 1 });
  const part = new Uint8Array(262_144);
  let index = 0;
  // 1 MiB of the connection is given back, for others are read.
  const { bob } = ofMessage;
  while (!bob.error && index < 9) {
    ofMessage.deliver(bob, packet(1, (index ? index : 0) + MORE, part));
    index++;
  }
  assertEquals([bob.error?.code, index], ["PROTOCOL", 8]);
  assert(bob.error!.message.includes("more of message 1"));

  const ofConnection = SessionPair.connected({
    maxVersionMinor: 1,
    maxBufferedBytes: 1,
  });
  let count = 0;
  while (!ofConnection.bob.error && count < 9) {
    ofConnection.deliver(ofConnection.bob, packet(count, 0, part));
    count++;
  }
  assertEquals([ofConnection.bob.error?.code, count], ["PROTOCOL", 4]);
});

Deno.test("a window that goes down breaks a rule; one of a message that is over is skipped", () => {
  for (
    const { total, messageId, isFault } of [
      { total: 1_048_575, messageId: undefined, isFault: true },
      { total: 1_048_576, messageId: undefined, isFault: false },
      { total: 2_097_151, messageId: 0, isFault: true },
      { total: 2_097_152, messageId: 0, isFault: false },
      { total: 1, messageId: 77, isFault: false },
    ]
  ) {
    const pair = SessionPair.connected({ maxVersionMinor: 1 });
    pair.alice.outbox.queueOpen().offer(new Uint8Array(10), false);
    pair.carry(pair.alice, pair.bob);
    pair.deliver(
      pair.alice,
      bytesOfControl(
        messageId === undefined
          ? { type: "window", total }
          : { type: "messageWindow", messageId, total },
      ),
    );
    assertEquals(pair.alice.error?.code, isFault ? "PROTOCOL" : undefined);
  }
});

/** What the windows are charged for parts of `partSize`. */
function costOf(size: number, partSize: number): number {
  return size + 32 * Math.max(1, Math.ceil(size / partSize));
}

Deno.test("what fits into packets at a cost is the most that does", () => {
  withSeed(5, (prng) => {
    for (let round = 0; round < 2_000; round++) {
      const partSize = 1 + prng.below(300);
      const budget = 32 + prng.below(3_000);
      const size = sizeWithin(budget, partSize);
      assert(costOf(size, partSize) <= budget, `${partSize} ${budget}`);
      assert(costOf(size + 1, partSize) > budget, `${partSize} ${budget}`);
    }
  });
});

Deno.test("a message that is read from its first bytes on goes on beside one that nobody reads", () => {
  const pair = SessionPair.connected({
    maxVersionMinor: 1,
    maxBufferedBytes: 3_000_000,
  });
  const { alice, bob } = pair;
  const reader = new Reader(bob);
  function settle(): void {
    while (carryOne(pair, alice, bob) || carryOne(pair, bob, alice)) {
      while (reader.takeOne());
    }
  }
  const into = new Uint8Array(1_000_000);
  const wanted = alice.outbox.queueOpen();
  wanted.offer(new Uint8Array(70_000), false);
  settle();
  const [message] = reader.open;
  reader.read(message!, into);
  alice.outbox.queueWhole(new Uint8Array(5_000_000));
  settle();
  assert(bob.heldSize > 1_500_000, `${bob.heldSize}`);
  // All that came is read, and its reader waits for more.
  wanted.offer(new Uint8Array(500_000), true);
  settle();
  while (reader.open.has(message!)) {
    assert(message!.bufferedSize > 0, `stands still at ${message!.size}`);
    reader.read(message!, into);
    settle();
  }
  assertEquals(message!.size, 570_000);
});

/** Messages of one side that have begun, and that nobody reads: how many, and how many bytes of each are there. */
const UNREAD: [count: number, size: number][] = [
  [1, 5_000_000],
  [30, 3_000_000],
  [500, 12_600],
  [1_000, 2_100],
  [1_000, 4_200],
  [1_000, 4_999],
];

for (
  const maxBufferedBytes of [10_000, 1_500_000, 4_000_000, 6_000_000, 7_000_000]
) {
  Deno.test(`beside messages that nobody reads those of one packet go on with ${maxBufferedBytes} bytes, the longest too`, () => {
    for (const [count, size] of UNREAD) {
      const pair = SessionPair.connected({
        maxVersionMinor: 1,
        maxBufferedBytes,
      });
      const { alice, bob } = pair;
      const reader = new Reader(bob);
      const settle = (): void => {
        while (carryOne(pair, alice, bob) || carryOne(pair, bob, alice)) {
          while (reader.takeOne());
        }
      };
      for (let index = 0; index < count; index++) {
        alice.outbox.queueOpen().offer(new Uint8Array(size), false);
      }
      settle();
      for (let index = 0; index < 20; index++) {
        const short = alice.outbox.queueWhole(
          new Uint8Array(index % 2 ? 262_144 : 1_000),
        );
        settle();
        const scene = `${index} beside ${count} of ${size}`;
        assert(short.isEnded, scene);
        assertLess(bob.heldSize, Math.max(maxBufferedBytes, 4_194_304), scene);
      }
      assertEquals([alice.error, bob.error], [undefined, undefined]);
    }
  });
}
