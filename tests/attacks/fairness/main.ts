/**
 * How an honest peer fares beside accepted ones that flood: the times of its
 * pings and of new connections, alone and beside four flooders, and the same
 * with servers that read and drop all, without lekt: the floor, which this
 * machine and its runtime set, for one that rests in between and for one that
 * works all the time. All in the same run. `deno task test:fairness [SCHEME...] [--flood=NAME]`. Exits with 1 where
 * a time is beyond what SECURITY.md promises.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { formatTable } from "../../bench/measure.ts";
import { oneOf, runTask } from "../../helpers/task.ts";
import { BARE_PROTOCOL } from "./bare.ts";
import { FLOODS } from "./floods.ts";
import {
  type Enter,
  enterBare,
  enterLekt,
  measureTimes,
  type Times,
} from "./honest.ts";

const FLOODER_COUNT = 4;

/** What is promised: the 99th percentile of a ping is at most so many times that alone, and so many milliseconds more. */
const PING_FACTOR = 3;
const PING_EXTRA_MS = 2;

/** And a new connection takes at most so long, in milliseconds. */
const DIAL_MS_MAX = 100;

/** A server that was started, as its clients see it. */
interface Place {
  process: Deno.ChildProcess;
  /** Where flooders go. */
  method: string;
  enter: Enter;
}

/** Starts a server; a new one for each flood, for what the one before has left behind takes seconds to be worked off. */
type Start = () => Promise<Place>;

function run(file: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-net=127.0.0.1",
      "--allow-read",
      "--allow-sys=setPriority",
      "--ignore-env",
      "--unsafely-ignore-certificate-errors=127.0.0.1",
      new URL(file, import.meta.url).href,
      ...args,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

/** The first line that a process writes. */
async function firstLine(process: Deno.ChildProcess): Promise<string> {
  let text = "";
  const stream = process.stdout.pipeThrough(new TextDecoderStream());
  for await (const piece of stream) {
    text += piece;
    if (text.includes("\n")) break;
  }
  return text;
}

async function startLekt(scheme: string): Promise<Place> {
  const process = run("server.ts", [scheme]);
  const { methods: [method], pinnedKey } = JSON.parse(await firstLine(process));
  return { process, method, enter: () => enterLekt(method, pinnedKey) };
}

async function startBare(...args: string[]): Promise<Place> {
  const process = run("bare_server.ts", args);
  const port = Number(await firstLine(process));
  const method = `${BARE_PROTOCOL}//127.0.0.1:${port}`;
  return { process, method, enter: () => enterBare(port) };
}

async function end(process: Deno.ChildProcess): Promise<void> {
  process.kill("SIGKILL");
  await process.status;
}

function quantile(sorted: number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)]!;
}

function shown(ms: number): string {
  return ms.toFixed(2);
}

const HEAD = [
  "flood",
  "ping p50",
  "p99",
  "alone p50",
  "p99",
  "p99 allowed",
  "dial p50",
  "worst",
  "alone",
  "floor p50",
  "p99",
  "alone p99",
  "worst dial",
  "busy floor p50",
  "p99",
  "worst dial",
  "",
];

/** The times alone, and those beside four flooders. */
async function measureBeside(
  start: Start,
  name: string,
): Promise<[alone: Times, beside: Times]> {
  const { process, method, enter } = await start();
  const flooders: Deno.ChildProcess[] = [];
  try {
    const honest = await enter();
    // The first time warms up.
    await measureTimes(enter, honest);
    const alone = await measureTimes(enter, honest);
    const flooder = run("flooder.ts", [method, name, String(FLOODER_COUNT)]);
    flooders.push(flooder);
    await firstLine(flooder);
    return [alone, await measureTimes(enter, honest)];
  } finally {
    await Promise.all([...flooders, process].map(end));
  }
}

/** Measures one kind of flood; returns its row, and whether the promise was kept. */
async function measureFlood(
  scheme: string,
  name: string,
): Promise<[string[], boolean]> {
  const [alone, beside] = await measureBeside(() => startLekt(scheme), name);
  const [floorAlone, floor] = await measureBeside(startBare, name);
  const [, busyFloor] = await measureBeside(() => startBare("busy"), name);
  const p99 = quantile(beside.pings, 0.99);
  const aloneP99 = quantile(alone.pings, 0.99);
  const allowed = PING_FACTOR * aloneP99 + PING_EXTRA_MS;
  const worstDial = beside.dials.at(-1)!;
  const isKept = p99 <= allowed && worstDial <= DIAL_MS_MAX;
  const times = [
    quantile(beside.pings, 0.5),
    p99,
    quantile(alone.pings, 0.5),
    aloneP99,
    allowed,
    quantile(beside.dials, 0.5),
    worstDial,
    quantile(alone.dials, 0.5),
    quantile(floor.pings, 0.5),
    quantile(floor.pings, 0.99),
    quantile(floorAlone.pings, 0.99),
    floor.dials.at(-1)!,
    quantile(busyFloor.pings, 0.5),
    quantile(busyFloor.pings, 0.99),
    busyFloor.dials.at(-1)!,
  ];
  return [
    [`${scheme}: ${name}`, ...times.map(shown), isKept ? "" : "BROKEN"],
    isKept,
  ];
}

/** All kinds that a scheme has, those with a name that begins with `prefix`. */
function floodsOf(scheme: string, prefix: string): string[] {
  const names = Object.keys(FLOODS).filter((name) => name.startsWith(prefix));
  if (!scheme.startsWith("ws")) return names;
  return [...names, ...names.map((name) => `${name}/tiny frames`)];
}

const SCHEMES = ["tcp", "ws", "tls", "wss"];

const USAGE = `deno task test:fairness [--flood NAME] [SCHEME...]
Schemes: ${SCHEMES.join(", ")}
Floods, or how their names begin: ${Object.keys(FLOODS).join(", ")}`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { flood: { type: "string", default: "" } },
  });
  const prefix = values.flood;
  const schemes = positionals.map((text) => oneOf(text, SCHEMES, "scheme"));
  const rows = [HEAD];
  let isKept = true;
  for (const scheme of schemes.length > 0 ? schemes : SCHEMES) {
    for (const name of floodsOf(scheme, prefix)) {
      const [row, isRowKept] = await measureFlood(scheme, name);
      console.error(row.join("  "));
      rows.push(row);
      isKept &&= isRowKept;
    }
  }
  console.log(formatTable(rows));
  return isKept ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, main);
