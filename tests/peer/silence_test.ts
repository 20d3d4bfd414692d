// Waiting: for signs of life, and for some time; in virtual time.
import { assertEquals } from "@std/assert";
import { pause as pauseUntil } from "../../src/peer/pause.ts";
import { SilenceWatch } from "../../src/peer/silence.ts";
import { inVirtualTime, pause } from "../helpers/virtual_run.ts";

Deno.test("silence is told once, so long behind the last sign of life, and not behind a second start", () =>
  inVirtualTime(async (time) => {
    const startMs = time.nowMs;
    const toldMs: number[] = [];
    const watch = new SilenceWatch(
      100,
      () => toldMs.push(time.nowMs - startMs),
    );
    watch.start();
    await pause(50);
    watch.start();
    await pause(1_000);
    assertEquals(toldMs.splice(0), [100]);
    watch.start();
    await pause(60);
    watch.touch();
    await pause(1_000);
    assertEquals(toldMs.splice(0), [1_050 + 160]);
    watch.start();
    watch.stop();
    await pause(1_000);
    assertEquals(toldMs, []);
  }));

Deno.test("a pause is over at once where its signal fires, or has fired", () =>
  inVirtualTime(async (time) => {
    const ending = new AbortController();
    const startMs = time.nowMs;
    await pauseUntil(100, ending.signal);
    assertEquals(time.nowMs - startMs, 100);
    const cut = pauseUntil(60_000, ending.signal);
    ending.abort();
    await cut;
    await pauseUntil(60_000, ending.signal);
    assertEquals(time.nowMs - startMs, 100);
  }));
