/**
 * Real programs, many times over: `main.ts [--kills N] [--connections N]
 * [--cycles N] [--seed N] [PART…]`, where the parts are those of
 * {@linkcode PARTS}. Takes an hour.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { openMany } from "./connections.ts";
import { cycleMany } from "./cycles.ts";
import { killMany } from "./kills.ts";

/** How much is done. */
interface Amounts {
  kills: number;
  connections: number;
  cycles: number;
  seed: number;
}

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

const PARTS: Record<string, (amounts: Amounts) => Promise<Findings>> = {
  kills,
  connections,
  cycles,
};

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      kills: { type: "string", default: "500" },
      connections: { type: "string", default: "10000" },
      cycles: { type: "string", default: "200000" },
      seed: { type: "string", default: "1" },
    },
  });
  const amounts: Amounts = {
    kills: Number(values.kills),
    connections: Number(values.connections),
    cycles: Number(values.cycles),
    seed: Number(values.seed),
  };
  let wrongCount = 0;
  for (
    const name of positionals.length > 0 ? positionals : Object.keys(PARTS)
  ) {
    const startMs = performance.now();
    const { done, wrong } = await PARTS[name]!(amounts);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    for (const each of wrong.slice(0, 20)) console.error(each);
    console.log(`${name}: ${done}, ${wrong.length} wrong, ${seconds} s`);
    wrongCount += wrong.length;
  }
  return wrongCount === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
