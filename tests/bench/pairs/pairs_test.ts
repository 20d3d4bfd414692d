/**
 * The comparison in pairs: what its rounds come to, and that it runs.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { rangeOf } from "./statistics.ts";

Deno.test("rounds come to their median, the least and the most", () => {
  assertEquals(rangeOf([3, 1, 2]), "2.00 (1.00 to 3.00)");
  assertEquals(rangeOf([4, 1]), "2.50 (1.00 to 4.00)");
});

Deno.test("bench:pairs compares both versions, and refuses what it does not know", async () => {
  const run = (...args: string[]): Promise<Deno.CommandOutput> =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("main.ts", import.meta.url).href, ...args],
    }).output();
  const { stdout, code } = await run(
    "--only=64B,opening",
    "--rounds=2",
    "--pairs=1",
  );
  const table = new TextDecoder().decode(stdout);
  assertEquals(code, 0);
  assertMatch(table, /^64B +\d\.\d{2} \(\d/m);
  assertMatch(table, /^opening +\d/m);
  assertEquals((await run("--only=65B")).code, 2);
});
