/**
 * Compares two builds of lekt, or two versions of the protocol, closely: the
 * same two processes hold connections of both, and short slices of one workload
 * go over them in turn, so that whatever else the machine does meets both
 * alike: `deno task bench:pairs --help`. V8 and the scheduler may still settle
 * differently for the two, so there are several rounds, each in fresh
 * processes.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, formatTable } from "../measure.ts";
import type { Contestant, Order, Ratios } from "./protocol.ts";
import { rangeOf } from "./statistics.ts";
import { WORKLOADS } from "./workloads.ts";

const ROUND_COUNT = 5;

/** Pairs of slices of each round that count. */
const PAIR_COUNT = 40;

const HELP =
  `Compares version 1.1 of the protocol with 1.0, or with --beside DIR this
checkout with another one; prints second : first of time and of CPU, as the
median of all rounds and their range.

Options:
  --beside DIR        another checkout, which is the first
  --only ID,...       these workloads only
  --rounds N          rounds, each in two fresh processes (default ${ROUND_COUNT})
  --pairs N           pairs of slices in a round (default ${PAIR_COUNT})
  --seed N            draws who is first in each pair (default: the time)

Workloads: ${WORKLOADS.map(({ id }) => id).join(", ")}`;

function refuse(what: string): never {
  console.error(`${what}\n${HELP}`);
  Deno.exit(2);
}

/** What the command line asks for. */
interface Options {
  contestants: Contestant[];
  ids: string[];
  roundCount: number;
  pairCount: number;
  seed: number;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        beside: { type: "string" },
        only: { type: "string" },
        rounds: { type: "string" },
        pairs: { type: "string" },
        seed: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    refuse((error as Error).message);
  }
}

function countOf(
  text: string | undefined,
  otherwise: number,
  name: string,
): number {
  const count = Number(text ?? otherwise);
  if (Number.isInteger(count) && count > 0) return count;
  refuse(`Cannot read ${name} "${text}": expected a positive integer`);
}

function readOptions(args: string[]): Options {
  const { beside, only, rounds, pairs, seed, help } = parse(args);
  if (help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const all = WORKLOADS.map(({ id }) => id);
  const ids = only?.split(",") ?? all;
  const unknown = ids.find((id) => !all.includes(id));
  if (unknown !== undefined) refuse(`There is no workload "${unknown}"`);
  return {
    contestants: contestantsOf(beside),
    ids,
    roundCount: countOf(rounds, ROUND_COUNT, "--rounds"),
    pairCount: countOf(pairs, PAIR_COUNT, "--pairs"),
    seed: countOf(seed, Date.now() % 1_000_000 + 1, "--seed"),
  };
}

function contestantsOf(beside: string | undefined): Contestant[] {
  const module = new URL("../../../mod.ts", import.meta.url).href;
  if (beside === undefined) {
    return [
      { name: "1.0", module, minor: 0 },
      { name: "1.1", module, minor: 1 },
    ];
  }
  const other = pathToFileURL(Deno.realPathSync(`${beside}/mod.ts`)).href;
  return [
    { name: "other checkout", module: other },
    { name: "this one", module },
  ];
}

/** One round of one workload, in two processes of its own. */
async function runRound(order: Order): Promise<Ratios> {
  const script = new URL("sender.ts", import.meta.url).href;
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, JSON.stringify(order)],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot compare ${order.id}: see above`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function measureRow(
  { contestants, roundCount, pairCount, seed }: Options,
  id: string,
): Promise<string[]> {
  const rounds: Ratios[] = [];
  for (let round = 0; round < roundCount; round++) {
    // Who is loaded first, and has the first slice, changes from round to round.
    const isReversed = round % 2 !== 0;
    rounds.push(
      await runRound({
        contestants,
        id,
        pairCount,
        seed: seed + round,
        isReversed,
      }),
    );
  }
  return [
    id,
    rangeOf(rounds.map(({ wall }) => wall)),
    rangeOf(rounds.map(({ sender }) => sender)),
    rangeOf(rounds.map(({ receiver }) => receiver)),
  ];
}

if (import.meta.main) {
  const options = readOptions(Deno.args);
  const { contestants, ids, roundCount, pairCount, seed } = options;
  const { cpu, cores, os, deno } = describeMachine();
  console.log(`${cpu}, ${cores} cores, ${os}; Deno ${deno}`);
  console.log(
    `Medians of ${roundCount} rounds of ${pairCount} pairs of slices, and the range of the rounds; seed ${seed}`,
  );
  const name = `${contestants[1]!.name} : ${contestants[0]!.name}`;
  const rows = [[name, "time", "CPU of the sender", "CPU of the receiver"]];
  for (const id of ids) rows.push(await measureRow(options, id));
  console.log(formatTable(rows));
}
