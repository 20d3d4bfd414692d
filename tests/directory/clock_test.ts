import { inTime } from "../helpers/in_time.ts";
import { assert, assertEquals } from "@std/assert";
import { createSystemClock } from "../../src/directory/clock.ts";
import { within } from "../helpers/deadline.ts";

Deno.test("what became due while the machine slept is due when it wakes", async () => {
  const clock = createSystemClock(10);
  const waiting = clock.wait(100_000);
  const { now } = Date;
  try {
    // Asleep, timers stand still, and the time of day goes on.
    Date.now = () => now() + 100_000;
    await within(waiting, "the end of the wait");
  } finally {
    Date.now = now;
  }
});

Deno.test("a time of day that is set back makes no wait longer", async () => {
  const clock = createSystemClock(10);
  const waiting = clock.wait(50);
  const { now } = Date;
  try {
    Date.now = () => now() - 100_000;
    await within(waiting, "the end of the wait");
  } finally {
    Date.now = now;
  }
});

Deno.test("a wait ends at its signal, and leaves no timer", async () => {
  const clock = createSystemClock();
  await clock.wait(100_000, AbortSignal.abort());
  const stop = new AbortController();
  const waiting = clock.wait(100_000, stop.signal);
  stop.abort();
  await waiting;
  const start = performance.now();
  await clock.wait(20);
  assert(performance.now() - start >= 19);
});

Deno.test("a wait of the system's clock ends to the millisecond, and where the time of day has gone on, a timer later", async () => {
  const endedMs: number[] = [];
  const dateNow = Date.now;
  const run = inTime((time) => {
    const clock = createSystemClock(1_000);
    const wait = (milliseconds: number): void => {
      clock.wait(milliseconds).then(() => endedMs.push(time.nowMs));
    };
    for (const milliseconds of [-5, 0, 10, 1_000, 2_500]) wait(milliseconds);
    time.at(2_600, () => {
      wait(10_000);
      const virtualNow = Date.now;
      // The machine has slept.
      time.at(4_000, () => Date.now = (): number => virtualNow() + 60_000);
    });
  });
  await run.finally(() => Date.now = dateNow);
  assertEquals(endedMs, [0, 0, 10, 1_000, 2_500, 4_600]);
});
