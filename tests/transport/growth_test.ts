import { assert, assertEquals } from "@std/assert";

Deno.test("a byte stream of any method holds nothing of what was written and read", async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--v8-flags=--expose-gc",
      new URL("../helpers/heap_growth.ts", import.meta.url).pathname,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout);
  const growths = [...output.matchAll(/^(\w+) (-?\d+)$/gm)];
  assertEquals(growths.length, 5, new TextDecoder().decode(stderr));
  // A reaction to a promise takes 100 bytes and more.
  for (const [line, , growth] of growths) assert(Number(growth) < 50, line);
});
