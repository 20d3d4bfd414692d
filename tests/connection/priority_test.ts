// Which of several messages has more turns.
import { assert, assertEquals } from "@std/assert";
import { Core } from "../../src/framing/core.ts";
import { OPEN_COUNT_MAX } from "../../asm/wire.ts";
import { Outbox } from "../../src/session/outbox.ts";
import type { Priority } from "../../src/session/outgoing_message.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";

/** The ids of the parts that an outbox sends next, `count` of them. */
function partsOf(outbox: Outbox, count: number): number[] {
  const ids: number[] = [];
  while (ids.length < count) {
    const bytes = outbox.pollTransmit()!;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let at = 0; at < bytes.length; at += 12 + view.getUint32(at + 8)) {
      ids.push(view.getUint32(at));
    }
    outbox.handleTransmitted(bytes.length);
  }
  return ids.slice(0, count);
}

function outboxWith(...priorities: Priority[]): Outbox {
  const outbox = new Outbox({ core: new Core(OPEN_COUNT_MAX) }, 4_096);
  for (const priority of priorities) {
    outbox.queueWhole(new Uint8Array(10_000_000), { priority });
  }
  return outbox;
}

Deno.test("of 21 parts a low message gets one, a normal one four, a high one the rest", () => {
  const outbox = outboxWith("low", "normal", "high");
  const ids = partsOf(outbox, 210);
  // Ids are given as messages begin.
  const counts = [0, 1, 2].map((id) =>
    ids.filter((each) => each === id).length
  );
  assertEquals(counts, [160, 40, 10]);
});

Deno.test("a low message never waits for more than 20 parts of others", () => {
  const outbox = outboxWith("low", "high", "high", "normal");
  const ids = partsOf(outbox, 1_000);
  const lowId = 3;
  let wait = 0;
  for (const id of ids) {
    wait = id === lowId ? 0 : wait + 1;
    assert(wait <= 20, `${wait}`);
  }
});

Deno.test("messages of one priority have equal turns, and a low one all where nobody else waits", () => {
  for (const priority of ["high", "normal", "low"] as const) {
    const ids = partsOf(outboxWith(priority, priority), 100);
    assertEquals(ids.filter((id) => id === 0).length, 50);
    assertEquals(new Set(partsOf(outboxWith(priority), 50)).size, 1);
  }
});

Deno.test("send() takes a priority of its three, in all versions", () =>
  withPair(async ({ alice, bob }) => {
    const priorities = ["low", "normal", "high"] as const;
    const sends = priorities.flatMap((priority) => [
      alice.send(pattern(600_000), { priority }),
      alice.send("short", { priority }),
    ]);
    let size = 0;
    for (const _ of sends) size += (await (await receive(bob)).bytes()).length;
    assertEquals(size, 3 * 600_005);
    await Promise.all(sends);
    const priority = "urgent" as "high";
    const error = await failureOf(() => alice.send("x", { priority }));
    assertEquals(error.code, "INVALID_ARGUMENT");
  }));
