/**
 * Runs all attacks, one after the other, against a program with the default
 * limits, and tells for each how much memory it cost, and what honest clients
 * noticed: `main.ts [--seed N] [--seconds N] [--only TEXT] [--crowd N]`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  positiveNumber,
  runTask,
  UsageError,
  wholeNumber,
} from "../helpers/task.ts";
import { TextLineStream } from "./lines.ts";
import type { Target } from "./attack.ts";
import { CATALOGUE } from "./catalogue.ts";
import { type HonestFigures, HonestPair, type Reach } from "./honest_pair.ts";

/** More memory than this, above an idle program, is a failure. */
const GROWTH_MAX_MIB = 400;

const MIB = 1024 * 1024;

const USAGE =
  "deno task test:attacks [--seed N] [--seconds N] [--only TEXT] [--crowd N]";

/** A program that is attacked. */
class Victim implements AsyncDisposable {
  readonly ports: Record<Target, number>;
  readonly pinnedKey: string;
  /** The most memory since it was last set, in bytes. */
  peakRss = 0;
  lastRss = 0;
  isAlive = true;
  #process: Deno.ChildProcess;
  #reading: Promise<void>;

  private constructor(
    process: Deno.ChildProcess,
    lines: ReadableStreamDefaultReader<string>,
    first: { ports: Record<Target, number>; pinnedKey: string },
  ) {
    this.#process = process;
    this.ports = first.ports;
    this.pinnedKey = first.pinnedKey;
    this.#reading = this.#read(lines);
  }

  static async start(): Promise<Victim> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("server.ts", import.meta.url).pathname],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const lines = process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
    const { value } = await lines.read();
    return new Victim(process, lines, JSON.parse(value!));
  }

  reachBy(target: Target): Reach {
    const scheme = target === "directory" ? "tcp" : target;
    const path = scheme === "ws" ? "/lekt" : "";
    return {
      method: `${scheme}://127.0.0.1:${this.ports[scheme]}${path}`,
      pinnedKey: this.pinnedKey,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isAlive) this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#reading;
  }

  async #read(lines: ReadableStreamDefaultReader<string>): Promise<void> {
    for (
      let next = await lines.read();
      !next.done;
      next = await lines.read()
    ) {
      this.lastRss = JSON.parse(next.value).rss;
      this.peakRss = Math.max(this.peakRss, this.lastRss);
    }
    this.isAlive = false;
  }
}

function cells(figures: HonestFigures): string {
  const { pingP50, pingP99, dialP50, dialMax } = figures;
  return [pingP50, pingP99, dialP50, dialMax].map((ms) =>
    ms.toFixed(ms < 10 ? 2 : 0)
  ).join(" | ");
}

/** What an attack is run with. */
interface Settings {
  seed: number;
  milliseconds: number;
  crowd: number;
}

/** Runs one attack; returns its row, and what must not be. */
async function runOne(
  victim: Victim,
  pair: HonestPair,
  attack: typeof CATALOGUE[number],
  { seed, milliseconds, crowd }: Settings,
): Promise<{ row: string; fault?: string }> {
  const before = victim.lastRss;
  victim.peakRss = before;
  const attacker = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL("attacker.ts", import.meta.url).pathname,
      attack.name,
      JSON.stringify(victim.ports),
      String(seed),
      String(milliseconds),
      String(crowd),
    ],
    stderr: "piped",
  }).spawn();
  const over = new AbortController();
  const ended = attacker.output().finally(() => over.abort());
  let honest = "- | - | - | -";
  let fault: string | undefined;
  try {
    const reach = victim.reachBy(attack.target);
    honest = cells(await pair.measure(over.signal, reach));
  } catch (error) {
    fault = `honest clients were not served: ${error}`;
  }
  const { code, stderr } = await ended;
  if (code !== 0) fault ??= new TextDecoder().decode(stderr).trim();
  if (!victim.isAlive) fault = "the program has ended";
  const growth = Math.round((victim.peakRss - before) / MIB);
  if (growth > GROWTH_MAX_MIB) fault ??= `it took ${growth} MiB`;
  const row = `| ${attack.name} | ${growth} | ${honest} |`;
  return { row, ...(fault ? { fault } : {}) };
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string", default: "1" },
      seconds: { type: "string", default: "2" },
      crowd: { type: "string", default: "20" },
      only: { type: "string", default: "" },
    },
  });
  const settings = {
    seed: wholeNumber(values.seed, "--seed"),
    milliseconds: positiveNumber(values.seconds, "--seconds") * 1000,
    crowd: wholeNumber(values.crowd, "--crowd", 1),
  };
  const attacks = CATALOGUE.filter(({ name }) => name.includes(values.only));
  if (attacks.length === 0) {
    throw new UsageError(
      `There is no attack with "${values.only}" in its name`,
    );
  }
  await using victim = await Victim.start();
  await using pair = await HonestPair.open(victim.reachBy("tcp"));
  const alone = AbortSignal.timeout(settings.milliseconds);
  console.log(`seed ${settings.seed}, ${attacks.length} attacks`);
  console.log("| attack | MiB more | ping p50 ms | p99 | dial p50 | longest |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  console.log(`| (none) | 0 | ${cells(await pair.measure(alone))} |`);
  const faults: string[] = [];
  for (const attack of attacks) {
    const { row, fault } = await runOne(victim, pair, attack, settings);
    console.log(row);
    if (fault) faults.push(`${attack.name}: ${fault}`);
    if (!victim.isAlive) break;
  }
  for (const fault of faults) console.error(fault);
  console.log(`${attacks.length} attacks, ${faults.length} with a fault`);
  return faults.length === 0 ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, main);
