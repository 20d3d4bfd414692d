import { assertEquals, assertGreater } from "@std/assert";
import { REDIS_PROGRAM } from "../helpers/redis.ts";

Deno.test("the benchmark of the directory measures each store", async () => {
  const script = new URL("../bench/directory.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", script, "--short", "--json"],
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  const rows = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(
    rows.map(({ store }: { store: string }) => store),
    REDIS_PROGRAM === undefined ? ["sqlite"] : ["sqlite", "redis"],
  );
  for (const { register, lookup } of rows) {
    for (
      const { perSecond, p50Ms, p99Ms, failureCount } of [register, lookup]
    ) {
      assertGreater(perSecond, 0);
      assertGreater(p50Ms, 0);
      assertGreater(p99Ms, 0);
      assertEquals(failureCount, 0);
    }
  }
});
