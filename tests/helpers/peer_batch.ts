/**
 * Runs the command `peer` several times in one process, for what ends at once
 * and opens nothing. Each argument is the arguments of one run, as JSON. Behind
 * each run both outputs have a line of their own with its exit status.
 *
 * @module
 */
import { runPeer } from "../../src/peer/main.ts";
import { BATCH_MARK } from "./batch_mark.ts";

for (const args of Deno.args) {
  const status = await runPeer(JSON.parse(args));
  const mark = new TextEncoder().encode(`${BATCH_MARK}${status}\n`);
  Deno.stdout.writeSync(mark);
  Deno.stderr.writeSync(mark);
}
