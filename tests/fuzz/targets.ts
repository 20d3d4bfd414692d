/**
 * What is fuzzed, and in what way: one random input after the other, each of
 * which can be made again by itself.
 *
 * @module
 */
import { compareDirectory } from "./directory_fuzz.ts";
import { compareIndex } from "./framing_fuzz.ts";
import { compareMoving } from "./moving_reassembler.ts";
import { Prng } from "./prng.ts";
import { compareSending } from "./sending_fuzz.ts";
import { compareSession } from "./session_fuzz.ts";
import { compareTalk } from "./talk_fuzz.ts";

/** Looks at the input `index` of `seed`; what is wrong with it, if anything. */
export type Target = (
  seed: string,
  index: number,
) => string | undefined | Promise<string | undefined>;

function withPrng(
  compare: (prng: Prng) => ReturnType<Target>,
): Target {
  return (seed, index) => compare(new Prng(seed, index));
}

/** All of them. */
export const TARGETS: Record<string, Target> = {
  framing: compareIndex,
  moving: compareMoving,
  session: withPrng(compareSession),
  sending: withPrng(compareSending),
  talk: withPrng(compareTalk),
  directory: withPrng(compareDirectory),
};

/** An input that shows a fault. */
export interface Failure {
  index: number;
  fault: string;
}

/** Looks at `count` inputs from `from` on; gives the first that shows a fault. */
export async function fuzzTarget(
  target: Target,
  seed: string,
  from: number,
  count: number,
  onProgress?: (done: number) => void,
): Promise<Failure | undefined> {
  for (let index = from; index < from + count; index++) {
    let fault: string | undefined;
    try {
      const answer = target(seed, index);
      fault = answer instanceof Promise ? await answer : answer;
    } catch (error) {
      fault = `${(error as Error).stack ?? error}`;
    }
    if (fault) return { index, fault };
    const done = index - from + 1;
    if (done % 100_000 === 0) onProgress?.(done);
  }
  return undefined;
}
