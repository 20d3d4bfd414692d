// The times that a connection waits, to the millisecond, by a clock that moves
// only when nothing else is left to do.
import { useTime, VirtualTime } from "../simulation/virtual_time.ts";
import { assertEquals, assertLess } from "@std/assert";
import type { ConnectionEnd } from "../../mod.ts";
import {
  type ConnectionPair,
  type ConnectionPairOptions,
  connectPair,
} from "../helpers/connection_pair.ts";
import { pattern, receive } from "../helpers/messages.ts";
import { Prng } from "../helpers/prng.ts";

/** Until then all is over, also what nobody waits for. */
const REST_MS = 600_000;

/** Runs what waits for a time between two peers, and tells after how many milliseconds it was over, and what had come of it. */
async function waitOf<T>(
  begin: (pair: ConnectionPair) => Promise<Promise<T>[]>,
  options: ConnectionPairOptions,
): Promise<[number, T][]> {
  const time = new VirtualTime(new Prng(1));
  useTime(time);
  try {
    const ended: [number, T][] = [];
    let count = Infinity;
    let pair: ConnectionPair | undefined;
    const run = async (): Promise<void> => {
      pair = await connectPair(options);
      const startMs = time.nowMs;
      const waits = await begin(pair);
      count = waits.length;
      for (const wait of waits) {
        wait.then((value) => ended.push([time.nowMs - startMs, value]));
      }
    };
    await Promise.all([run(), time.run(() => ended.length >= count)]);
    // What is left of it must not wait for a time that never comes.
    await time.run(() => false, time.nowMs + REST_MS);
    // Until here: one that nobody can reach any more would end when it is collected.
    for (const side of [pair!.alice, pair!.bob]) side.abort();
    return ended;
  } finally {
    useTime(undefined);
  }
}

/** One less, as many, one more. */
function around(limit: number): number[] {
  return [limit - 1, limit, limit + 1];
}

Deno.test("waiting for what is behind an unread message fails after stallTimeoutMs, not a millisecond earlier", async () => {
  for (const stallTimeoutMs of around(5_000)) {
    const ended = await waitOf(async ({ alice, bob }) => {
      alice.send(pattern(1_000_000)).catch(() => {});
      await receive(bob);
      return [bob.receive().then(() => "", ({ code }) => code)];
    }, {
      bobLimits: { maxBufferedBytes: 300_000, stallTimeoutMs },
      versions: [0, 0],
    });
    assertEquals(ended, [[stallTimeoutMs, "LIMIT"]]);
  }
});

Deno.test("silence means nothing while reading waits for room, also when some was made that is not enough to go on", async () => {
  const ended = await waitOf(async ({ alice, bob }) => {
    for (let count = 0; count < 180; count++) {
      alice.send(pattern(5_000)).catch(() => {});
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertLess(bob.stats().messagesReceived, 180);
    for (let count = 0; count < 12; count++) await receive(bob);
    const { closed } = bob;
    const later = new Promise((resolve) => setTimeout(resolve, 100_000));
    return [Promise.race([closed, later.then(() => "alive")])];
  }, { bobLimits: { maxTotalBufferedBytes: 1_000_000 } });
  assertEquals(ended.map(([_, outcome]) => outcome), ["alive"]);
});

Deno.test("a send that waits for what is behind unread messages, where reading waits for room, fails after ten times stallTimeoutMs", async () => {
  const ended = await waitOf(async ({ alice, bob }) => {
    for (let count = 0; count < 180; count++) {
      alice.send(pattern(5_000)).catch(() => {});
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertLess(bob.stats().messagesReceived, 180);
    const reply = alice.receive().then((message) => message?.bytes());
    reply.catch(() => {});
    const sending = bob.send(pattern(5_000_000));
    return [sending.then(() => "", ({ code }) => code)];
  }, { bobLimits: { maxTotalBufferedBytes: 1_000_000 } });
  // From when it was full on.
  assertEquals(ended, [[10 * 5_000, "LIMIT"]]);
});

Deno.test("close() waits closeTimeoutMs for the other side's end, to the millisecond", async () => {
  for (const versions of [[0, 0], [1, 1]] as const) {
    for (const closeTimeoutMs of around(1_000)) {
      for (const size of [0, 20_000]) {
        const ended = await waitOf(
          ({ alice }) => {
            if (size > 0) alice.send(pattern(size)).catch(() => {});
            return Promise.resolve([alice.close().then(() => alice.closed)]);
          },
          { limits: { closeTimeoutMs }, versions },
        );
        assertEquals(ended, [[closeTimeoutMs, { clean: false }]]);
      }
    }
  }
});

Deno.test("close() waits thirty times closeTimeoutMs for who takes nothing of what is to be sent", async () => {
  for (const closeTimeoutMs of around(1_000)) {
    const ended = await waitOf<ConnectionEnd>(async ({ alice }) => {
      alice.send(pattern(100_000)).catch(() => {});
      // All that can be taken was.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return [alice.close().then(() => alice.closed)];
    }, {
      limits: { closeTimeoutMs, maxBufferedBytes: 1_000 },
      stream: { bufferSize: 1_000 },
      versions: [0, 0],
    });
    assertEquals(ended.map(([tookMs, { clean }]) => [tookMs, clean]), [
      [100 + 30 * closeTimeoutMs, false],
    ]);
  }
});
