// Where what is received lies before it has its place.
import { assertEquals } from "@std/assert";
import { layOut } from "../../src/peer/offer_layout.ts";
import type { Offer } from "../../src/talk/offer.ts";

Deno.test("what is left out takes no name from anything", () => {
  const entries = [
    { kind: "folder", path: "f" },
    { kind: "left", path: "f/a\\b", reason: "a pipe" },
    { kind: "file", path: "f/a_b", size: 0 },
    { kind: "file", path: "f/c\\d", size: 0 },
    { kind: "file", path: "g", size: 0 },
  ] as Offer["entries"];
  const offer = { number: 1, count: 5, total: 0, zstd: false, entries };
  const rules = { isStrict: false, isFolding: false };
  const { places, renamed, items } = layOut(offer, rules);
  assertEquals(places, ["0/f", undefined, "0/f/a_b", "0/f/c_d", "1/g"]);
  assertEquals(renamed, [[3, "c_d"]]);
  assertEquals(items.map(({ first, end }) => [first, end]), [[0, 4], [4, 5]]);
});
