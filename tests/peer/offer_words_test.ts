// An offer in words: what is counted, what is named, and what is left out of a long name.
import { assertEquals } from "@std/assert";
import {
  offerFacts,
  offerText,
  offerTitle,
  summarize,
} from "../../src/peer/offer_words.ts";
import type { OfferEntry } from "../../src/talk/offer.ts";

function file(path: string): OfferEntry {
  return { kind: "file", path, size: 1 } as OfferEntry;
}

function left(path: string): OfferEntry {
  return { kind: "left", path, reason: "a pipe" } as OfferEntry;
}

function textOf(...names: string[]): string {
  return offerText(summarize(names.map(file)));
}

Deno.test("of what is left out the first ten are named, and all are counted", () => {
  const entries = Array.from({ length: 11 }, (_, index) => left(`${index}`));
  const summary = summarize(entries);
  assertEquals(summary.leftCount, 11);
  assertEquals(summary.left.length, 10);
  assertEquals(summary.left.at(-1), { path: "9", reason: "a pipe" });
  assertEquals([offerText(summary), offerTitle(summary)], [
    "nothing",
    "nothing",
  ]);
});

Deno.test("three files have their names in a question, and of a fourth the number is told", () => {
  assertEquals(textOf("a"), "the file a");
  assertEquals(textOf("a", "b", "c"), "3 files: a, b and c");
  assertEquals(textOf("a", "b", "c", "d"), "4 files: a, b, c and 1 more");
});

Deno.test("a question tells what is here, what is free and what is left out where there is any", () => {
  const known = { hereSize: 0, isSizeKnown: true };
  const whole = summarize([file("a")]);
  assertEquals(offerFacts(whole, known), "1 B");
  assertEquals(
    offerFacts(summarize([file("a"), left("b")]), {
      ...known,
      free: 0,
      hereSize: 1,
    }),
    "1 B, 1 B of it are here, 0 B are free, 1 left out",
  );
});

Deno.test("a name of 40 columns is shown, and of a longer one the start and the last 12", () => {
  const name = `${"a".repeat(30)}0123456789`;
  assertEquals(textOf(name), `the file ${name}`);
  assertEquals(
    textOf(`x${name}`),
    `the file x${"a".repeat(24)}...aa0123456789`,
  );
});
