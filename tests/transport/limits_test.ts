// Each bound of those who are not let in yet, and of methods: one below it, at it, and one beyond.
import { assertEquals } from "@std/assert";
import type { LektError } from "../../src/base/errors.ts";
import { DEFAULT_LIMITS } from "../../src/base/limits.ts";
import { METHOD_LENGTH_MAX, parseMethod } from "../../src/transport/method.ts";
import { Places, WAITING_MAX } from "../../src/transport/places.ts";
import { isSettled } from "../helpers/deadline.ts";
import { StoppedClock } from "../helpers/stopped_clock.ts";

/** Places of which so many were asked for, each by another address. */
function placesFor(count: number): Places {
  const places = new Places(DEFAULT_LIMITS);
  for (let i = 0; i < count; i++) {
    places.take(`10.0.${i >> 8}.${i & 255}:7`, () => {});
  }
  return places;
}

Deno.test("there are maxPendingHandshakes places, and whoever comes then waits", () => {
  const bound = DEFAULT_LIMITS.maxPendingHandshakes;
  for (const count of [bound - 1, bound, bound + 1]) {
    const places = placesFor(count);
    assertEquals(
      [places.count, places.waitingCount],
      [Math.min(count, bound), Math.max(count - bound, 0)],
    );
    places.close();
  }
});

Deno.test("so many may wait for a place, and further ones are not accepted", async () => {
  // On a busy machine it takes so long that some who have a place give way.
  using _ = new StoppedClock();
  const bound = DEFAULT_LIMITS.maxPendingHandshakes + WAITING_MAX;
  for (const count of [bound - 1, bound, bound + 1]) {
    const places = placesFor(count);
    assertEquals(await isSettled(places.untilRoom()), count < bound);
    places.close();
  }
});

Deno.test("as many calls of accept run for an address whose clients have left as it may have places", async () => {
  const bound = DEFAULT_LIMITS.maxPendingPerAddress;
  const { signal } = new AbortController();
  for (const count of [bound - 1, bound, bound + 1]) {
    const places = new Places(DEFAULT_LIMITS);
    for (let i = 0; i < count; i++) {
      places.setTurn(places.take(`192.0.2.1:${i}`, () => {}), "deserted");
    }
    const place = places.take("192.0.2.1:99", () => {});
    const elsewhere = places.take("192.0.2.2:99", () => {});
    const waits = [place, elsewhere].map(async (each) =>
      await isSettled(places.untilDecidable(each, signal))
    );
    assertEquals(await Promise.all(waits), [count < bound, true]);
    places.close();
  }
});

Deno.test("a method has at most so many characters", () => {
  const outcomes = [-1, 0, 1].map((extra) => {
    const text = "wss://bob.example/".padEnd(METHOD_LENGTH_MAX + extra, "a");
    try {
      return parseMethod(text).uri.length;
    } catch (error) {
      return (error as LektError).code;
    }
  });
  assertEquals(outcomes, [
    METHOD_LENGTH_MAX - 1,
    METHOD_LENGTH_MAX,
    "INVALID_ARGUMENT",
  ]);
});
