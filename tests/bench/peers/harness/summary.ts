/**
 * From samples to what a table says: medians, spread, ratios, goals.
 *
 * @module
 */
import { median, spread } from "./statistics.ts";
import type { Entry, Goal, Row, WorkloadResult } from "./workload.ts";

/** One figure of one contestant. */
export interface Figure {
  id: string;
  title: string;
  kind: Entry["kind"];
  median: number;
  /** Distance between the quarter points, as a fraction of the median. */
  spread: number;
  rounds: number;
}

/** A goal, and how far lekt came: from 1 on it is reached. */
export interface Outcome {
  goal: Goal;
  /** `undefined` where there is nothing to compare. */
  reached: number | undefined;
}

/** One row of a workload, worked out. */
export interface RowSummary {
  row: Row;
  raw: Figure | undefined;
  /** The best of all alternatives, in whichever direction. */
  best: Figure | undefined;
  /** The best of those who write our wire by hand. */
  handWritten: Figure | undefined;
  /** The best of all over bare TCP, by hand or without our wire: nobody does better here. */
  limit: Figure | undefined;
  /** Everybody, the best first. */
  figures: Figure[];
  /** One line for each way of using lekt; the usual one is always there. */
  lines: Line[];
}

/** One way of using lekt. */
export interface Line {
  kind: Way;
  lekt: Figure | undefined;
  /** What another checkout reaches in the same way. */
  beside: Figure | undefined;
  outcomes: Outcome[];
}

type Way = "lekt" | "lekt batches";
const WAYS: readonly Way[] = ["lekt", "lekt batches"];
const BESIDE = { "lekt": "beside", "lekt batches": "beside batches" } as const;
const LIMITS: readonly Entry["kind"][] = [
  "raw",
  "limit",
  "batches limit",
  "hand-written",
];

/** Works all lines of a workload out. */
export function summarize(result: WorkloadResult): RowSummary[] {
  return result.rows.map((row) => summarizeRow(row, result.entries));
}

function summarizeRow(row: Row, entries: readonly Entry[]): RowSummary {
  const figures = entries.flatMap((entry) => figureOf(row, entry) ?? []);
  const sign = row.better === "higher" ? -1 : 1;
  figures.sort((a, b) => (a.median - b.median) * sign);
  const byKind = (kind: Entry["kind"]) =>
    figures.find((figure) => figure.kind === kind);
  const summary: RowSummary = {
    row,
    raw: byKind("raw"),
    best: byKind("alternative"),
    handWritten: byKind("hand-written"),
    limit: figures.find(({ kind }) => LIMITS.includes(kind)),
    figures,
    lines: [],
  };
  for (const kind of WAYS) {
    const lekt = byKind(kind);
    const beside = byKind(BESIDE[kind]);
    const goals = row.goals.filter((goal) => (goal.kind ?? "lekt") === kind);
    if (kind !== "lekt" && lekt === undefined) continue;
    summary.lines.push({
      kind,
      lekt,
      beside,
      outcomes: goals.map((goal) => ({
        goal,
        reached: reach(summary, beside, lekt, goal),
      })),
    });
  }
  return summary;
}

function figureOf(row: Row, entry: Entry): Figure | undefined {
  const values = entry.samples
    .map((sample) => sample[row.metric] ?? NaN)
    .filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const { id, title, kind } = entry;
  return {
    id,
    title,
    kind,
    median: median(values),
    spread: spread(values),
    rounds: values.length,
  };
}

/** How far a contestant comes towards a goal: from 1 on it is reached. `beside` is what another checkout does. */
export function reach(
  summary: RowSummary,
  beside: Figure | undefined,
  ours: Figure | undefined,
  goal: Goal,
): number | undefined {
  const target = targetOf(summary, beside, goal);
  if (ours === undefined || target === undefined) return undefined;
  return summary.row.better === "higher"
    ? ours.median / target
    : target / ours.median;
}

function targetOf(
  summary: RowSummary,
  beside: Figure | undefined,
  goal: Goal,
): number | undefined {
  switch (goal.against) {
    case "nothing":
      return goal.value;
    case "raw":
      return summary.raw && summary.raw.median * goal.value;
    case "raw plus":
      return summary.raw && summary.raw.median + goal.value;
    case "best alternative":
      return summary.best && summary.best.median * goal.value;
    case "hand-written":
      return summary.handWritten && summary.handWritten.median * goal.value;
    case "beside":
      return beside && beside.median * goal.value;
  }
}
