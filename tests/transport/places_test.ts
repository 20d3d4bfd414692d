// Who gets a place, and who gives way.
import { assertEquals } from "@std/assert";
import { type Place, Places, WAITING_MAX } from "../../src/transport/places.ts";
import { turns, until, within } from "../helpers/deadline.ts";
import { StoppedClock } from "../helpers/stopped_clock.ts";

/** Places, and the names of those who gave way. */
class Scene implements Disposable {
  readonly places: Places;
  readonly gone: string[] = [];

  constructor(maxPendingHandshakes: number, maxPendingPerAddress: number) {
    this.places = new Places({ maxPendingHandshakes, maxPendingPerAddress });
  }

  /** A client called `name`, from the address that the name begins with. */
  take(name: string): Place {
    const host = `192.0.2.${name.codePointAt(0)! - 96}`;
    return this.places.take(`${host}:7`, () => this.gone.push(name));
  }

  [Symbol.dispose](): void {
    this.places.close();
  }
}

Deno.test("of the address with the most places who has been silent for longest gives way", async () => {
  using scene = new Scene(6, 2);
  for (const name of ["a1", "b1", "b2", "c1", "c2", "c3"]) scene.take(name);
  const last = ["d1", "d2", "d3"].map((name) => scene.take(name));
  assertEquals(last.map(({ isTaken }) => isTaken), [false, false, false]);
  for (const { taken } of last) await within(taken, "a place");
  // Where nobody has more than its share, it is who has been silent for longest of all.
  assertEquals(scene.gone, ["c1", "a1", "b1"]);
  assertEquals([scene.places.count, scene.places.waitingCount], [6, 0]);
});

Deno.test("who has not been silent for long does not give way, and who waits for this side not at all", async () => {
  using scene = new Scene(2, 8);
  const [first, second] = [scene.take("a1"), scene.take("b1")];
  scene.places.setTurn(first, "decision");
  const third = scene.take("c1");
  {
    using _ = new StoppedClock();
    scene.places.setTurn(second, "client");
    await turns();
    assertEquals(scene.gone, []);
    scene.places.setTurn(second, "decision");
  }
  // Elsewhere one gives way meanwhile.
  using elsewhere = new Scene(1, 8);
  elsewhere.take("a1");
  await within(elsewhere.take("b1").taken, "a place elsewhere");
  assertEquals([third.isTaken, scene.gone], [false, []]);
  scene.places.setTurn(first, "client");
  await within(third.taken, "a place");
  assertEquals(scene.gone, ["a1"]);
});

Deno.test("while enough get in nobody has to give way to others of the same address", async () => {
  using scene = new Scene(2, 8);
  using elsewhere = new Scene(2, 8);
  const [, in2] = [scene, elsewhere].flatMap((each) =>
    ["a1", "a2"].map((name) => each.take(name))
  );
  const [here, there] = [scene, elsewhere].map((each) => each.take("a3").taken);
  let isOver = false;
  there!.then(() => isOver = true);
  await until(() => {
    scene.places.setTurn(in2!, "none");
    return isOver;
  }, "one gives way elsewhere");
  assertEquals([scene.gone, elsewhere.gone], [[], ["a1"]]);
  await within(here!, "a place");
  assertEquals(scene.gone, ["a1"]);
});

Deno.test("an address that has few places goes first, and somebody decided about gives way to it where his address has too many", async () => {
  using scene = new Scene(4, 2);
  const held = ["a1", "a2", "a3", "a4"].map((name) => scene.take(name));
  for (const place of held) scene.places.setTurn(place, "decision");
  const waiting = ["a5", "b1"].map((name) => scene.take(name));
  assertEquals(await within(waiting[1]!.taken, "a place"), true);
  assertEquals([scene.gone, waiting[0]!.isTaken], [["a4"], false]);
  scene.places.release(held[0]!);
  assertEquals(waiting[0]!.isTaken, true);
});

Deno.test("a bounded number wait for places, and none any more behind the end", async () => {
  const scene = new Scene(1, 8);
  scene.places.setTurn(scene.take("a"), "none");
  const waiting = Array.from({ length: WAITING_MAX }, () => scene.take("b"));
  let hasRoom = false;
  const room = scene.places.untilRoom().then(() => hasRoom = true);
  await turns();
  assertEquals(hasRoom, false);
  scene.places.release(waiting[5]!);
  await within(room, "room");
  scene.take("b");
  const ended = scene.places.untilRoom();
  scene.places.close();
  await within(ended, "the end");
  for (const { taken } of waiting) assertEquals(await taken, false);
  assertEquals(await scene.take("a").taken, false);
});

Deno.test("nobody is kept from waiting where few wait, nor behind the end", async () => {
  using scene = new Scene(1, 8);
  await within(scene.places.untilRoom(), "room at the beginning");
  const first = scene.take("a");
  scene.places.setTurn(first, "decision");
  for (let count = 0; count < WAITING_MAX; count++) scene.take("b");
  scene.places.close();
  await within(scene.places.untilRoom(), "room behind the end");
});
