import { assertEquals } from "@std/assert";
import { TwinReassembler } from "../bench/twin_reassembler.ts";
import { defaultSeed, fuzz } from "../fuzz/framing_fuzz.ts";

/** Streams in the gate; `deno task fuzz` takes many more. */
const COUNT = 20_000;

Deno.test("framing core and reference agree on random streams", async () => {
  const seed = await defaultSeed();
  console.log(`seed ${seed}`);
  assertEquals(fuzz(seed, 0, COUNT), undefined);
});

Deno.test("the twin of the benchmark and the reference agree on random streams", async () => {
  const seed = await defaultSeed();
  console.log(`seed ${seed}`);
  const failure = fuzz(seed, 0, COUNT / 5, {
    minor: 0, // it has no control packets
    make: (maxOpenMessages) => new TwinReassembler({ maxOpenMessages }),
  });
  assertEquals(failure, undefined);
});
