/**
 * The comparison as a Markdown table, for the terminal and for `tests/bench/README.md`.
 *
 * @module
 */
import type { Machine } from "./machine.ts";
import {
  type Figure,
  type Line,
  type RowSummary,
  summarize,
} from "./summary.ts";
import type { Goal, Row, Unit, WorkloadResult } from "./workload.ts";

/** Everything that a run of `bench:peers` found. */
export interface Report {
  kind: "peers";
  at: string;
  rounds: number;
  seconds: number;
  /** The commit that was measured. */
  commit: string;
  machine: Machine;
  notes: string[];
  workloads: WorkloadResult[];
}

/** A figure as people read it. */
export function format(value: number, unit: Unit): string {
  switch (unit) {
    case "messages/s":
      if (value >= 1e6) return `${digits(value / 1e6)} M/s`;
      return value >= 1e3
        ? `${digits(value / 1e3)} k/s`
        : `${digits(value)} /s`;
    case "bytes/s":
      return value >= 1e8
        ? `${digits(value / 1e9)} GB/s`
        : `${digits(value / 1e6)} MB/s`;
    case "ms":
      return value < 1 ? `${digits(value * 1000)} µs` : `${digits(value)} ms`;
    case "bytes":
      return Math.abs(value) < 1024 ** 2
        ? `${digits(value / 1024)} KiB`
        : `${digits(value / 1024 ** 2)} MiB`;
    case "times":
      return `${digits(value)} ×`;
    case "connections/s":
      return `${Math.round(value).toLocaleString("en")} /s`;
  }
}

function digits(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en")
    : value.toPrecision(Math.abs(value) < 1 ? 2 : 3);
}

/** The comparison: one line each, medians, ratios within the run. */
export function comparisonTable(
  workloads: readonly WorkloadResult[],
): string[] {
  const lines = workloads.flatMap(summarize).flatMap((summary) =>
    summary.lines.map((line) => comparisonLine(summary, line))
  );
  const columns = Object.keys(lines[0] ?? {}).filter((title) =>
    title !== BESIDE_TITLE || lines.some((line) => line[title] !== "–")
  );
  return markdown(
    columns,
    lines.map((line) => columns.map((title) => line[title]!)),
  );
}

/** The column that is there only where another checkout was measured. */
const BESIDE_TITLE = "of the other checkout";

function comparisonLine(
  summary: RowSummary,
  line: Line,
): Record<string, string> {
  const { row, raw, best, limit } = summary;
  const { lekt, beside } = line;
  return {
    "workload": lineTitle(summary, line),
    "raw Deno TCP": cell(raw, row.unit),
    "best alternative": best === undefined
      ? "–"
      : `${cell(best, row.unit)} ${best.title}`,
    "lekt": cell(lekt, row.unit),
    "of raw": ratio(lekt, raw),
    "of the best": ratio(lekt, best),
    "of the limit": limit === undefined
      ? "–"
      : `${ratio(lekt, limit)} of ${cell(limit, row.unit)} ${limit.title}`,
    [BESIDE_TITLE]: ratioOf(lekt, beside, row.unit),
    "goal":
      line.outcomes.map(({ goal, reached }) =>
        `${describeGoal(goal, row)}: ${verdict(reached)}`
      ).join("; ") || "–",
  };
}

/** What a line of the comparison is about. */
export function lineTitle({ row }: RowSummary, { kind }: Line): string {
  return kind === "lekt" ? row.title : `${row.title}, taken in batches`;
}

/** Says whom the column of limits is about; empty where nobody was measured. */
export function limitLine(workloads: readonly WorkloadResult[]): string {
  const titles = workloads.flatMap(summarize)
    .flatMap(({ limit }) => limit === undefined ? [] : [`“${limit.title}”`]);
  return titles.length === 0
    ? ""
    : `The limit is the best of all that go over bare TCP without a library (of the codecs: a memcpy), whether they know no messages, do for the application what lekt does, or write lekt’s wire by hand; they check and limit nothing: ${
      [...new Set(titles)].join(", ")
    }.`;
}

function verdict(reached: number | undefined): string {
  if (reached === undefined) return "not measured";
  return reached >= 1 ? "reached" : `**${rounded(reached)} of it**`;
}

/** A goal as people read it. */
export function describeGoal(goal: Goal, { better, unit }: Row): string {
  const sign = better === "higher" ? "≥" : "≤";
  switch (goal.against) {
    case "nothing":
      return `${sign} ${format(goal.value, unit)}`;
    case "raw plus":
      return `${sign} raw + ${format(goal.value, unit)}`;
    case "raw":
      return `${sign} ${goal.value} × raw`;
    case "hand-written":
      return `${sign} ${goal.value} × by hand`;
    case "beside":
      return `${sign} ${goal.value} × the other checkout`;
    case "best alternative":
      return `${sign} ${goal.value} × the best`;
  }
}

function cell(figure: Figure | undefined, unit: Unit): string {
  return figure === undefined ? "–" : format(figure.median, unit);
}

function ratio(ours: Figure | undefined, other: Figure | undefined): string {
  return ours === undefined || other === undefined || other.median <= 0
    ? "–"
    : `${rounded(ours.median / other.median)} ×`;
}

/** The ratio, and of what. */
function ratioOf(
  ours: Figure | undefined,
  other: Figure | undefined,
  unit: Unit,
): string {
  return other === undefined
    ? "–"
    : `${ratio(ours, other)} of ${cell(other, unit)}`;
}

/** A ratio as people read it. */
export function rounded(ratio: number): string {
  return Math.abs(ratio) >= 10
    ? Math.round(ratio).toLocaleString("en")
    : ratio.toPrecision(2);
}

/** Every contestant's median and spread. */
export function detailTable(workloads: readonly WorkloadResult[]): string[] {
  const lines = workloads.flatMap(summarize).flatMap(({ row, figures }) =>
    figures.map((figure) => [
      row.title,
      figure.title,
      format(figure.median, row.unit),
      `± ${Math.round(figure.spread * 50)} %`,
      String(figure.rounds),
    ])
  );
  return markdown(
    ["workload", "who", "median", "half of the middle's width", "rounds"],
    lines,
  );
}

/** Who could not be measured, and why. */
export function failures(workloads: readonly WorkloadResult[]): string[] {
  return workloads.flatMap(({ id, entries }) =>
    entries.flatMap(({ title, failure }) =>
      failure === undefined
        ? []
        : [`${id}, ${title}: ${failure.replaceAll(/\s+/g, " ")}`]
    )
  );
}

/** One line about the machine and the versions. */
export function machineLine(machine: Machine): string {
  const npm = Object.entries(machine.npm)
    .filter(([name]) => SHOWN_PACKAGES.includes(name))
    .map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.cores} × ${machine.cpu}`,
    machine.system,
    `Deno ${machine.deno}`,
    machine.node === null ? "no Node" : `Node ${machine.node}`,
    ...npm,
  ].join(", ");
}

const SHOWN_PACKAGES = [
  "ws",
  "bufferutil",
  "libp2p",
  "protomux",
  "zeromq",
  "it-length-prefixed",
];

/** A Markdown table whose columns line up in a terminal, too. */
export function markdown(
  head: readonly string[],
  lines: readonly (readonly string[])[],
): string[] {
  const widths = head.map((title, i) =>
    Math.max(3, title.length, ...lines.map((line) => line[i]!.length))
  );
  const render = (cells: readonly string[]) =>
    `| ${cells.map((text, i) => text.padEnd(widths[i]!)).join(" | ")} |`;
  return [
    render(head),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...lines.map(render),
  ];
}
