// Whether the other side is alive, in virtual time.
import { assert, assertEquals, assertLess } from "@std/assert";
import { Liveness } from "../../src/session/liveness.ts";
import type { Session } from "../../src/session/session.ts";
import { SessionPair } from "../helpers/session_pair.ts";

const TIMES = { pingIntervalMs: 15_000, silenceTimeoutMs: 45_000 };
const LIMITS = { ...TIMES, maxVersionMinor: 1 };

function livenessOf(options: Partial<typeof TIMES> = {}, spread = 0): Liveness {
  return new Liveness({ ...TIMES, ...options, nowMs: 0, spread });
}

Deno.test("a liveness asks after each interval without a byte, and gives up at the silence", () => {
  const liveness = livenessOf();
  const asked: number[] = [];
  let nowMs = 0;
  let verdict: string | undefined;
  while (verdict !== "gone") {
    nowMs = liveness.nextMs()!;
    verdict = liveness.check(nowMs);
    if (verdict !== "ping") continue;
    asked.push(nowMs);
    liveness.ping(nowMs);
    liveness.noteSent(nowMs);
  }
  assertEquals([asked, nowMs], [[15_000, 30_000], 45_000]);
});

Deno.test("a liveness takes any byte for life", () => {
  const liveness = livenessOf();
  for (let nowMs = 0; nowMs < 500_000; nowMs += 7_000) {
    liveness.noteReceived(nowMs);
    liveness.noteSent(nowMs);
    liveness.nextMs();
    assertEquals(liveness.check(nowMs + 6_999), undefined);
  }
});

Deno.test("a liveness asks where only the other side sends: its own bytes are the other side's sign of life", () => {
  const liveness = livenessOf();
  let pings = 0;
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 1_000) {
    liveness.noteReceived(nowMs);
    liveness.nextMs();
    if (liveness.check(nowMs) !== "ping") continue;
    pings++;
    liveness.ping(nowMs);
    liveness.noteSent(nowMs);
  }
  assertEquals(pings, 4);
});

Deno.test("a liveness measures the round trip of the last Ping alone", () => {
  const liveness = livenessOf();
  liveness.notePong(new Uint8Array(8));
  const first = liveness.ping(15_000).data;
  const second = liveness.ping(30_000).data;
  liveness.noteReceived(30_040);
  liveness.notePong(first);
  assertEquals(liveness.roundTripMs, undefined);
  liveness.notePong(second);
  assertEquals(liveness.roundTripMs, 40);
});

Deno.test("a liveness that stood still asks first, and waits anew", () => {
  const liveness = livenessOf();
  assertEquals(liveness.nextMs(), 15_000);
  // The machine slept for an hour.
  assertEquals(liveness.check(3_600_000), "ping");
  liveness.ping(3_600_000);
  liveness.noteSent(3_600_000);
  assertEquals(liveness.nextMs(), 3_615_000);
  assertEquals(liveness.check(3_615_000), "ping");
  liveness.ping(3_615_000);
  assertEquals(liveness.nextMs(), 3_630_000);
  assertEquals(liveness.check(3_630_000), "ping");
  liveness.ping(3_630_000);
  assertEquals(liveness.nextMs(), 3_645_000);
  assertEquals(liveness.check(3_645_000), "gone");
});

Deno.test("a liveness has stood still when it is looked at half an interval late, and not before", () => {
  const lateMs = TIMES.pingIntervalMs / 2;
  for (const extra of [0, 1]) {
    const liveness = livenessOf();
    for (const nowMs of [15_000, 30_000]) {
      liveness.nextMs();
      assertEquals(liveness.check(nowMs), "ping");
      liveness.ping(nowMs);
      liveness.noteSent(nowMs);
    }
    assertEquals(liveness.nextMs(), 45_000);
    const verdict = liveness.check(45_000 + lateMs + extra);
    assertEquals(verdict, extra > 0 ? "ping" : "gone");
  }
});

Deno.test("a liveness that is switched off never does anything", () => {
  const off = livenessOf({ pingIntervalMs: 0 });
  assertEquals([off.nextMs(), off.check(1e9)], [undefined, undefined]);
  const patient = livenessOf({ silenceTimeoutMs: 0 });
  for (let nowMs = 0; nowMs < 1e6;) {
    nowMs = patient.nextMs()!;
    assertEquals(patient.check(nowMs), "ping");
    patient.ping(nowMs);
  }
});

Deno.test("livenesses that begin together ask at different times", () => {
  const times = [0, 0.25, 0.5, 0.75].map((spread) =>
    livenessOf({}, spread).nextMs()
  );
  assertEquals(new Set(times).size, 4);
});

/** Lets time pass until a session has failed; what it writes is lost. */
function failsAfterMs(pair: SessionPair, session: Session): number {
  const startMs = pair.nowMs;
  while (!session.error && pair.nowMs - startMs < 1e6) {
    pair.nowMs = session.pollTimeout()!;
    session.handleTimeout(pair.nowMs);
    for (let bytes; (bytes = session.pollTransmit());) {
      session.link!.liveness.noteSent(pair.nowMs);
      session.handleTransmitted(bytes.length);
    }
  }
  assertEquals(session.error?.code, "TIMEOUT");
  return pair.nowMs - startMs;
}

/** Points of a conversation at which the other side vanishes. */
const POINTS: [string, (pair: SessionPair) => void][] = [
  ["before the first message", () => {}],
  ["on an idle connection", (pair) => {
    pair.alice.outbox.trySend("hi");
    pair.carry(pair.alice, pair.bob);
  }],
  ["amid a message that it sends", (pair) => {
    pair.bob.outbox.queueOpen().offer(new Uint8Array(100_000), false);
    pair.carry(pair.bob, pair.alice);
  }],
  ["amid a header", (pair) => {
    pair.bob.outbox.queueOpen().offer(new Uint8Array(100_000), false);
    pair.deliver(pair.alice, pair.bob.pollTransmit()!.slice(0, 7));
  }],
  ["amid a message that it receives", (pair) => {
    pair.alice.outbox.queueOpen().offer(new Uint8Array(100_000), false);
    pair.carry(pair.alice, pair.bob);
  }],
  ["while this side waits for a window", (pair) => {
    pair.alice.outbox.queueWhole(new Uint8Array(9_000_000));
    pair.carry(pair.alice, pair.bob);
  }],
  ["behind its Goodbye", (pair) => {
    pair.bob.sayGoodbye("", pair.nowMs);
    pair.carry(pair.bob, pair.alice);
  }],
];

for (const [name, run] of POINTS) {
  Deno.test(`a peer that vanishes ${name} is noticed in time`, () => {
    const pair = SessionPair.connected(LIMITS);
    run(pair);
    pair.alice.link!.liveness.noteReceived(pair.nowMs);
    const elapsedMs = failsAfterMs(pair, pair.alice);
    assertLess(Math.abs(elapsedMs - 45_000), 2);
    assert(pair.alice.error!.message.includes("silent for 45.0 s"));
  });
}

Deno.test("a peer that vanishes while this side cannot write is noticed in time", () => {
  const pair = SessionPair.connected(LIMITS);
  const { alice } = pair;
  alice.outbox.queueWhole(new Uint8Array(900_000));
  // The transport takes it, and nothing more.
  alice.pollTransmit();
  const startMs = pair.nowMs;
  while (!alice.error) {
    pair.nowMs = alice.pollTimeout()!;
    alice.handleTimeout(pair.nowMs);
  }
  assertEquals([alice.error.code, pair.nowMs - startMs], ["TIMEOUT", 45_000]);
});

Deno.test("two idle peers keep each other alive for a day with few packets, and no core", () => {
  const pair = SessionPair.connected(LIMITS);
  const { alice, bob } = pair;
  let packets = 0;
  const endMs = pair.nowMs + 24 * 3_600_000;
  while (pair.nowMs < endMs) {
    pair.nowMs = Math.min(alice.pollTimeout()!, bob.pollTimeout()!);
    for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
      from.handleTimeout(pair.nowMs);
      while (exchangeOne(pair, from, to)) packets++;
      while (exchangeOne(pair, to, from)) packets++;
    }
  }
  assertEquals([alice.error, bob.error], [undefined, undefined]);
  assertEquals([alice.exchange, bob.exchange], [undefined, undefined]);
  assertLess(packets, 4.1 * 24 * 240);
  assertEquals(alice.link!.liveness.roundTripMs, 0);
});

function exchangeOne(pair: SessionPair, from: Session, to: Session): boolean {
  const bytes = from.pollTransmit()?.slice();
  if (!bytes) return false;
  from.handleTransmitted(bytes.length);
  from.link!.liveness.noteSent(pair.nowMs);
  pair.deliver(to, bytes);
  return true;
}

Deno.test("a living peer behind a slow link is never taken for gone", () => {
  const pair = SessionPair.connected(LIMITS);
  const { alice, bob } = pair;
  // 4 MiB stand in the buffers of alice's system, over 20 KB/s; bob's application takes nothing.
  const bytesPerSecond = 20_000;
  const queue: Uint8Array[] = [];
  let queuedSize = 0;
  alice.outbox.queueWhole(new Uint8Array(64_000_000));
  for (let second = 0; second < 1_000; second++) {
    pair.nowMs += 1_000;
    for (const each of [alice, bob]) {
      if (pair.nowMs >= each.pollTimeout()!) each.handleTimeout(pair.nowMs);
    }
    while (queuedSize < 4_000_000) {
      const bytes = alice.pollTransmit()?.slice();
      if (!bytes) break;
      alice.handleTransmitted(bytes.length);
      alice.link!.liveness.noteSent(pair.nowMs);
      queue.push(bytes);
      queuedSize += bytes.length;
    }
    let room = bytesPerSecond;
    while (room > 0 && queue.length > 0) {
      const piece = queue[0]!.subarray(0, room);
      queue[0] = queue[0]!.subarray(piece.length);
      if (queue[0].length === 0) queue.shift();
      queuedSize -= piece.length;
      room -= piece.length;
      pair.deliver(bob, piece);
    }
    // The other direction is free.
    while (exchangeOne(pair, bob, alice));
  }
  assertEquals([alice.error, bob.error], [undefined, undefined]);
});

Deno.test("a peer that has ended its stream is not taken for gone, and hears that this side is alive", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { alice, bob } = pair;
  alice.outbox.queueWhole(new Uint8Array(10), { confirm: true });
  pair.carry(alice, bob);
  alice.sayGoodbye("", pair.nowMs);
  pair.carry(alice, bob);
  bob.sayGoodbye("", pair.nowMs);
  pair.carry(bob, alice);
  pair.carry(alice, bob);
  // Bob's application takes its time, so that only alice's stream can end.
  bob.handleEndOfStream(pair.nowMs);
  const endMs = pair.nowMs + 600_000;
  let pingCount = 0;
  for (let dueMs; (dueMs = bob.pollTimeout()) !== undefined;) {
    if (dueMs > endMs || bob.error) break;
    pair.nowMs = Math.max(pair.nowMs + 1, dueMs);
    bob.handleTimeout(pair.nowMs);
    const bytes = bob.pollTransmit();
    if (!bytes) continue;
    bob.handleTransmitted(bytes.length);
    bob.link?.liveness.noteSent(pair.nowMs);
    pingCount++;
  }
  assertEquals(bob.error, undefined);
  assert(pingCount >= 39, `${pingCount}`);
});
