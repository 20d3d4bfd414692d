// What of an offer need not be sent again, as an answer tells it.
import { assertEquals } from "@std/assert";
import { nothingKept, rangesOf } from "../../src/peer/kept_entries.ts";
import type { OfferEntry } from "../../src/talk/offer.ts";

/** Entries by letters: a folder, a file that is here, one that is missing. */
function scene(letters: string): {
  entries: OfferEntry[];
  kept: ReturnType<typeof nothingKept>;
} {
  const kept = nothingKept(letters.length);
  const entries = Array.from(letters, (letter, index): OfferEntry => {
    if (letter === "h") kept.whole[index] = 1;
    const path = String(index);
    return letter === "d"
      ? { kind: "folder", path }
      : { kind: "file", path, size: 1 };
  });
  return { entries, kept };
}

Deno.test("folders end no run of files that are here", () => {
  const { kept, entries } = scene("dhhdhdhmdhm");
  assertEquals(rangesOf(kept, entries), [[1, 6], [9, 9]]);
  assertEquals([...kept.stale], []);
});

Deno.test("files that are here, and for which an answer has no room, are sent again", () => {
  const { kept, entries } = scene("hhmhmhhdh");
  assertEquals(rangesOf(kept, entries, 2), [[0, 1], [3, 3]]);
  assertEquals([...kept.stale], [5, 6, 8]);
  assertEquals([...kept.whole], [1, 1, 0, 1, 0, 0, 0, 0, 0]);
});
