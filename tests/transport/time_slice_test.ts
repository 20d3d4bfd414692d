// Sharing the event loop between those who have much to do.
import { assert, assertEquals } from "@std/assert";
import { TimeSlice } from "../../src/transport/time_slice.ts";
import { yieldToOthers } from "../../src/transport/yield.ts";
import { within } from "../helpers/deadline.ts";

/** So much work that time decides alone. */
const MUCH = 256 * 1024;

/** Keeps the event loop to itself. */
function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

Deno.test("those who have much to do take turns, a slice each", async () => {
  const order: string[] = [];
  const worker = async (name: string): Promise<void> => {
    const slice = new TimeSlice();
    for (let count = 0; count < 40; count++) {
      work(0.2);
      if (!slice.isOver(performance.now(), MUCH)) continue;
      order.push(name);
      await slice.next();
    }
  };
  await Promise.all(["a", "b", "c"].map(worker));
  const rounds = order.join("").match(/.{3}/g)!;
  assert(rounds.length >= 5, `${order}`);
  for (const round of rounds.slice(0, 5)) assertEquals(round, "abc");
});

Deno.test("a slice begins anew with the turn of the event loop, but for one who has used one up lately", async () => {
  const slice = new TimeSlice();
  const isOverInNextTurn = async (nowMs: number): Promise<boolean> => {
    await yieldToOthers();
    await yieldToOthers();
    return slice.isOver(nowMs, MUCH);
  };
  assertEquals(await isOverInNextTurn(0), false);
  assertEquals(slice.isOver(0.4, MUCH), false);
  assertEquals(await isOverInNextTurn(0.8), false);
  assertEquals(slice.isOver(2, MUCH), true);
  assertEquals(await isOverInNextTurn(3), true);
  assertEquals(await isOverInNextTurn(100), false);
});

Deno.test("a look at the clock comes for each of what takes long, and seldom for what does not", () => {
  const slice = new TimeSlice();
  let overCount = 0;
  for (let count = 0; count < 20; count++) {
    work(1);
    if (slice.isOverNow()) overCount++;
  }
  assertEquals(overCount, 5);
});

Deno.test("what has arrived is read although others have much to do all the time", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  using server = await listener.accept();
  let isOver = false;
  let sliceCount = 0;
  const worker = async (): Promise<void> => {
    const slice = new TimeSlice();
    while (!isOver) {
      work(0.1);
      // The answers of a read that never has to wait come within the same turn.
      await undefined;
      if (!slice.isOver(performance.now(), MUCH)) continue;
      sliceCount++;
      await slice.next();
    }
  };
  const working = [worker(), worker(), worker()];
  for (let round = 0; round < 20; round++) {
    const reading = server.read(new Uint8Array(10));
    await client.write(new Uint8Array(3));
    const before = sliceCount;
    assertEquals(await within(reading, "what has arrived"), 3);
    const count = sliceCount - before;
    assert(count < 20, `${count} slices went by before a read`);
  }
  isOver = true;
  await Promise.all(working);
});

Deno.test("who does little goes on, however slow the machine is", () => {
  const slice = new TimeSlice();
  for (let count = 0; count < 15; count++) {
    assertEquals(slice.isOver(1_000 * count), false);
  }
  assertEquals(slice.isOver(15_000), true);
});
