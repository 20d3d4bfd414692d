// A share of `deno task test:simulation`.
import { useTime, VirtualTime } from "./virtual_time.ts";
import { assert, assertEquals } from "@std/assert";
import { establish } from "../../src/connect/establish.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { CoreHoard, SCARCE_COUNT } from "../helpers/core_hoard.ts";
import { Prng } from "../helpers/prng.ts";
import { Link } from "./link.ts";
import { simulate, simulateMany } from "./world.ts";

/** Seeds in the gate, from another one each day. */
const COUNT = 40;

Deno.test("simulated hosts lose nothing silently and come to an end, whatever happens", async () => {
  const first = 1 + COUNT * (Math.floor(Date.now() / 86_400_000) % 200);
  console.log(`seeds from ${first} on`);
  const faulty: string[] = [];
  let connectionCount = 0;
  let cleanCount = 0;
  await simulateMany(first, COUNT, (outcome) => {
    connectionCount += outcome.connectionCount;
    cleanCount += outcome.cleanCount;
    if (outcome.faults.length === 0) return;
    faulty.push(`seed ${outcome.seed}: ${outcome.faults}`);
  });
  assertEquals(faulty, []);
  // Both kinds of ends are there, or nothing was tried.
  assert(cleanCount > COUNT / 2 && cleanCount < connectionCount * 0.9);
});

Deno.test("a full side of 1.0 that ends with LIMIT is no fault", async () => {
  assertEquals((await simulate(40_018)).faults, []);
});

Deno.test("a side that has dropped messages comes to its end where the link has broken", async () => {
  assertEquals((await simulate(131_242)).faults, []);
});

Deno.test("what was clogged comes when the link is healed, and is not taken for heard before", async () => {
  assertEquals((await simulate(2_100_011_138)).faults, []);
});

Deno.test("who is taken for gone was silent until then, whatever comes before the connection is closed", async () => {
  using hoard = new CoreHoard();
  hoard.keep(SCARCE_COUNT);
  assertEquals((await simulate(2_100_012_823)).faults, []);
});

Deno.test("the same seed gives the same simulation, whatever ran before it", async () => {
  const hashes = new Map<number, number>();
  for (const seed of [3, 14, 100, 14, 3, 100]) {
    const { hash } = await simulate(seed);
    assertEquals(hash, hashes.get(seed) ?? hash, `seed ${seed}`);
    hashes.set(seed, hash);
  }
});

const SILENCE_MS = 1_000;

/** Two peers on a machine that stands still for a moment again and again; for how long those were silent who were taken for gone. */
async function silencesOnBusyMachine(seed: number): Promise<number[]> {
  const prng = new Prng(seed);
  const time = new VirtualTime(prng);
  useTime(time);
  try {
    const network = { time, prng, observe: () => {} };
    const link = new Link(network, 0, {
      latencyMs: 150,
      jitterMs: 1,
      rate: Infinity,
      capacity: 10_000,
      isPartial: false,
      tellsCut: false,
      endsBoth: false,
    });
    const limits = { pingIntervalMs: 600, silenceTimeoutMs: SILENCE_MS };
    const connecting = Promise.all(
      link.ends.map((socket, index) =>
        establish(socket, {
          role: index === 0 ? "initiator" : "responder",
          nickname: `side ${index}`,
          method: "tcp://127.0.0.1:1",
          accept: () => true,
          limits: resolveLimits(limits),
        }).connection
      ),
    );
    await time.run(() => false, time.nowMs + 1_000);
    const silences: number[] = [];
    for (const [index, { ended }] of (await connecting).entries()) {
      ended.then(({ error }) => {
        if (error?.code !== "TIMEOUT") return;
        silences.push(link.ends[index]!.silentMs);
      });
    }
    for (let round = 0; round < 40; round++) {
      await time.run(() => false, time.nowMs + prng.between(1, 300));
      time.jump(prng.between(1, 650));
    }
    for (const side of await connecting) void side.abort();
    await time.run(() => false, time.nowMs + 60_000);
    return silences;
  } finally {
    useTime(undefined);
  }
}

Deno.test("on a busy machine nobody is taken for gone whose bytes have come and are not read yet", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const silences = await silencesOnBusyMachine(seed);
    const early = silences.filter((silentMs) => silentMs < SILENCE_MS - 2);
    assertEquals(early, [], `seed ${seed}`);
  }
});
