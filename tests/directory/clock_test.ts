import { assert } from "@std/assert";
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
