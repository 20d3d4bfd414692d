// Whatever happens at whatever byte: nothing is lost silently, doubled, cut,
// mixed or invented, and nothing is left behind.
import { assert, assertEquals } from "@std/assert";
import { VANISH } from "./faulty_transport.ts";
import { converseInMemory, converseWithEach, faultsOf } from "./every_byte.ts";

/** Every so many bytes, from another one each day; `deno task test:exhaustive` takes all. */
const STEP = 211;

Deno.test("a fault at any byte loses nothing silently and leaves nothing behind", async () => {
  const { faults, sizes } = await converseInMemory();
  assertEquals(faults, []);
  assert(sizes.every(({ read, write }) => read > 2_000 && write > 2_000));
  const first = Math.floor(Date.now() / 86_400_000) % STEP;
  console.log(`from byte ${first} on, every ${STEP}`);
  const { count, wrong } = await converseWithEach(
    faultsOf(sizes, first, STEP),
    converseInMemory,
  );
  assertEquals(wrong.slice(0, 5), []);
  assert(count > 100, `${count} faults`);
});

Deno.test("both sides know in time that the other one is gone, behind whatever byte that happens", async () => {
  const { sizes } = await converseInMemory();
  const first = Math.floor(Date.now() / 86_400_000) % STEP;
  console.log(`from byte ${first} on, every ${STEP}`);
  const { count, wrong } = await converseWithEach(
    faultsOf(sizes, first, STEP, [VANISH]),
    converseInMemory,
  );
  assertEquals(wrong.slice(0, 5), []);
  assert(count > 30, `${count} faults`);
});
