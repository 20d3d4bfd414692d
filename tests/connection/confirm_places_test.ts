// Places for messages that wait to be confirmed, and those who wait for one.
import { assertEquals, assertRejects } from "@std/assert";
import {
  addAbortListener,
  removeAbortListener,
} from "../../src/connection/abort_listeners.ts";
import { ConfirmPlaces } from "../../src/connection/confirm_places.ts";
import { isSettled, within } from "../helpers/deadline.ts";

Deno.test("as many places are taken at once as there are, and the others in order", async () => {
  const places = new ConfirmPlaces(2);
  assertEquals([places.take(), places.take()], [undefined, undefined]);
  const [third, fourth] = [places.take()!, places.take()!];
  assertEquals([await isSettled(third), await isSettled(fourth)], [
    false,
    false,
  ]);
  places.give();
  await within(third, "the third place");
  assertEquals(await isSettled(fourth), false);
  places.give();
  await within(fourth, "the fourth place");
  places.give();
  assertEquals(places.take(), undefined);
  places.give();
  places.give();
  assertEquals([places.take(), places.take()], [undefined, undefined]);
  assertEquals(await isSettled(places.take()!), false);
});

Deno.test("who gives up to wait for a place is passed over, and listens no more", async () => {
  const places = new ConfirmPlaces(0);
  const leaving = new AbortController();
  const second = places.take(leaving.signal)!;
  const third = places.take()!;
  leaving.abort(new Error("enough"));
  await assertRejects(() => second, Error, "enough");
  places.give();
  await within(third, "the place");
  places.give();
  assertEquals(places.take(), undefined);
});

Deno.test("many listeners of a signal are one to it, which goes with the last of them", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const heard: string[] = [];
  const kinds: string[] = [];
  const noted = (kind: "addEventListener" | "removeEventListener"): void => {
    const original = signal[kind].bind(signal);
    signal[kind] = (type: string, run: EventListener): void => {
      kinds.push(kind.slice(0, -"EventListener".length));
      original(type, run);
    };
  };
  noted("addEventListener");
  noted("removeEventListener");
  const [first, second] = [1, 2].map((n) => () => void heard.push(`${n}`));
  addAbortListener(signal, first!);
  addAbortListener(signal, second!);
  removeAbortListener(signal, first!);
  assertEquals(kinds, ["add"]);
  removeAbortListener(signal, second!);
  assertEquals(kinds, ["add", "remove"]);
  addAbortListener(signal, second!);
  controller.abort();
  assertEquals([kinds, heard], [["add", "remove", "add"], ["2"]]);
  removeAbortListener(signal, second!);
});
