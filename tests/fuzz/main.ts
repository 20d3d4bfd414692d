/**
 * Fuzzes one target for as long as wanted.
 *
 * Replay one input: `deno task fuzz --target TARGET --seed SEED --from INDEX --count 1`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { defaultSeed } from "./framing_fuzz.ts";
import { fuzzTarget, TARGETS } from "./targets.ts";

/** Inputs of a long run. */
const LONG_COUNT = 2_000_000;

function numberOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`expected a whole number, got "${text}"`);
  }
  return value;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      target: { type: "string", default: "framing" },
      seed: { type: "string" },
      from: { type: "string" },
      count: { type: "string" },
    },
  });
  const target = TARGETS[values.target];
  if (!target) {
    const names = Object.keys(TARGETS).join(", ");
    throw new RangeError(`there is no target "${values.target}": ${names}`);
  }
  const seed = values.seed ?? await defaultSeed();
  const from = numberOf(values.from, 0);
  const count = numberOf(values.count, LONG_COUNT);
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

if (import.meta.main) Deno.exit(await main(Deno.args));
