/**
 * Runs the simulation for as many seeds as wanted: `main.ts [count] [first]`;
 * one seed with all that moves: `main.ts 1 SEED --trace`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runTask, UsageError, wholeNumber } from "../helpers/task.ts";
import { simulate, simulateMany } from "./world.ts";

const USAGE = "deno task test:simulation [COUNT] [FIRST SEED] [--trace]";

const DEFAULT_COUNT = 2_000;

/** How often it says how far it is. */
const PROGRESS_COUNT = 500;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { trace: { type: "boolean", default: false } },
  });
  const [count = DEFAULT_COUNT, first = 1, ...more] = positionals.map((text) =>
    wholeNumber(text, "a count or seed", 1)
  );
  if (more.length > 0) throw new UsageError("There are too many numbers");
  if (values.trace) {
    const outcome = await simulate(first, console.log);
    console.log(outcome);
    return outcome.faults.length === 0 ? 0 : 1;
  }
  const startMs = Date.now();
  const totals = { connectionCount: 0, cleanCount: 0, messageCount: 0 };
  let faultyCount = 0;
  await simulateMany(first, count, (outcome) => {
    const { seed, faults } = outcome;
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) {
      totals[name] += outcome[name];
    }
    const done = seed - first + 1;
    if (done % PROGRESS_COUNT === 0) {
      console.log(
        `${done} seeds, ${((Date.now() - startMs) / 1000).toFixed(0)} s`,
      );
    }
    if (faults.length === 0) return;
    faultyCount++;
    console.error(`seed ${seed}: ${faults.join("\n  ")}`);
  });
  const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
  console.log(
    `${count} seeds from ${first} on, ${seconds} s: ${totals.connectionCount} connections (${totals.cleanCount} clean on both sides), ${totals.messageCount} messages, ${faultyCount} seeds with faults`,
  );
  return faultyCount === 0 ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, main);
