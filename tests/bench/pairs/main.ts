/**
 * Compares two builds of lekt, or two versions of the protocol, so closely
 * that a hundredth shows: the same two processes hold connections of both, and
 * short slices of one workload go over them in turn, so that whatever else the
 * machine does meets both alike: `deno task bench:pairs --help`.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, formatTable } from "../measure.ts";
import type { Contestant } from "./protocol.ts";
import { intervalOf } from "./statistics.ts";
import { dial, type Dialled, type Slice, WORKLOADS } from "./workloads.ts";

/** Pairs of slices that count. */
const PAIR_COUNT = 200;

/** For so many of them there is one before, in which V8 compiles. */
const PAIRS_PER_WARM_UP = 5;

const HELP =
  `Compares version 1.1 of the protocol with 1.0, or with --beside DIR this
checkout with another one; prints second : first of time and of CPU.

Options:
  --beside DIR        another checkout, which is the first
  --only ID,...       these workloads only
  --pairs N           pairs of slices (default ${PAIR_COUNT})

Workloads: ${WORKLOADS.map(({ id }) => id).join(", ")}`;

function refuse(what: string): never {
  console.error(`${what}\n${HELP}`);
  Deno.exit(2);
}

/** What the command line asks for. */
interface Options {
  contestants: Contestant[];
  only: string[];
  pairCount: number;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        beside: { type: "string" },
        only: { type: "string" },
        pairs: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    refuse((error as Error).message);
  }
}

function readOptions(args: string[]): Options {
  const { beside, only, pairs, help } = parse(args);
  if (help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const ids = only?.split(",") ?? [];
  const unknown = ids.find((id) => !WORKLOADS.some((one) => one.id === id));
  if (unknown !== undefined) refuse(`There is no workload "${unknown}"`);
  const pairCount = Number(pairs ?? PAIR_COUNT);
  if (!(pairCount >= 1)) refuse("Cannot compare: --pairs is at least 1");
  return { contestants: contestantsOf(beside), only: ids, pairCount };
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

async function startReceiver(
  contestants: readonly Contestant[],
): Promise<{ process: Deno.ChildProcess; methods: string[] }> {
  const script = new URL("receiver.ts", import.meta.url).href;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, JSON.stringify(contestants)],
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (
    const piece of process.stdout.pipeThrough(new TextDecoderStream())
  ) {
    text += piece;
    if (text.endsWith("\n")) break;
  }
  return { process, methods: JSON.parse(text) };
}

/** Second : first, pair by pair; who is first changes from pair to pair. */
async function compare(
  runs: readonly (() => Promise<Slice>)[],
  pairCount: number,
): Promise<Slice[]> {
  const ratios: Slice[] = [];
  const warmUpCount = Math.ceil(pairCount / PAIRS_PER_WARM_UP);
  for (let pair = -warmUpCount; pair < pairCount; pair++) {
    const slices: Slice[] = [];
    for (const index of pair % 2 === 0 ? [0, 1] : [1, 0]) {
      slices[index] = await runs[index]!();
    }
    if (pair < 0) continue;
    const [first, second] = slices as [Slice, Slice];
    ratios.push({
      wallMs: second.wallMs / first.wallMs,
      cpuMs: second.cpuMs / first.cpuMs,
    });
  }
  return ratios;
}

async function measureAll(
  { contestants, only, pairCount }: Options,
  methods: readonly string[],
): Promise<string[][]> {
  const [first, second] = contestants as [Contestant, Contestant];
  const rows = [[`${second.name} : ${first.name}`, "time", "CPU of both"]];
  for (const { id, kind, runOver } of WORKLOADS) {
    if (only.length > 0 && !only.includes(id)) continue;
    const dialled: Dialled[] = [];
    for (const [index, contestant] of contestants.entries()) {
      dialled.push(await dial(contestant, methods[index]!, kind));
    }
    const ratios = await compare(dialled.map(runOver), pairCount);
    for (const { connection } of dialled) await connection.close();
    rows.push([
      id,
      intervalOf(ratios.map(({ wallMs }) => wallMs)),
      intervalOf(ratios.map(({ cpuMs }) => cpuMs)),
    ]);
  }
  return rows;
}

if (import.meta.main) {
  const options = readOptions(Deno.args);
  const { process, methods } = await startReceiver(options.contestants);
  try {
    const { cpu, cores, os, deno } = describeMachine();
    console.log(`${cpu}, ${cores} cores, ${os}; Deno ${deno}`);
    console.log(
      `Medians of ${options.pairCount} pairs of slices, and their 95 % intervals`,
    );
    console.log(formatTable(await measureAll(options, methods)));
  } finally {
    process.kill();
    await process.status;
  }
}
