// The package of npm, in Node and Bun: a share of `deno task test:runtimes`.
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "./helpers/pages.ts";

/** A quiet machine takes 15 s. */
const DEADLINE_MS = 280_000;

/** The status of a run that found neither Node nor Bun. */
const SKIPPED = 3;

Deno.test("the npm package imports nothing by the import map's names, and runs in Node and Bun, bundled too", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "test:runtimes", "--share"],
    cwd: ROOT,
    stdin: "null",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  if (code === SKIPPED) {
    console.warn(
      `\n*** SKIPPED: nothing is tested in Node and Bun, which npm does not give here: ${output} ***\n`,
    );
    return;
  }
  assertEquals(code, 0, output);
  assert(/Node .* -> Bun .*: 26 scenes passed/.test(output), output);
  assert(/Bun .* -> Node .*: the longer ways/.test(output), output);
  assert(/Bun .* -> Node .*: a bundle/.test(output), output);
});
