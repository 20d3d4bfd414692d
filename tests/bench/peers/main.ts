/**
 * Compares lekt with raw Deno TCP and with what people use today, side by side
 * in one run: `deno task bench:peers --help`.
 *
 * @module
 */
import {
  affordableConnections,
  availableVariants,
} from "./harness/available.ts";
import { readCheckout } from "./harness/checkout.ts";
import { describeMachine, type Machine } from "./harness/machine.ts";
import { prepareNode } from "./harness/node_runtime.ts";
import { type Options, readOptions, writeJson } from "./harness/options.ts";
import { createWorkloads } from "./harness/plan.ts";
import { runWorkload } from "./harness/rounds.ts";
import {
  comparisonTable,
  detailTable,
  failures,
  limitLine,
  machineLine,
  type Report,
} from "./harness/table.ts";
import type { Context } from "./harness/workload.ts";

/** The least number of rounds where runs differ by much. */
const PING_PONG_ROUNDS_MIN = 10;

/** Measures what the options ask for. */
export async function comparePeers(
  options: Options,
  machine: Machine,
  onProgress: (line: string) => void,
): Promise<Report> {
  const notes: string[] = [];
  const { commit } = await readCheckout();
  const beside = options.beside === undefined
    ? undefined
    : await readCheckout(options.beside);
  const variants = availableVariants(options, machine, notes, beside);
  const idleCount = affordableConnections(options.idleCount, machine, notes);
  const nodeFolder = await prepareNode(variants);
  const setup = { nodeFolder, profileFolder: options.profileFolder };
  const context: Context = { ...options, idleCount, setup, variants };
  const report: Report = {
    kind: "peers",
    at: new Date().toISOString(),
    rounds: options.rounds,
    seconds: options.seconds,
    commit,
    machine,
    notes,
    workloads: [],
  };
  try {
    for (const workload of createWorkloads(context)) {
      const { only, quick } = options;
      if (only.length > 0 && !only.includes(workload.id)) continue;
      const rounds = workload.id === "ping-pong" && !quick
        ? Math.max(PING_PONG_ROUNDS_MIN, options.rounds)
        : options.rounds;
      report.workloads.push(
        await runWorkload(
          workload,
          rounds,
          (round) => onProgress(`${workload.id}: round ${round} of ${rounds}`),
        ),
      );
    }
  } finally {
    if (nodeFolder) await Deno.remove(nodeFolder, { recursive: true });
  }
  return report;
}

function print(report: Report): void {
  const lines = [
    machineLine(report.machine),
    `lekt at ${report.commit}`,
    `${report.rounds} rounds of ${report.seconds} s, in turn; medians`,
    "",
    ...comparisonTable(report.workloads),
    "",
    limitLine(report.workloads),
    "",
    ...detailTable(report.workloads),
    "",
    ...report.notes,
    ...failures(report.workloads),
  ];
  console.log(lines.join("\n"));
}

if (import.meta.main) {
  const options = readOptions(Deno.args, { rounds: 5, seconds: 1 });
  const report = await comparePeers(
    options,
    await describeMachine(),
    console.error,
  );
  if (options.json) await writeJson(options.json, report);
  if (options.json !== "-") print(report);
}
