/**
 * What the gate runs a share of, in full: `main.ts [PART…]`, where the parts
 * are those of {@linkcode PARTS}. Takes an hour.
 *
 * @module
 */
import {
  converse,
  converseInMemory,
  converseWithEach,
  faultsOf,
} from "../faults/every_byte.ts";
import { RealPairs, SCHEMES } from "../faults/real_pairs.ts";
import { comparePairs, compareSingles } from "../fuzz/edge_headers.ts";
import { exhaust } from "../handshake/exhaustive.ts";

/** Inputs of the longest handshakes. */
const HANDSHAKE_DEPTH = 5;

/** Over real sockets every so many bytes. */
const SOCKET_STEP = 7;

/** What a part has found: how much it looked at, and what was wrong. */
interface Findings {
  looked: string;
  wrong: readonly string[];
}

async function everyByteInMemory(): Promise<Findings> {
  const { sizes } = await converseInMemory();
  const faults = faultsOf(sizes, 0, 1);
  const { count, wrong } = await converseWithEach(faults, converseInMemory);
  return { looked: `${count} faults in memory`, wrong };
}

async function everyByteOverSockets(): Promise<Findings> {
  const { sizes } = await converseInMemory();
  const all: string[] = [];
  let total = 0;
  for (const scheme of SCHEMES) {
    await using pairs = await RealPairs.listen(scheme);
    const { count, wrong } = await converseWithEach(
      faultsOf(sizes, 0, SOCKET_STEP),
      async (fault) => await converse(await pairs.open(), fault),
    );
    total += count;
    all.push(...wrong.map((each) => `${scheme}: ${each}`));
    console.log(`${scheme}: ${count} faults, ${wrong.length} wrong`);
  }
  return { looked: `${total} faults over sockets`, wrong: all };
}

function handshakes(): Findings {
  const { sequenceCount, letInCount, steps, faults } = exhaust(HANDSHAKE_DEPTH);
  const looked =
    `${sequenceCount} handshakes (${letInCount} let in), ${steps.size} steps`;
  return { looked, wrong: faults };
}

function edges(): Findings {
  const singles = compareSingles();
  const pairs = comparePairs();
  return {
    looked: `${singles.count} single headers, ${pairs.count} pairs`,
    wrong: [...singles.differences, ...pairs.differences],
  };
}

const PARTS: Record<string, () => Findings | Promise<Findings>> = {
  handshakes,
  edges,
  memory: everyByteInMemory,
  sockets: everyByteOverSockets,
};

async function main(args: string[]): Promise<number> {
  let wrongCount = 0;
  for (const name of args.length > 0 ? args : Object.keys(PARTS)) {
    const startMs = performance.now();
    const { looked, wrong } = await PARTS[name]!();
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    for (const each of wrong.slice(0, 20)) console.error(each);
    console.log(`${name}: ${looked}, ${wrong.length} wrong, ${seconds} s`);
    wrongCount += wrong.length;
  }
  return wrongCount === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
