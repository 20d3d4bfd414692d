import { assert, assertEquals, assertRejects } from "@std/assert";
import { within } from "../../helpers/deadline.ts";
import { TimedProcess } from "./timed_process.ts";

Deno.test("a script is timed whatever is said behind it by what it has not waited for", async () => {
  // It speaks when the script is over, which keeps the other end open.
  const process = new TimedProcess(
    "exec 3> >(cat >&2; echo late >&2); true",
  );
  const seconds = await within(process.end(), "its end");
  assert(seconds >= 0);
  const text = process.text.replace(/TIMES .*/, "TIMES");
  assertEquals(text, "TIMES\nlate\n");
  await process.stop();
});

Deno.test("a script that fails says how, and one that says nothing more is not waited for", async () => {
  const process = new TimedProcess("echo hi; exit 3");
  assertEquals((await process.said(/h(.)/))[1], "i");
  await assertRejects(() => process.said(/never/), Error, "no /never/");
  await assertRejects(() => process.end(), Error, "it ends with 3");
  await process.stop();
});
