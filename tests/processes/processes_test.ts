// A share of `deno task test:processes`.
import { assertEquals, assertThrows } from "@std/assert";
import { openMany } from "./connections.ts";
import { killMany } from "./kills.ts";
import { SoakTalk } from "./soak.ts";
import { timerCount } from "./timers.ts";
import { RealPairs } from "../faults/real_pairs.ts";
import { until } from "../helpers/deadline.ts";
import { assertMessage, messageOf } from "./told.ts";

/** Seeds in the gate, from another one each day. */
const COUNT = 3;

Deno.test("of a program that is killed, only what it had sent arrives, and its end is no clean one", async () => {
  const first = 1 + 1_000 * Math.floor(Date.now() / 86_400_000);
  console.log(`seeds from ${first} on`);
  const { wrong } = await killMany(COUNT, first);
  assertEquals(wrong, []);
});

Deno.test("messages get through beside one that has begun, on many connections of a program", async () => {
  const { throughCount } = await openMany(30);
  assertEquals(throughCount, 30);
});

Deno.test("a message that is not the next, not whole or changed is found", () => {
  const bytes = messageOf(1, 2);
  assertMessage(bytes, 1, 2);
  for (
    const [wrong, number] of [
      [bytes, 3],
      [bytes.subarray(1), 2],
      [bytes.toReversed(), 2],
    ] as const
  ) {
    assertThrows(() => assertMessage(wrong, 1, number));
  }
});

Deno.test("conversations over real sockets lose nothing in silence, with a fault amid every other one", async () => {
  const talk = new SoakTalk(2);
  for (const scheme of ["tcp", "ws"] as const) {
    await using pairs = await RealPairs.listen(scheme);
    for (let seed = 1; seed <= COUNT; seed++) {
      await talk.hold(pairs, scheme, seed);
    }
  }
  // A signal that would have fired later may be left of a message.
  await until(() => timerCount() === 0, "no timer is left", 60_000);
  assertEquals(talk.wrong, []);
  assertEquals(talk.counts.conversations, 2 * COUNT);
});
