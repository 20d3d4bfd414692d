// The bounds of a relay, one below, at and one above each.
import { assertEquals } from "@std/assert";
import { RateWindow } from "../../src/directory/rate_window.ts";
import { DEFAULT_RELAY_LIMITS, MESSAGE_COST } from "../../src/relay/limits.ts";
import { Meter } from "../../src/relay/passage.ts";
import { HeldClock } from "../helpers/held_clock.ts";
import { StoppedClock } from "../helpers/stopped_clock.ts";

const AROUND = [-1, 0, 1] as const;

Deno.test("a call may have as many bytes as a relay grants, both ways together", () => {
  const { bytesPerCall } = DEFAULT_RELAY_LIMITS;
  for (const extra of AROUND) {
    const meter = new Meter({ bytesPerCall, bytesPerSecond: 0 });
    meter.count(bytesPerCall / 2);
    assertEquals(meter.isSpent, false);
    meter.count(bytesPerCall / 2 + extra);
    assertEquals(meter.isSpent, extra > 0);
  }
  const boundless = new Meter({ bytesPerCall: 0, bytesPerSecond: 0 });
  boundless.count(Number.MAX_SAFE_INTEGER);
  assertEquals(boundless.isSpent, false);
});

Deno.test("a call that had its bytes of a second waits for one, each message counting 512 more", () => {
  using _ = new StoppedClock();
  const { bytesPerSecond } = DEFAULT_RELAY_LIMITS;
  for (const extra of AROUND) {
    const meter = new Meter({ bytesPerCall: 0, bytesPerSecond });
    const pauseMs = meter.count(bytesPerSecond - MESSAGE_COST + extra);
    // The clock's numbers are too coarse for less than a byte.
    const bytes = (pauseMs - 1_000) * bytesPerSecond / 1_000;
    assertEquals(Math.round(bytes) + 0, extra);
    const nextMs = meter.count(bytesPerSecond - MESSAGE_COST);
    assertEquals(Math.round(nextMs - pauseMs), 1_000);
  }
});

Deno.test("an address may call sixty times a minute, and again in the next", async () => {
  const { callsPerMinute } = DEFAULT_RELAY_LIMITS;
  const clock = new HeldClock(0);
  const rate = new RateWindow(callsPerMinute, clock);
  for (let count = 1; count <= callsPerMinute + 1; count++) {
    const waitS = rate.count("a");
    assertEquals(waitS, count <= callsPerMinute ? undefined : 60);
  }
  await clock.advance(59_999);
  assertEquals(rate.count("a"), 1);
  await clock.advance(1);
  assertEquals(rate.count("a"), undefined);
});
