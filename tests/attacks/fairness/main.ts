/**
 * How an honest peer fares beside accepted ones that flood: the times of its
 * pings and of new connections, alone and beside four flooders, in the same
 * run. `deno task test:fairness [SCHEME...] [--flood=NAME]`. Exits with 1 where
 * a time is beyond what SECURITY.md promises.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { connect, type Connection } from "../../../mod.ts";
import { formatTable } from "../../bench/measure.ts";
import { oneOf, runTask } from "../../helpers/task.ts";
import { FLOODS } from "./floods.ts";

const FLOODER_COUNT = 4;

/** Pings and connections are measured for so long each, in milliseconds. */
const PING_MS = 2_000;
const DIAL_COUNT = 20;

/** What is promised: the 99th percentile of a ping is at most so many times that alone, and so many milliseconds more. */
const PING_FACTOR = 3;
const PING_EXTRA_MS = 2;

/** And a new connection takes at most so long, in milliseconds. */
const DIAL_MS_MAX = 100;

interface Server {
  process: Deno.ChildProcess;
  methods: string[];
  pinnedKey: string;
}

/** Times in milliseconds, ascending. */
interface Times {
  pings: number[];
  dials: number[];
}

function run(file: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-net=127.0.0.1",
      "--allow-read",
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

async function startServer(schemes: string[]): Promise<Server> {
  const process = run("server.ts", schemes);
  return { process, ...JSON.parse(await firstLine(process)) };
}

async function end(process: Deno.ChildProcess): Promise<void> {
  process.kill("SIGKILL");
  await process.status;
}

function enter(server: Server, method: string): Promise<Connection> {
  return connect(method, {
    nickname: "honest",
    tls: { pinnedKey: server.pinnedKey },
    limits: { dialTimeoutMs: 60_000, handshakeTimeoutMs: 60_000 },
  });
}

async function ping(connection: Connection): Promise<number> {
  const startMs = performance.now();
  await connection.send("ping");
  await (await connection.receive())!.text();
  return performance.now() - startMs;
}

/** Pings on `connection`, and connects anew some times. */
async function measure(
  server: Server,
  method: string,
  connection: Connection,
): Promise<Times> {
  const times: Times = { pings: [], dials: [] };
  const endMs = performance.now() + PING_MS;
  while (performance.now() < endMs) times.pings.push(await ping(connection));
  for (let count = 0; count < DIAL_COUNT; count++) {
    const startMs = performance.now();
    const another = await enter(server, method);
    await ping(another);
    times.dials.push(performance.now() - startMs);
    await another.close();
  }
  times.pings.sort((a, b) => a - b);
  times.dials.sort((a, b) => a - b);
  return times;
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
  "",
];

/** Measures one kind of flood; returns its row, and whether the promise was kept. */
async function measureFlood(
  server: Server,
  method: string,
  name: string,
): Promise<[string[], boolean]> {
  const connection = await enter(server, method);
  await measure(server, method, connection);
  const alone = await measure(server, method, connection);
  const flooder = run("flooder.ts", [method, name, String(FLOODER_COUNT)]);
  try {
    await firstLine(flooder);
    const beside = await measure(server, method, connection);
    const p99 = quantile(beside.pings, 0.99);
    const aloneP99 = quantile(alone.pings, 0.99);
    const allowed = PING_FACTOR * aloneP99 + PING_EXTRA_MS;
    const worstDial = beside.dials.at(-1)!;
    const isKept = p99 <= allowed && worstDial <= DIAL_MS_MAX;
    return [[
      `${new URL(method).protocol} ${name}`,
      shown(quantile(beside.pings, 0.5)),
      shown(p99),
      shown(quantile(alone.pings, 0.5)),
      shown(aloneP99),
      shown(allowed),
      shown(quantile(beside.dials, 0.5)),
      shown(worstDial),
      shown(quantile(alone.dials, 0.5)),
      isKept ? "" : "BROKEN",
    ], isKept];
  } finally {
    await end(flooder);
    connection.abort();
  }
}

/** All kinds that a method has, those with a name that begins with `prefix`. */
function floodsOf(method: string, prefix: string): string[] {
  const names = Object.keys(FLOODS).filter((name) => name.startsWith(prefix));
  if (!method.startsWith("ws")) return names;
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
  const server = await startServer(schemes.length > 0 ? schemes : SCHEMES);
  for (const method of server.methods) {
    for (const name of floodsOf(method, prefix)) {
      const [row, isRowKept] = await measureFlood(server, method, name);
      console.error(row.join("  "));
      rows.push(row);
      isKept &&= isRowKept;
    }
  }
  await end(server.process);
  console.log(formatTable(rows));
  return isKept ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, main);
