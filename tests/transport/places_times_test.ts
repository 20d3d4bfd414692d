// When a client who has a place gives way, to the millisecond, and to whom.
import { inTime, type TestTime } from "../helpers/in_time.ts";
import { assertEquals } from "@std/assert";
import { type Place, Places } from "../../src/transport/places.ts";
import { isSettled, within } from "../helpers/deadline.ts";
import { StoppedClock } from "../helpers/stopped_clock.ts";

/** Takes a place for a client, called by the letter of its address and a number. */
type Take = (name: string) => Place;

/** Who gives way, and when. */
async function gone(
  [maxPendingHandshakes, maxPendingPerAddress]: [number, number],
  run: (take: Take, time: TestTime, places: Places) => void,
): Promise<[name: string, atMs: number][]> {
  const left: [string, number][] = [];
  await inTime((time) => {
    const places = new Places({ maxPendingHandshakes, maxPendingPerAddress });
    const take: Take = (name) => {
      const host = `192.0.2.${name.codePointAt(0)! - 96}`;
      return places.take(`${host}:7`, () => left.push([name, time.nowMs]));
    };
    run(take, time, places);
    time.at(100_000, () => places.close());
  });
  return left;
}

Deno.test("who has more than its share gives way to one who has less when it has been silent for 250 ms, and 50 ms behind the wish at least", async () => {
  const whenAsked = (atMs: number) =>
    gone([4, 2], (take, { at }) => {
      for (const name of ["a1", "a2", "a3", "a4"]) take(name);
      at(atMs, () => take("b1"));
    });
  assertEquals(await whenAsked(10), [["a1", 250]]);
  assertEquals(await whenAsked(199), [["a1", 250]]);
  assertEquals(await whenAsked(230), [["a1", 280]]);
  assertEquals(await whenAsked(9_000), [["a1", 9_050]]);
});

Deno.test("where nobody is owed a place one gives way when some have waited for a second", async () => {
  const whenAsked = (atMs: number, newcomer: string) =>
    gone([4, 2], (take, { at }) => {
      for (const name of ["a1", "a2", "b1", "b2"]) take(name);
      at(atMs, () => take(newcomer));
    });
  assertEquals(await whenAsked(0, "c1"), [["a1", 1_000]]);
  assertEquals(await whenAsked(10, "c1"), [["a1", 1_050]]);
  assertEquals(await whenAsked(0, "a3"), [["a1", 1_000]]);
  // More than the share, and the newcomer has its own.
  const crowded = await gone([5, 2], (take) => {
    for (const name of ["a1", "a2", "a3", "b1", "b2", "b3"]) take(name);
  });
  assertEquals(crowded, [["a1", 1_000]]);
});

Deno.test("nobody need give way while no more than forty times those wait who got in lately", async () => {
  const whenOneGotIn = async (waitingCount: number) => {
    const [first] = await gone([2, 100], (take, { at }, places) => {
      take("a1");
      const second = take("a2");
      for (let n = 0; n < waitingCount; n++) take(`b${n}`);
      at(750, () => places.setTurn(second, "none"));
    });
    return first;
  };
  assertEquals(await whenOneGotIn(41), ["a1", 1_000]);
  // It counts in its own 250 ms and in those behind them.
  assertEquals(await whenOneGotIn(40), ["a1", 1_250]);
});

Deno.test("a place goes to the address that has fewest, and among those to who asked first", async () => {
  const order: string[] = [];
  await gone([4, 100], (take, time, places) => {
    const first = ["a1", "a2", "b1", "d1"].map((name) => take(name));
    for (const name of ["a3", "b2", "c1", "b3", "c2"]) {
      take(name).taken.then(() => {
        if (time.nowMs < 10) order.push(name);
      });
    }
    first.forEach((place, n) => time.at(n + 1, () => places.release(place)));
  });
  // Before each: a 1, b 1, c 0; a 0, b 1, c 1; a 1, b 0, c 1; a 1, b 1, c 1.
  assertEquals(order, ["c1", "a3", "b2", "b3"]);
});

Deno.test("of those about whom this side decides the latest gives way, to one who is owed a place alone", async () => {
  const toNewcomer = (newcomer: string, hasPlace: boolean) =>
    gone([4, 2], (take, { at }, places) => {
      const names = ["a1", "a2", "a3", hasPlace ? "b1" : "a4"];
      const held = names.map((name) => take(name));
      held.forEach((place, n) =>
        at(n, () => places.setTurn(place, "decision"))
      );
      at(100, () => take(newcomer));
    });
  assertEquals(await toNewcomer("b2", true), [["a3", 252]]);
  assertEquals(await toNewcomer("c1", false), [["a4", 253]]);
  assertEquals(await toNewcomer("a5", true), []);
  const equal = await gone([2, 1], (take, { at }, places) => {
    const held = ["a1", "b1"].map((name) => take(name));
    held.forEach((place) => at(0, () => places.setTurn(place, "decision")));
    at(100, () => take("c1"));
  });
  assertEquals(equal, []);
});

Deno.test("of the address with the most places the one that has been silent for longest gives way, and of others only where that one has none", async () => {
  const most = await gone([6, 1], (take, { at }, places) => {
    for (const name of ["a1", "b1", "a2", "b2", "b3"]) take(name);
    const first = take("c1");
    at(5, () => places.setTurn(first, "client"));
    at(10, () => take("d1"));
  });
  assertEquals(most, [["b1", 250]]);
  const busy = await gone([5, 1], (take, { at }, places) => {
    const held = ["b1", "b2", "b3"].map((name) => take(name));
    for (const name of ["a1", "a2"]) take(name);
    held.forEach((place) => at(1, () => places.setTurn(place, "decision")));
    at(10, () => take("d1"));
  });
  assertEquals(busy, [["a1", 250]]);
  const alike = await gone([4, 1], (take, { at }) => {
    for (const name of ["b1", "a1", "a2", "b2"]) take(name);
    at(10, () => take("c1"));
  });
  assertEquals(alike, [["b1", 250]]);
});

Deno.test("of addresses that are decided about the one with the most places loses one, and to nobody who has its share", async () => {
  const deciding = (names: string[], share: number, newcomer: string) =>
    gone([names.length, share], (take, { at }, places) => {
      const held = names.map((name) => take(name));
      held.forEach((place, n) =>
        at(n, () => places.setTurn(place, "decision"))
      );
      at(100, () => take(newcomer));
    });
  const uneven = ["b1", "b2", "a1", "a2", "a3"];
  assertEquals(await deciding(uneven, 1, "c1"), [["a3", 254]]);
  const even = ["b1", "b2", "a1", "a2"];
  assertEquals(await deciding(even, 1, "c1"), [["b2", 251]]);
  const full = ["a1", "a2", "a3", "b1", "b2"];
  assertEquals(await deciding(full, 2, "b3"), []);
});

Deno.test("who was told that it is its turn again begins anew, and what was given back is free", async () => {
  const renewed = await gone([2, 1], (take, { at }, places) => {
    const first = take("a1");
    take("a2");
    at(10, () => take("b1"));
    at(200, () => places.setTurn(first, "client"));
  });
  assertEquals(renewed, [["a2", 250]]);
  const given = await gone([1, 1], (take, { at }, places) => {
    const first = take("a1");
    const second = take("b1");
    at(10, () => places.release(second));
    at(20, () => places.release(second));
    at(30, () => places.release(first));
    at(40, () => assertEquals([places.count, places.waitingCount], [0, 0]));
  });
  assertEquals(given, []);
});

Deno.test("who got in counts in the 250 ms behind its own, and no longer", async () => {
  const left = await gone([3, 100], (take, { at }, places) => {
    const [first, second, silent] = ["a1", "a2", "a3"].map((name) =>
      take(name)
    );
    for (const place of [first, second, silent]) {
      places.setTurn(place!, "decision");
    }
    for (let n = 0; n < 41; n++) take(`b${n}`);
    at(1_000, () => places.setTurn(first!, "none"));
    at(1_000, () => places.setTurn(second!, "none"));
    at(1_300, () => places.setTurn(silent!, "client"));
    // Half a second later one more: those two are forgotten.
    at(1_500, () => places.setTurn(first!, "none"));
  });
  assertEquals(left[0], ["a3", 1_550]);
});

Deno.test("who waits for a place has no turn", () => {
  const places = new Places({
    maxPendingHandshakes: 1,
    maxPendingPerAddress: 1,
  });
  places.take("192.0.2.7:1", () => {});
  const waiting = places.take("192.0.2.7:1", () => {});
  places.setTurn(waiting, "decision");
  assertEquals([waiting.isTaken, waiting.turn], [false, "client"]);
  places.close();
});

Deno.test("there is room for one more to wait where fewer than 4,096 do", async () => {
  using _clock = new StoppedClock();
  const places = new Places({
    maxPendingHandshakes: 1,
    maxPendingPerAddress: 1,
  });
  const take = (): Place => places.take("192.0.2.7:1", () => {});
  const held = Array.from({ length: 1 + 4_097 }, take);
  const room = places.untilRoom();
  places.release(held.pop()!);
  assertEquals([places.waitingCount, await isSettled(room)], [4_096, false]);
  places.release(held.pop()!);
  await within(room, "room");
  places.close();
});
