/**
 * The comparison in pairs: its intervals, and that it runs.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { intervalOf } from "./statistics.ts";

Deno.test("an interval of a median holds the order statistics of 95 in 100 cases", () => {
  const values = Array.from({ length: 101 }, (_, index) => 100 - index);
  assertEquals(intervalOf(values), "50.000 (40.000 to 60.000)");
  assertEquals(intervalOf([2, 1]), "2.000 (1.000 to 2.000)");
});

Deno.test("bench:pairs compares both versions, and refuses what it does not know", async () => {
  const run = (...args: string[]): Promise<Deno.CommandOutput> =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("main.ts", import.meta.url).href, ...args],
    }).output();
  const { stdout, code } = await run("--only=64B,opening", "--pairs=1");
  const table = new TextDecoder().decode(stdout);
  assertEquals(code, 0);
  assertMatch(table, /^64B +\d\.\d{3} \(\d/m);
  assertMatch(table, /^opening +\d/m);
  assertEquals((await run("--only=65B")).code, 2);
});
