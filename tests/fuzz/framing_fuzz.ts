/**
 * Differential fuzz test of the framing: the WASM core and the reference get
 * the same random streams and must say the same of them.
 *
 * Replay one stream: `deno task fuzz --seed SEED --from INDEX --count 1`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type CompareOptions, compareStream } from "../reference/trace.ts";
import { Prng } from "./prng.ts";
import { randomStream } from "./random_stream.ts";

/** Streams of a long run. */
const LONG_COUNT = 2_000_000;

/** A stream of which the two say different things. */
export interface Failure {
  index: number;
  difference: string;
}

/** What to compare with the reference, where it is not the core; and by which minor version, where not by both. */
export type FuzzOptions = Pick<CompareOptions, "make" | "minor">;

/** Compares the stream `index` of `seed`; `undefined` where all is the same. */
export function compareIndex(
  seed: string,
  index: number,
  options: FuzzOptions = {},
): string | undefined {
  const prng = new Prng(seed, index);
  const { bytes, cuts, openMax, minor } = randomStream(prng, options.minor);
  try {
    const isPushed = prng.oneIn(2);
    return compareStream(bytes, cuts, { ...options, openMax, minor, isPushed });
  } catch (error) {
    return `${error}`;
  }
}

/** Compares `count` streams from `from` on; gives the first that differs. */
export function fuzz(
  seed: string,
  from: number,
  count: number,
  options: FuzzOptions & { onProgress?: (done: number) => void } = {},
): Failure | undefined {
  for (let index = from; index < from + count; index++) {
    const difference = compareIndex(seed, index, options);
    if (difference) return { index, difference };
    const done = index - from + 1;
    if (done % 100_000 === 0) options.onProgress?.(done);
  }
  return undefined;
}

/** The commit hash, so that each commit gets streams of its own; `lekt` where it is not known. */
export async function defaultSeed(): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["rev-parse", "HEAD"],
      stderr: "null",
    }).output();
    if (success) return new TextDecoder().decode(stdout).trim();
  } catch {
    // No git, or not allowed to run it.
  }
  return "lekt";
}

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
      seed: { type: "string" },
      from: { type: "string" },
      count: { type: "string" },
    },
  });
  const seed = values.seed ?? await defaultSeed();
  const from = numberOf(values.from, 0);
  const count = numberOf(values.count, LONG_COUNT);
  console.log(`seed ${seed}, streams ${from} to ${from + count - 1}`);
  const start = performance.now();
  function onProgress(done: number): void {
    const seconds = (performance.now() - start) / 1000;
    console.log(`${done} streams, ${seconds.toFixed(1)} s`);
  }
  const failure = fuzz(seed, from, count, { onProgress });
  if (failure) {
    console.error(
      `stream ${failure.index} differs: ${failure.difference}\n` +
        `replay: deno task fuzz --seed ${seed} --from ${failure.index} --count 1`,
    );
    return 1;
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(`${count} streams the same, ${seconds.toFixed(1)} s`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
