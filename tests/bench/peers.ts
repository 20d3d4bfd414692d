/**
 * Compares lekt with raw Deno TCP and with what people use today, side by side
 * in one run: `deno task bench:peers --help`.
 *
 * @module
 */
import { describeMachine, openFilesMax } from "./peers/harness/machine.ts";
import { prepareNode } from "./peers/harness/node_runtime.ts";
import { type Options, readOptions } from "./peers/harness/options.ts";
import { createWorkloads } from "./peers/harness/plan.ts";
import { runWorkload } from "./peers/harness/rounds.ts";
import {
  comparisonTable,
  detailTable,
  failures,
  machineLine,
  type Report,
} from "./peers/harness/table.ts";
import { type Variant, VARIANTS } from "./peers/harness/variants.ts";
import type { Context } from "./peers/harness/workload.ts";

/** The least number of rounds where runs differ by much. */
const PING_PONG_ROUNDS_MIN = 10;
/** Files that a process has open beside its connections. */
const OTHER_FILES = 200;

/** Measures what the options ask for. */
export async function comparePeers(options: Options): Promise<Report> {
  const machine = await describeMachine();
  const notes: string[] = [];
  const variants = chooseVariants(options, machine.node !== null, notes);
  const idleCount = await affordable(options.idleCount, notes);
  const packages = variants.flatMap((variant) =>
    variant.runtime === "node" ? variant.packages : []
  );
  const nodeFolder = packages.length === 0
    ? undefined
    : await prepareNode(packages);
  const context: Context = { ...options, idleCount, nodeFolder, variants };
  const report: Report = {
    kind: "peers",
    at: new Date().toISOString(),
    rounds: options.rounds,
    seconds: options.seconds,
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
          (round) =>
            console.error(`${workload.id}: round ${round} of ${rounds}`),
        ),
      );
    }
  } finally {
    if (nodeFolder) await Deno.remove(nodeFolder, { recursive: true });
  }
  return report;
}

function chooseVariants(
  options: Options,
  hasNode: boolean,
  notes: string[],
): Variant[] {
  const wanted = VARIANTS.filter(({ id }) =>
    options.variants.length === 0 || options.variants.includes(id)
  );
  if (hasNode) return wanted;
  const skipped = wanted.filter(({ runtime }) => runtime === "node");
  if (skipped.length > 0) {
    const titles = skipped.map(({ title }) => title).join(", ");
    notes.push(`Node is not installed; left out: ${titles}`);
  }
  return wanted.filter(({ runtime }) => runtime !== "node");
}

async function affordable(count: number, notes: string[]): Promise<number> {
  const max = await openFilesMax() ?? count + OTHER_FILES;
  const affordable = Math.min(count, max - OTHER_FILES);
  if (affordable < count) {
    notes.push(
      `${affordable} idle connections instead of ${count}: a process may have ${max} files open (ulimit -Hn)`,
    );
  }
  return affordable;
}

function print(report: Report): void {
  const lines = [
    machineLine(report.machine),
    `${report.rounds} rounds of ${report.seconds} s, in turn; medians`,
    "",
    ...comparisonTable(report.workloads),
    "",
    ...detailTable(report.workloads),
    "",
    ...report.notes,
    ...failures(report.workloads),
  ];
  console.log(lines.join("\n"));
}

if (import.meta.main) {
  const options = readOptions(Deno.args);
  const report = await comparePeers(options);
  const json = JSON.stringify(report, null, 1) + "\n";
  if (options.json === "-") {
    await Deno.stdout.write(new TextEncoder().encode(json));
  } else {
    if (options.json) await Deno.writeTextFile(options.json, json);
    print(report);
  }
}
