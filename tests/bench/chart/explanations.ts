/**
 * What the limits say about goals that were missed, beside the table of
 * `tests/bench/README.md`: each text appears only where a run missed the goal, with that run's
 * own figures, and whether the limit itself would have reached it.
 *
 * @module
 */
import {
  type Line,
  type Outcome,
  reach,
  type RowSummary,
  summarize,
} from "../peers/harness/summary.ts";
import {
  describeGoal,
  format,
  lineTitle,
  rounded,
} from "../peers/harness/table.ts";
import type { WorkloadResult } from "../peers/harness/workload.ts";

const BEHIND_HEADERS =
  "A memcpy copies from and to places that are multiples of 64, where a payload lies behind its header; “memcpy, behind headers”, which leaves 12 bytes free before each payload and writes no header, reaches {memcpy-behind-headers}, {memcpy-behind-headers/memcpy} of it.";

/**
 * What is to be known besides, by workload and metric. `{ID}` is that
 * contestant's figure, `{ID/ID}` the first's ratio to the second.
 */
const TEXTS: Readonly<Record<string, string>> = {
  "memory memory":
    "The receiver has had a shorter message before, of 64 MiB at most, and collected its garbage.",
  "memory fresh":
    "The lines below say how much are pages of the runtime’s own program, touched for the first time, and how much objects and buffers take, garbage collected, when the message has ended; the rest is what the runtime’s heap and compilers hold.",
  "codec pack16384": BEHIND_HEADERS,
  "codec unpack16384": BEHIND_HEADERS,
  "codec pack131072": BEHIND_HEADERS,
  "codec unpack131072": BEHIND_HEADERS,
};

/** A list with an item for each goal that was missed; empty where none was. */
export function explanationsOf(
  workloads: readonly WorkloadResult[],
): string[] {
  const items = workloads.flatMap((workload) =>
    summarize(workload).flatMap((summary) =>
      summary.lines.flatMap((line) => item(workload.id, summary, line))
    )
  );
  return items.length === 0
    ? []
    : ["", "Goals that were missed, and their limits:", "", ...items];
}

function item(id: string, summary: RowSummary, line: Line): string[] {
  const missed = line.outcomes.filter(({ reached }) =>
    reached !== undefined && reached < 1
  );
  if (missed.length === 0) return [];
  const text = TEXTS[`${id} ${summary.row.metric}`] ?? "";
  const filled = text.replaceAll(
    /\{([^/}]+)(?:\/([^}]+))?\}/g,
    (_, first: string, second?: string) => figure(summary, first, second),
  );
  const verdicts = missed.map((outcome) => verdict(summary, line, outcome));
  const sentences = [limitSentence(summary), filled, ...verdicts]
    .filter((each) => each !== "");
  const title = `**${lineTitle(summary, line)}**`;
  return [`- ${[`${title}:`, ...sentences].join(" ")}`];
}

/** What whoever is best without a library reaches. */
function limitSentence({ row, limit, raw, best }: RowSummary): string {
  if (limit === undefined) return "";
  const ratios = [
    raw === undefined || raw.id === limit.id
      ? ""
      : `, ${rounded(limit.median / raw.median)} of ${raw.title}`,
    best === undefined
      ? ""
      : `, ${rounded(limit.median / best.median)} of the best alternative`,
  ];
  const value = format(limit.median, row.unit);
  return `“${limit.title}” comes to ${value}${ratios.join("")}.`;
}

/** Whether whoever is best without a library would have reached the goal. */
function verdict(summary: RowSummary, line: Line, { goal }: Outcome): string {
  const reached = reach(summary, line.beside, summary.limit, goal);
  if (reached === undefined) return "No limit was measured.";
  const text = describeGoal(goal, summary.row);
  return reached < 1
    ? `Of “${text}” the limit itself comes to ${rounded(reached)}.`
    : `The limit reaches “${text}”.`;
}

function figure(
  { row, figures }: RowSummary,
  first: string,
  second: string | undefined,
): string {
  const medianOf = (id: string): number | undefined =>
    figures.find((figure) => figure.id === id)?.median;
  const value = medianOf(first);
  if (value === undefined) return "(not measured)";
  if (second === undefined) return format(value, row.unit);
  const divisor = medianOf(second);
  return divisor === undefined ? "(not measured)" : rounded(value / divisor);
}
