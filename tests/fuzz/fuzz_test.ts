// A share of what `deno task fuzz` does for as long as one likes.
import { assertEquals } from "@std/assert";
import { comparePairs, compareSingles } from "./edge_headers.ts";
import { defaultSeed } from "./framing_fuzz.ts";
import { fuzzTarget, TARGETS } from "./targets.ts";

/** Inputs of each target; the framing has a test of its own. */
const COUNTS: Record<string, number> = {
  moving: 3_000,
  session: 1_500,
  sending: 120,
  talk: 800,
  directory: 300,
};

for (const [name, count] of Object.entries(COUNTS)) {
  Deno.test(`random input shows no fault: ${name}`, async () => {
    const seed = await defaultSeed();
    console.log(`seed ${seed}`);
    const failure = await fuzzTarget(TARGETS[name]!, seed, 0, count);
    assertEquals(failure, undefined);
  });
}

Deno.test("headers at the edges: core and reference say the same", () => {
  assertEquals(compareSingles(29, 3).differences, []);
  assertEquals(comparePairs(2_999, 7).differences, []);
});
