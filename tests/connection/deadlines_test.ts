import { inTime } from "../helpers/in_time.ts";
import { assert, assertEquals } from "@std/assert";
import { Alarm, setDeadline } from "../../src/connection/deadlines.ts";
import { within } from "../helpers/deadline.ts";

/** Sets a deadline; resolves with the milliseconds that it took. */
function elapsed(delayMs: number): Promise<number> {
  const startMs = performance.now();
  return new Promise((resolve) =>
    setDeadline(() => resolve(performance.now() - startMs), delayMs)
  );
}

Deno.test("setDeadline() calls back after the delay, never before", async () => {
  const took = await within(
    Promise.all([elapsed(20), elapsed(5), elapsed(20), elapsed(1)]),
    "four deadlines",
  );
  [20, 5, 20, 1].forEach((delayMs, i) => assert(took[i]! >= delayMs));
});

Deno.test("setDeadline() keeps the order of equal delays, and what was set meanwhile has its own time", async () => {
  const order: number[] = [];
  const { promise, resolve } = Promise.withResolvers<number>();
  setDeadline(() => order.push(0), 10);
  setDeadline(() => {
    order.push(1);
    setDeadline(() => order.push(3), 10);
    elapsed(10).then(resolve);
  }, 10);
  setDeadline(() => order.push(2), 10);
  assert(await within(promise, "the last deadline") >= 10);
  assertEquals(order, [0, 1, 2, 3]);
});

Deno.test("a deadline that was cleared is not called, and the others are", async () => {
  const called: string[] = [];
  const first = setDeadline(() => called.push("first"), 10);
  const last = elapsed(10);
  const third = setDeadline(() => called.push("third"), 10);
  first.clear();
  third.clear();
  third.clear();
  await within(last, "the one that was not cleared");
  assertEquals(called, []);
});

Deno.test("a deadline that no timer reaches is waited for all the same", () => {
  const { setTimeout } = globalThis;
  const delays: unknown[] = [];
  const fire: (() => void)[] = [];
  globalThis.setTimeout = ((run: () => void, delayMs: number) => {
    fire.push(run);
    delays.push(delayMs);
    return 0;
  }) as unknown as typeof setTimeout;
  try {
    for (const delayMs of [Infinity, 2 ** 31, 2 ** 40]) {
      const deadline = setDeadline(() => delays.push("called"), delayMs);
      fire.at(-1)!();
      deadline.clear();
    }
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertEquals(delays, Array(6).fill(2 ** 31 - 1));
});

Deno.test("a deadline may clear those that are due with it", async () => {
  const called: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  setDeadline(() => second.clear(), 5);
  const second = setDeadline(() => called.push("second"), 5);
  setDeadline(resolve, 5);
  await within(promise, "the third");
  assertEquals(called, []);
});

Deno.test("no timer is left when all deadlines are cleared", () => {
  // The sanitizer of the tests finds it otherwise.
  const deadlines = Array.from(
    { length: 3 },
    () => setDeadline(() => {}, 60_000),
  );
  for (const deadline of deadlines) deadline.clear();
  setDeadline(() => {}, 60_000).clear();
});

Deno.test("a deadline behind one that was cleared falls due at its own time, and leaves no timer", async () => {
  const calledMs: number[] = [];
  const pendingCount = await inTime((time) => {
    const first = setDeadline(() => calledMs.push(-1), 10);
    time.at(4, () => setDeadline(() => calledMs.push(time.nowMs), 10));
    time.at(5, () => first.clear());
    time.at(7, () => setDeadline(() => calledMs.push(time.nowMs), 10));
  });
  assertEquals([calledMs, pendingCount], [[14, 17], 0]);
});

Deno.test("no timer waits for deadlines that were all cleared, nor for one that was called", async () => {
  const pendingCount = await inTime((time) => {
    const deadlines = [1, 2].map(() => setDeadline(() => {}, 900_000));
    time.at(1, () => deadlines.forEach((deadline) => deadline.clear()));
    setDeadline(() => {}, 10);
  });
  assertEquals(pendingCount, 0);
});

Deno.test("an alarm may be late by its step, and not because it is set to the same moment again", async () => {
  const calledMs: [string, number][] = [];
  const pendingCount = await inTime((time) => {
    const startMs = performance.now();
    const alarmOf = (name: string): Alarm =>
      new Alarm(() => calledMs.push([name, time.nowMs]));
    const exact = alarmOf("exact");
    exact.set(startMs + 100);
    time.at(30, () => exact.set(startMs + 90));
    const late = alarmOf("late");
    late.set(startMs + 100, 64);
    time.at(30, () => late.set(startMs + 100, 64));
    const never = alarmOf("never");
    never.set(startMs + 50);
    time.at(30, () => never.set(undefined));
    const past = alarmOf("past");
    time.at(30, () => past.set(startMs));
  });
  assertEquals(calledMs, [["past", 30], ["exact", 90], ["late", 128]]);
  assertEquals(pendingCount, 0);
});
