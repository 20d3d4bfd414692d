import { assert, assertEquals } from "@std/assert";
import { barChart } from "../chart/bar_chart.ts";
import { lineChart } from "../chart/line_chart.ts";
import { benchPart, replacePart } from "../chart/page.ts";
import { comparePeers } from "./main.ts";
import type { Machine } from "./harness/machine.ts";
import type { Options } from "./harness/options.ts";
import { readCheckout } from "./harness/checkout.ts";
import { curveTable } from "./harness/curves.ts";
import { comparisonTable } from "./harness/table.ts";
import type { WorkloadResult } from "./harness/workload.ts";
import { measureScaling } from "./scaling.ts";

const OPTIONS: Options = {
  only: [],
  variants: [
    "raw",
    "raw-await",
    "raw-batches",
    "raw-greeted",
    "raw-streamed",
    "hand-kept",
    "hand-lent",
    "lekt",
  ],
  rounds: 1,
  seconds: 0.05,
  quick: true,
  json: undefined,
  memorySize: 1024 * 1024,
  idleCount: 4,
  restSeconds: 0.05,
  profileFolder: undefined,
  beside: undefined,
};

const MACHINE: Machine = {
  cpu: "CPU",
  cores: 2,
  memory: 1,
  system: "system",
  deno: Deno.version.deno,
  v8: Deno.version.v8,
  node: null,
  npm: {},
  openFiles: null,
};

function ignore(): void {}

/** Who measures the limit, by workload. */
const LIMITS: Record<string, string[]> = {
  "64B": ["raw-await", "raw-batches", "hand-kept", "hand-lent"],
  "64MiB": ["raw-await", "hand-kept"],
  "64MiB-streamed": ["raw-streamed", "hand-lent"],
  "ping-pong": ["raw-await", "hand-kept", "hand-lent"],
  "overtake": ["raw-streamed", "hand-lent"],
  "open": ["raw-greeted", "hand-kept"],
  "first": ["hand-kept"],
  "rested": ["hand-lent"],
};

function assertMeasured(result: WorkloadResult): void {
  const ids = ["raw", ...LIMITS[result.id] ?? [], "lekt"];
  assertEquals(result.entries.map(({ id }) => id), ids);
  for (const { id, failure, samples } of result.entries) {
    assertEquals(failure, undefined, `${result.id}, ${id}`);
    assertEquals(samples.length, 1);
    for (const { metric } of result.rows) {
      assert(samples[0]![metric]! >= 0, `${result.id}, ${id}: ${metric}`);
    }
  }
}

Deno.test("comparePeers() measures raw TCP and lekt, and the report shows both", async () => {
  const only = [
    "64B",
    "64MiB",
    "64MiB-streamed",
    "ping-pong",
    "overtake",
    "open",
    "first",
    "rested",
  ];
  const report = await comparePeers({ ...OPTIONS, only }, MACHINE, ignore);
  assertEquals(report.workloads.map(({ id }) => id), only);
  report.workloads.forEach(assertMeasured);
  const table = comparisonTable(report.workloads);
  assert(table.every((line) => line.startsWith("| ") && line.endsWith(" |")));
  assert(barChart(report.workloads).includes("64 B messages, one way"));
  const marks =
    "a\n<!-- bench:peers:start -->\nold\n<!-- bench:peers:end -->\nb\n";
  const readme = replacePart(
    marks,
    "peers",
    benchPart({ peers: report, again: report }, "charts"),
  );
  assert(
    readme.includes(
      "Measured once more in a run of its own, 1 rounds of 0.05 s",
    ),
  );
  assert(readme.includes(table[0]!) && !readme.includes("old"));
});

Deno.test("comparePeers() measures another checkout beside this one, and says which", async () => {
  const { folder, commit } = await readCheckout();
  const report = await comparePeers(
    { ...OPTIONS, only: ["64B"], variants: ["lekt"], beside: folder },
    MACHINE,
    ignore,
  );
  assertEquals(report.commit, commit);
  const [{ entries }] = report.workloads as [WorkloadResult];
  assertEquals(
    entries.map(({ id, title, failure }) => [id, title, failure]),
    [
      ["lekt", "lekt", undefined],
      ["beside", `lekt at ${commit}`, undefined],
      ["beside-batches", `lekt at ${commit}, taken in batches`, undefined],
    ],
  );
  const [head, , line] = comparisonTable(report.workloads);
  assert(head!.includes("of the other checkout"));
  assert(/ × of [\d.,]+ [kM]?\/s/.test(line!), line);
});

Deno.test("measureScaling() measures several messages at once, parts of several sizes, sends that wait, and messages that nobody reads", async () => {
  const report = await measureScaling(
    {
      ...OPTIONS,
      only: ["concurrency", "parts", "pending", "unread"],
      variants: ["lekt"],
    },
    MACHINE,
    ignore,
  );
  assertEquals(report.curves.map(({ id }) => id), [
    "concurrency",
    "parts",
    "pending",
    "unread",
  ]);
  for (const curve of report.curves) {
    for (const { result } of curve.points) {
      assertEquals(result.entries[0]!.failure, undefined);
    }
    assert(lineChart(curve).includes(curve.xTitle));
    assertEquals(curveTable(curve).length, 2 + curve.points.length);
  }
});
