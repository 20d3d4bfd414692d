/**
 * Shows how cost grows: with the size of messages, with the number of messages
 * at once, with the number of connections, with the size of parts:
 * `deno task bench:scaling --help`.
 *
 * @module
 */
import { describeMachine, type Machine } from "./harness/machine.ts";
import { prepareNode } from "./harness/node_runtime.ts";
import { type Options, readOptions, writeJson } from "./harness/options.ts";
import {
  affordableConnections,
  availableVariants,
} from "./harness/available.ts";
import { runWorkload } from "./harness/rounds.ts";
import {
  createCurves,
  type Curve,
  curveTable,
  type ScalingReport,
} from "./harness/curves.ts";
import { failures, machineLine } from "./harness/table.ts";
import type { Context } from "./harness/workload.ts";

/** Measures the curves that the options ask for. */
export async function measureScaling(
  options: Options,
  machine: Machine,
  onProgress: (line: string) => void,
): Promise<ScalingReport> {
  const notes: string[] = [];
  const variants = availableVariants(options, machine, notes);
  const idleCount = affordableConnections(options.idleCount, machine, notes);
  const nodeFolder = await prepareNode(variants);
  const setup = { nodeFolder, profileFolder: options.profileFolder };
  const context: Context = { ...options, idleCount, setup, variants };
  const { rounds, seconds } = options;
  const curves: Curve[] = [];
  try {
    for (const plan of createCurves(context)) {
      if (options.only.length > 0 && !options.only.includes(plan.id)) continue;
      const points: Curve["points"] = [];
      for (const { x, workload } of plan.points) {
        const result = await runWorkload(
          workload,
          rounds,
          (round) => onProgress(`${workload.id}: round ${round} of ${rounds}`),
        );
        points.push({ x, result });
      }
      curves.push({ ...plan, points });
    }
  } finally {
    if (nodeFolder) await Deno.remove(nodeFolder, { recursive: true });
  }
  const at = new Date().toISOString();
  return { kind: "scaling", at, rounds, seconds, machine, notes, curves };
}

function print(report: ScalingReport): void {
  console.log(machineLine(report.machine));
  for (const curve of report.curves) {
    console.log(["", curve.title, "", ...curveTable(curve)].join("\n"));
  }
  const results = report.curves.flatMap(({ points }) =>
    points.map(({ result }) => result)
  );
  console.log(["", ...report.notes, ...failures(results)].join("\n"));
}

if (import.meta.main) {
  const options = readOptions(Deno.args, { rounds: 3, seconds: 0.25 });
  const report = await measureScaling(
    options,
    await describeMachine(),
    console.error,
  );
  if (options.json) await writeJson(options.json, report);
  if (options.json !== "-") print(report);
}
