// A connection that is lost without a word is given up within seconds where
// somebody waits or the machine is elsewhere, in virtual time.
import { assert, assertEquals } from "@std/assert";
import { type Connection, LektError } from "../../mod.ts";
import { Continuity } from "../../src/peer/reconnect/continuity.ts";
import {
  type LossWatchOptions,
  watchForLoss,
} from "../../src/peer/reconnect/loss_watch.ts";
import { lossOf } from "../../src/peer/reconnect/loss.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { pattern, receive } from "../helpers/messages.ts";
import { CONTROL, MORE, packet } from "../helpers/raw_peer.ts";
import { connectToSilent } from "../helpers/silent_peer.ts";
import { inVirtualTime, pause, REST_MS } from "../helpers/virtual_run.ts";

const LIMITS = { closeTimeoutMs: 20 };

/** How often it is looked, and how long an answer may take, in milliseconds. */
const LOOK_MS = 2_000;
const ANSWER_MS = 5_000;

const ANY_PONG = Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0);

/** Watches from now on, and tells why the connection was lost, and after how many milliseconds. */
function watch(
  connection: Connection,
  options: Partial<LossWatchOptions> = {},
): Promise<[why: string, ms: number]> {
  const startMs = performance.now();
  watchForLoss(connection, {
    isAwaited: () => false,
    addresses: () => [],
    ...options,
  });
  return connection.closed.then(({ error }) => {
    const why = lossOf(error);
    assert(why instanceof LektError, String(why));
    // What is broken off takes a moment.
    const ms = performance.now() - startMs;
    return [`${why.code}: ${why.message}`, Math.floor(ms / 100) * 100];
  });
}

const SILENT = "TIMEOUT: The connection broke: the other side was silent for ";

Deno.test("a connection on which an answer is awaited is given up 5 s after the first look at a silence of 3 s", () =>
  inVirtualTime(async () => {
    const { alice } = await connectToSilent(LIMITS);
    const lost = watch(alice, { isAwaited: () => true });
    // Looks after 2 and 4 s.
    assertEquals(await lost, [`${SILENT}9.0 s`, 2 * LOOK_MS + ANSWER_MS]);
  }));

Deno.test("a connection on which a message has stopped is given up as well", () =>
  inVirtualTime(async () => {
    const { alice, silent } = await connectToSilent(LIMITS);
    await silent.write(packet(0, MORE, pattern(100_000)));
    const message = receive(alice).then((one) => one.bytes())
      .then(() => "", ({ code }) => code);
    const lost = watch(alice);
    assertEquals(await lost, [`${SILENT}9.0 s`, 2 * LOOK_MS + ANSWER_MS]);
    assertEquals(await message, "CLOSED");
  }));

Deno.test("an idle connection is left to its own limit", () =>
  inVirtualTime(async () => {
    const { alice } = await connectToSilent(LIMITS);
    const [why, ms] = await watch(alice);
    assertEquals([why, ms], [`${SILENT}45.0 s`, 45_000]);
  }));

Deno.test("a machine that has other addresses, or has slept, asks at once", () =>
  inVirtualTime(async (time) => {
    const moved = await connectToSilent(LIMITS);
    let addresses = ["192.0.2.7", "::1"];
    const lost = watch(moved.alice, { addresses: () => addresses });
    await pause(9_000);
    // In another order they are the same.
    addresses = ["::1", "192.0.2.7"];
    await pause(2_000);
    addresses = ["::1"];
    assertEquals(await lost, [`${SILENT}17.0 s`, 12_000 + ANSWER_MS]);

    const asleep = await connectToSilent(LIMITS);
    const later = watch(asleep.alice);
    await pause(1_000);
    time.jump(3_600_000);
    const [, ms] = await later;
    assertEquals(ms, 3_601_000 + ANSWER_MS);
  }));

Deno.test("the other side is asked again when it has answered, or has not in time", () =>
  inVirtualTime(async () => {
    const { alice } = await connectToSilent(LIMITS);
    const probe = alice.probe.bind(alice);
    const askedMs: number[] = [];
    const startMs = performance.now();
    alice.probe = (timeoutMs) => {
      askedMs.push(performance.now() - startMs);
      return probe(timeoutMs);
    };
    let count = 0;
    const lost = watch(alice, { addresses: () => [String(count++)] });
    assertEquals((await lost)[1], LOOK_MS + ANSWER_MS);
    assertEquals(askedMs, [LOOK_MS]);
  }));

Deno.test("a peer that answers, or says anything, is not given up", () =>
  inVirtualTime(async () => {
    const { alice, bob } = await connectPair({ limits: LIMITS });
    let count = 0;
    watchForLoss(alice, {
      isAwaited: () => true,
      addresses: () => [String(count++)],
    });
    await pause(60_000);
    // Once in 2 s, for the addresses are others each time.
    assert(bob.stats().bytesSent < 30 * 2 * 21, `${bob.stats().bytesSent}`);
    await alice.send("still here");
    assertEquals(await (await receive(bob)).text(), "still here");
    await Promise.all([alice.close(), bob.close()]);

    // Whoever never answers, and says something else.
    const { alice: other, silent } = await connectToSilent(LIMITS);
    watchForLoss(other, { isAwaited: () => true, addresses: () => [] });
    for (let second = 0; second < 60; second += 4) {
      await silent.write(packet(0, CONTROL, ANY_PONG));
      await pause(4_000);
    }
    assert(other.stats().silentMs < 5_000);
    await other.abort();
  }));

Deno.test("a peer to whom much is on its way is given up after a silence of 20 s, and not before", () =>
  inVirtualTime(async () => {
    const { alice, silent } = await connectToSilent(LIMITS, {
      bufferSize: 1_000_000,
    });
    alice.send(pattern(900_000)).catch(() => {});
    await pause(1);
    // The system has taken a part of it.
    assert(silent.unreadSize > 64 * 1024, `${silent.unreadSize}`);
    const [why, ms] = await watch(alice);
    assertEquals([why, ms], [`${SILENT}21.0 s`, 21_000]);
  }));

Deno.test("a connection that is over is watched no more", () =>
  inVirtualTime(async () => {
    const { alice, bob } = await connectPair({ limits: LIMITS });
    let lookCount = 0;
    watchForLoss(alice, {
      isAwaited: () => false,
      addresses: () => [String(lookCount++)],
    });
    await pause(3_000);
    await Promise.all([alice.close(), bob.close()]);
    const before = lookCount;
    assert(before > 0);
    await pause(REST_MS);
    assertEquals(lookCount, before);
  }));

Deno.test("a listener with many conversations asks the system once a look for its addresses", () =>
  inVirtualTime(async () => {
    const { networkInterfaces, permissions } = Deno;
    const { querySync } = permissions;
    let askedCount = 0;
    permissions.querySync = () => ({ state: "granted" }) as never;
    Deno.networkInterfaces = () => {
      askedCount++;
      return [];
    };
    try {
      const { alice, bob } = await connectPair({ limits: LIMITS });
      for (let count = 0; count < 100; count++) {
        watchForLoss(alice, { isAwaited: () => false });
      }
      await pause(5 * LOOK_MS + 1);
      // What another test has found out a moment ago may serve the first.
      assert(askedCount === 5 || askedCount === 6, `${askedCount}`);
      await Promise.all([alice.close(), bob.close()]);
    } finally {
      Deno.networkInterfaces = networkInterfaces;
      permissions.querySync = querySync;
    }
  }));

Deno.test("a conversation that goes on watches each of its connections while a text is not confirmed", () =>
  inVirtualTime(async () => {
    const first = await connectToSilent(LIMITS);
    const continuity = new Continuity({
      connection: first.alice,
      identity: { nickname: "bob", key: "k" },
      number: 1,
      reporter: { emit: () => {} } as unknown as Reporter,
      limitMs: 60_000,
    });
    await continuity.texts.send(new TextEncoder().encode("one"));
    const startMs = performance.now();
    await first.alice.closed;
    assert(performance.now() - startMs < 10_000);
    const second = await connectToSilent(LIMITS);
    continuity.goOn({ connection: second.alice, taken: [] });
    assertEquals(continuity.texts.count, 1);
    const againMs = performance.now();
    await second.alice.closed;
    assert(performance.now() - againMs < 10_000);
    continuity.end();
  }));

Deno.test("a conversation in which nothing is awaited is left to its connection's own limit", () =>
  inVirtualTime(async () => {
    const { alice } = await connectToSilent(LIMITS);
    const continuity = new Continuity({
      connection: alice,
      identity: { nickname: "bob", key: "k" },
      number: 1,
      reporter: { emit: () => {} } as unknown as Reporter,
      limitMs: 60_000,
    });
    const startMs = performance.now();
    await alice.closed;
    assert(performance.now() - startMs >= 45_000);
    continuity.end();
  }));
