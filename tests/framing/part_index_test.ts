import { assertEquals, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { lastPartIndex } from "../../src/framing/part_index.ts";

const HIGHEST = 0x7fff_fffe;

Deno.test("lastPartIndex() counts on from the first part", () => {
  assertEquals(lastPartIndex(7, 0, 1, false), 0);
  assertEquals(lastPartIndex(7, 5, 3, true), 7);
  assertEquals(lastPartIndex(7, HIGHEST - 1, 1, false), HIGHEST - 1);
});

Deno.test("lastPartIndex() gives the highest index only to the end of a message", () => {
  assertEquals(lastPartIndex(7, HIGHEST, 1, true), HIGHEST);
  for (
    const [index, count, isEnd] of [[HIGHEST, 1, false], [
      HIGHEST,
      2,
      true,
    ]] as const
  ) {
    const error = assertThrows(
      () => lastPartIndex(7, index, count, isEnd),
      LektError,
      "the highest is 2147483646",
    );
    assertEquals([error.code, error.messageId], ["LIMIT", 7]);
  }
});
