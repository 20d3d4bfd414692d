/**
 * Differential fuzz test of the framing: the WASM core and the reference get
 * the same random streams and must say the same of them.
 *
 * @module
 */
import { type CompareOptions, compareStream } from "../reference/trace.ts";
import { Prng } from "./prng.ts";
import { randomStream } from "./random_stream.ts";

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
