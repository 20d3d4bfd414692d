/**
 * What the gate runs a share of, in full: `main.ts [--depth N] [--step N]
 * [PART…]`, where the parts are those of {@linkcode PARTS}. Takes an hour.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  converse,
  converseInMemory,
  converseWithEach,
  faultsOf,
  VIRTUAL_KINDS,
} from "../faults/every_byte.ts";
import { RealPairs, SCHEMES } from "../faults/real_pairs.ts";
import { comparePairs, compareSingles } from "../fuzz/edge_headers.ts";
import { exhaust } from "../handshake/exhaustive.ts";
import { oneOf, runTask, wholeNumber } from "../helpers/task.ts";

/** Over real sockets so many times fewer bytes get their faults. */
const SOCKET_FACTOR = 7;

/** How far it goes. */
interface Reach {
  /** Inputs of the longest handshakes. */
  depth: number;
  /** Every so many bytes get their faults, and every so many pairs of headers are tried. */
  step: number;
}

/** What a part has found: how much it looked at, and what was wrong. */
interface Findings {
  looked: string;
  wrong: readonly string[];
}

async function everyByteInMemory({ step }: Reach): Promise<Findings> {
  const { sizes } = await converseInMemory();
  const faults = faultsOf(sizes, 0, step, VIRTUAL_KINDS);
  const { count, wrong } = await converseWithEach(faults, converseInMemory);
  return { looked: `${count} faults in memory`, wrong };
}

async function everyByteOverSockets({ step }: Reach): Promise<Findings> {
  const { sizes } = await converseInMemory();
  const all: string[] = [];
  let total = 0;
  for (const scheme of SCHEMES) {
    await using pairs = await RealPairs.listen(scheme);
    const { count, wrong } = await converseWithEach(
      faultsOf(sizes, 0, step * SOCKET_FACTOR),
      async (fault) => await converse(await pairs.open(), fault),
    );
    total += count;
    all.push(...wrong.map((each) => `${scheme}: ${each}`));
    console.log(`${scheme}: ${count} faults, ${wrong.length} wrong`);
  }
  return { looked: `${total} faults over sockets`, wrong: all };
}

function handshakes({ depth }: Reach): Findings {
  const { sequenceCount, runCount, letInCount, steps, faults } = exhaust(depth);
  const looked =
    `${sequenceCount} handshakes (${letInCount} let in) by ${runCount} runs, ${steps.size} steps`;
  return { looked, wrong: faults };
}

function edges({ step }: Reach): Findings {
  const singles = compareSingles();
  const pairs = comparePairs(step);
  return {
    looked: `${singles.count} single headers, ${pairs.count} pairs`,
    wrong: [...singles.differences, ...pairs.differences],
  };
}

const PARTS = {
  handshakes,
  edges,
  memory: everyByteInMemory,
  sockets: everyByteOverSockets,
} satisfies Record<string, (reach: Reach) => Findings | Promise<Findings>>;

const NAMES = Object.keys(PARTS) as (keyof typeof PARTS)[];

const USAGE = `deno task test:exhaustive [--depth N] [--step N] [PART...]
Parts: ${NAMES.join(", ")}`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      depth: { type: "string", default: "5" },
      step: { type: "string", default: "1" },
    },
  });
  const reach = {
    depth: wholeNumber(values.depth, "--depth", 1),
    step: wholeNumber(values.step, "--step", 1),
  };
  const names = positionals.map((text) => oneOf(text, NAMES, "part"));
  let wrongCount = 0;
  for (const name of names.length > 0 ? names : NAMES) {
    const startMs = performance.now();
    const { looked, wrong } = await PARTS[name](reach);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    for (const each of wrong.slice(0, 20)) console.error(each);
    console.log(`${name}: ${looked}, ${wrong.length} wrong, ${seconds} s`);
    wrongCount += wrong.length;
  }
  return wrongCount === 0 ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, main);
