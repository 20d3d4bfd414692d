/**
 * Real programs and sockets, many times over: `main.ts [--kills N]
 * [--connections N] [--cycles N] [--minutes N] [--seed N] [PART…]`, where the
 * parts are those of {@linkcode PARTS}. Takes an hour, and the soak two.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { openMany } from "./connections.ts";
import { cycleMany } from "./cycles.ts";
import {
  oneOf,
  positiveNumber,
  runTask,
  wholeNumber,
} from "../helpers/task.ts";
import { killMany } from "./kills.ts";
import { soak } from "./soak.ts";

/** How much is done. */
interface Amounts {
  kills: number;
  connections: number;
  cycles: number;
  minutes: number;
  seed: number;
}

const MINUTE_MS = 60_000;

/** More than this between the second look and the last one is a leak, in bytes for each cycle. */
const GROWTH_MAX = 16;

/** What a connection with a begun message may cost on either side, in KiB. */
const CONNECTION_MAX_KIB = 64;

/** What a part has done, and what was wrong. */
interface Findings {
  done: string;
  wrong: string[];
}

async function kills({ kills, seed }: Amounts): Promise<Findings> {
  const { messageCount, wrong } = await killMany(kills, seed);
  return { done: `${kills} kills, ${messageCount} messages`, wrong };
}

async function connections({ connections }: Amounts): Promise<Findings> {
  const { acceptorKib, openerKib, throughCount } = await openMany(connections);
  const done =
    `${connections} connections with a begun message each, ${acceptorKib} KiB each where they are accepted, ${openerKib} KiB where they are opened, ${throughCount} messages beside`;
  const isLarge = Math.max(acceptorKib, openerKib) > CONNECTION_MAX_KIB;
  return {
    done,
    wrong: isLarge ? [`more than ${CONNECTION_MAX_KIB} KiB each`] : [],
  };
}

async function cycles({ cycles }: Amounts): Promise<Findings> {
  const sizes = await cycleMany(cycles);
  const [, second, ...others] = sizes;
  const growth = (others.at(-1)! - second!) / cycles;
  const mib = sizes.map((size) => (size / 1024 / 1024).toFixed(1));
  return {
    done: `${cycles} cycles, MiB of heap: ${mib.join(" ")}`,
    wrong: growth > GROWTH_MAX ? [`${growth.toFixed(0)} bytes each`] : [],
  };
}

async function soakLong({ minutes, seed }: Amounts): Promise<Findings> {
  let minute = 0;
  const { counts, wrong } = await soak(
    minutes * MINUTE_MS,
    MINUTE_MS,
    seed,
    ({ heapSize, descriptorCount, timerCount }, counts) => {
      const { conversations, withFault, messages } = counts;
      const mib = (heapSize / 1024 / 1024).toFixed(1);
      console.log(
        `minute ${++minute}: ${conversations} conversations (${withFault} with a fault), ${messages} messages; ${mib} MiB of heap, ${descriptorCount} descriptors, ${timerCount} timers`,
      );
    },
  );
  const { conversations, withFault, messages } = counts;
  return {
    done:
      `${conversations} conversations in ${minutes} minutes, ${withFault} with a fault, ${messages} messages`,
    wrong,
  };
}

const PARTS = {
  kills,
  connections,
  cycles,
  soak: soakLong,
} satisfies Record<string, (amounts: Amounts) => Promise<Findings>>;

const NAMES = Object.keys(PARTS) as (keyof typeof PARTS)[];

const USAGE =
  `deno task test:processes [--kills N] [--connections N] [--cycles N] [--minutes N] [--seed N] [PART...]
Parts: ${NAMES.join(", ")}`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      kills: { type: "string", default: "500" },
      connections: { type: "string", default: "10000" },
      cycles: { type: "string", default: "200000" },
      minutes: { type: "string", default: "120" },
      seed: { type: "string", default: "1" },
    },
  });
  const amounts: Amounts = {
    kills: wholeNumber(values.kills, "--kills", 1),
    connections: wholeNumber(values.connections, "--connections", 1),
    cycles: wholeNumber(values.cycles, "--cycles", 1),
    minutes: positiveNumber(values.minutes, "--minutes"),
    seed: wholeNumber(values.seed, "--seed", 1),
  };
  const names = positionals.map((text) => oneOf(text, NAMES, "part"));
  let wrongCount = 0;
  for (const name of names.length > 0 ? names : NAMES) {
    const startMs = performance.now();
    const { done, wrong } = await PARTS[name](amounts);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    for (const each of wrong.slice(0, 20)) console.error(each);
    console.log(`${name}: ${done}, ${wrong.length} wrong, ${seconds} s`);
    wrongCount += wrong.length;
  }
  return wrongCount === 0 ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, main);
