/**
 * Why a goal is not reached, beside the table of the README: each text appears
 * only where a run missed the goal, with that run's own figures.
 *
 * @module
 */
import {
  type Line,
  type RowSummary,
  summarize,
} from "../peers/harness/summary.ts";
import { format, lineTitle, rounded } from "../peers/harness/table.ts";
import type { WorkloadResult } from "../peers/harness/workload.ts";

/**
 * By workload and metric, `+batches` for messages taken in batches. `{ID}` is
 * that contestant's figure, `{best}` the best alternative's, `{ID/ID}` the
 * first's ratio to the second.
 */
const TEXTS: Readonly<Record<string, string>> = {
  "64B messageRate":
    "a promise, a step of the iterator and a view of the bytes for each message are all that “raw, for await, kept” does, and it reaches {raw-await}, {raw-await/best} × the best alternative.",
  "64B messageRate+batches":
    "a view of the bytes for each message is all that “raw, batches, kept” makes, and it reaches {raw-batches/raw} of raw TCP, which lends its one buffer and makes nothing.",
  "1KiB messageRate":
    "“raw, for await, kept” reaches {raw-await/best} × the best alternative.",
  "64KiB byteRate":
    "fresh memory for what is kept has to be mapped and cleared by the system before it is read to: “raw, for await, kept” reaches {raw-await}, {raw-await/best} × the best alternative.",
  "1MiB byteRate":
    "fresh memory for what is kept has to be mapped and cleared by the system before it is read to: “raw, for await, kept” reaches {raw-await}, {raw-await/best} × the best alternative.",
  "overtake p50":
    "what is written waits in the kernel behind all that was written before, and that is much as soon as the receiver is slower than the sender. Raw TCP’s own records take {raw}: its receiver does nothing but read.",
  "overtake p99":
    "raw TCP’s own records, with nothing between application and socket, take {raw}.",
  "memory memory":
    "raw TCP, which reads to one reused buffer, grows by {raw}. The line below says how much of that are pages of the runtime’s own program, its compilers above all, that are touched for the first time; with --jitless they are 0.1 MiB. The rest of raw’s growth are promises of reads that V8 has moved to its old generation, where it did not collect them yet.",
  "open rate":
    "“raw, greeted”, which opens the same TCP connections and exchanges as many greetings, reaches {raw-greeted}; without any greeting it is {raw}.",
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
    : ["", "Goals that were missed:", "", ...items];
}

function item(id: string, summary: RowSummary, line: Line): string[] {
  const missed = line.outcomes.some(({ reached }) =>
    reached !== undefined && reached < 1
  );
  if (!missed) return [];
  const suffix = line.kind === "lekt batches" ? "+batches" : "";
  const text = TEXTS[`${id} ${summary.row.metric}${suffix}`];
  const title = `**${lineTitle(summary, line)}**`;
  if (text === undefined) return [`- ${title}`];
  const filled = text.replaceAll(
    /\{([^/}]+)(?:\/([^}]+))?\}/g,
    (_, first: string, second?: string) => figure(summary, first, second),
  );
  return [`- ${title}: ${filled}`];
}

function figure(
  { row, figures, best }: RowSummary,
  first: string,
  second: string | undefined,
): string {
  const medianOf = (id: string): number | undefined =>
    id === "best"
      ? best?.median
      : figures.find((figure) => figure.id === id)?.median;
  const value = medianOf(first);
  if (value === undefined) return "(not measured)";
  if (second === undefined) return format(value, row.unit);
  const divisor = medianOf(second);
  return divisor === undefined ? "(not measured)" : rounded(value / divisor);
}
