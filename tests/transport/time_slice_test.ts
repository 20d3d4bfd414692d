// Sharing the event loop between those who have much to do.
import { assert, assertEquals } from "@std/assert";
import { SLICE_SIZE, TimeSlice } from "../../src/transport/time_slice.ts";
import { yieldToOthers } from "../../src/transport/yield.ts";
import { within } from "../helpers/deadline.ts";
import { TickingClock } from "../helpers/ticking_clock.ts";

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

/** So long behind each other are the moments of two tests: none has to do with what was in another. */
const APART_MS = 100_000;
let lastMs = performance.now();

/** A slice, and a moment long after its owner was the last to have used one up. */
async function sliceUsedUp(): Promise<[slice: TimeSlice, nowMs: number]> {
  const slice = new TimeSlice();
  lastMs += APART_MS;
  slice.isOver(lastMs, MUCH);
  assertEquals(slice.isOver(lastMs + 1, MUCH), true);
  await nextTurn();
  lastMs += APART_MS;
  return [slice, lastMs];
}

async function nextTurn(): Promise<void> {
  await yieldToOthers();
  await yieldToOthers();
}

/** After how many steps of 0.1 ms a slice of `slice` is over that begins at `nowMs`. */
async function countSteps(slice: TimeSlice, nowMs: number): Promise<number> {
  await nextTurn();
  let count = 0;
  while (!slice.isOver(nowMs + count / 10, MUCH)) count++;
  return count;
}

Deno.test("a slice begins anew with the turn of the event loop, but for one who has used one up lately", async () => {
  const [slice, startMs] = await sliceUsedUp();
  const isOverInNextTurn = async (ms: number): Promise<boolean> => {
    await nextTurn();
    return slice.isOver(startMs + ms, MUCH);
  };
  assertEquals(await isOverInNextTurn(0), false);
  assertEquals(slice.isOver(startMs + 0.4, MUCH), false);
  assertEquals(await isOverInNextTurn(0.8), false);
  assertEquals(slice.isOver(startMs + 2, MUCH), true);
  assertEquals(await isOverInNextTurn(3), true);
  assertEquals(await isOverInNextTurn(100), false);
});

Deno.test("for a second after somebody had little to do those who have much get slices of half the size", async () => {
  const [slice, nowMs] = await sliceUsedUp();
  const other = new TimeSlice();
  assertEquals(await countSteps(slice, nowMs), 6);
  assertEquals(other.isOver(nowMs + 10), false);
  assertEquals(await countSteps(slice, nowMs + 20), 3);
  assertEquals(await countSteps(slice, nowMs + 1_005), 3);
  assertEquals(await countSteps(slice, nowMs + 1_015), 6);
});

Deno.test("who has much to do in one loop and little in another is not somebody else", async () => {
  const [slice, nowMs] = await sliceUsedUp();
  const other = new TimeSlice(slice.owner);
  assertEquals(other.isOver(nowMs), false);
  assertEquals(await countSteps(slice, nowMs + 10), 6);
  using _clock = new TickingClock(0, nowMs + 20);
  assertEquals(slice.readSize, Infinity);
  new TimeSlice().isOver(nowMs + 20);
  assertEquals(slice.readSize, SLICE_SIZE);
});

/** Before which of the moments that `run` notes there was a look at what has arrived, which takes many turns of the event loop. */
async function findLooks(
  run: (note: () => void) => Promise<void>,
): Promise<number[]> {
  let turn = 0;
  let isOver = false;
  const onTurn = (): void => {
    turn++;
    if (!isOver) setImmediate(onTurn);
  };
  setImmediate(onTurn);
  const turns: number[] = [];
  await run(() => turns.push(turn));
  isOver = true;
  await nextTurn();
  return turns.flatMap((turn, index) =>
    turn - (turns[index - 1] ?? 0) > 30 ? [index] : []
  );
}

/** How many slices go by between two looks at what has arrived. */
async function countSlicesOfRound(besides?: TimeSlice): Promise<number> {
  const [{ owner }, startMs] = await sliceUsedUp();
  using _clock = new TickingClock(0.1, startMs);
  const looks = await findLooks(async (note) => {
    const work = async (): Promise<void> => {
      const slice = new TimeSlice(owner);
      for (let count = 0; count < 30;) {
        if (!slice.isOver(performance.now(), MUCH)) continue;
        besides?.isOver(performance.now());
        note();
        count++;
        await slice.next();
      }
    };
    await Promise.all([work(), work()]);
  });
  return looks.at(-1)! - looks.at(-2)!;
}

Deno.test("what has arrived is read after fewer slices where somebody has little to do", async () => {
  const count = await countSlicesOfRound();
  const countBesides = await countSlicesOfRound(new TimeSlice());
  assertEquals([count, countBesides], [3, 2]);
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

Deno.test("what has arrived is read also where one alone gives each turn away", async () => {
  const [slice, startMs] = await sliceUsedUp();
  using _clock = new TickingClock(0.1, startMs);
  const looks = await findLooks(async (note) => {
    for (let count = 0; count < 60; count++) {
      await yieldToOthers();
      slice.isOver(performance.now(), MUCH);
      note();
      await slice.next();
    }
  });
  assert(looks.length > 1, `${looks.length} looks`);
});

Deno.test("a look at the clock comes for 64 pieces that take no time, however many there were", async () => {
  const [slice, startMs] = await sliceUsedUp();
  const stepMs = 0.001;
  using _clock = new TickingClock(stepMs, startMs);
  for (let count = 0; count < 6_400; count++) slice.isOverNow();
  const lookCount = Math.round((performance.now() - startMs) / stepMs) - 1;
  assert(lookCount >= 100 && lookCount < 110, `${lookCount} looks`);
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

Deno.test("who does little in each turn goes on, however long that takes", async () => {
  const [slice, startMs] = await sliceUsedUp();
  for (let count = 0; count < 40; count++) {
    assertEquals(slice.isOver(startMs + count), false);
    await nextTurn();
  }
});

Deno.test("who does little goes on, however slow the machine is", () => {
  const slice = new TimeSlice();
  for (let count = 0; count < 15; count++) {
    assertEquals(slice.isOver(1_000 * count), false);
  }
  assertEquals(slice.isOver(15_000), true);
});

Deno.test("who has used a slice up lately waits in the next turn, however little it has to do then", async () => {
  const [, startMs] = await sliceUsedUp();
  for (const [pauseMs, waits] of [[4.9, true], [5.1, false]] as const) {
    const slice = new TimeSlice();
    slice.isOver(startMs, MUCH);
    assertEquals(slice.isOver(startMs + 1, MUCH), true);
    await slice.next();
    await nextTurn();
    assertEquals(slice.isOver(startMs + 1 + pauseMs), waits);
  }
});

Deno.test("the time of a slice begins with its eighth piece of little work", async () => {
  const [, startMs] = await sliceUsedUp();
  for (const [latePieces, isOver] of [[8, true], [9, false]] as const) {
    const slice = new TimeSlice();
    for (let count = 1; count < 16; count++) {
      const ms = count < 16 - latePieces + 1 ? 0 : 1;
      assertEquals(slice.isOver(startMs + ms), false);
    }
    assertEquals(slice.isOver(startMs + 1), isOver);
    await nextTurn();
  }
});
