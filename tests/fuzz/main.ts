/**
 * Fuzzes one target for as long as wanted.
 *
 * Replay one input: `deno task fuzz --target TARGET --seed SEED --from INDEX --count 1`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { oneOf, runTask, wholeNumber } from "../helpers/task.ts";
import { defaultSeed } from "./framing_fuzz.ts";
import { fuzzTarget, TARGETS } from "./targets.ts";

/** Inputs of a long run. */
const LONG_COUNT = 2_000_000;

const NAMES = Object.keys(TARGETS);

const USAGE =
  `deno task fuzz [--target TARGET] [--seed SEED] [--from INDEX] [--count N]
Targets: ${NAMES.join(", ")}`;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      target: { type: "string", default: "framing" },
      seed: { type: "string" },
      from: { type: "string", default: "0" },
      count: { type: "string", default: String(LONG_COUNT) },
    },
  });
  const target = TARGETS[oneOf(values.target, NAMES, "target")]!;
  const seed = values.seed ?? await defaultSeed();
  const from = wholeNumber(values.from, "--from");
  const count = wholeNumber(values.count, "--count");
  console.log(
    `${values.target}, seed ${seed}, inputs ${from} to ${from + count - 1}`,
  );
  const start = performance.now();
  const seconds = (): string => ((performance.now() - start) / 1000).toFixed(1);
  const failure = await fuzzTarget(target, seed, from, count, (done) => {
    console.log(`${done} inputs, ${seconds()} s`);
  });
  if (failure) {
    console.error(
      `input ${failure.index}: ${failure.fault}\n` +
        `replay: deno task fuzz --target ${values.target} --seed ${seed} --from ${failure.index} --count 1`,
    );
    return 1;
  }
  console.log(`${count} inputs without a fault, ${seconds()} s`);
  return 0;
}

if (import.meta.main) await runTask(USAGE, main);
