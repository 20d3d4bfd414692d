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
import { format, lineTitle, rounded } from "../peers/harness/table.ts";
import type { WorkloadResult } from "../peers/harness/workload.ts";

const KEPT =
  "memory that the application keeps cannot be read to again; “raw, for await, kept”, which reads the wire’s parts straight to fresh memory of the right size and lets others have the event loop every 2 ms, reaches {raw-await}, {raw-await/raw} of raw TCP, which does neither, and {raw-await/best} of the best alternative.";

const STREAMED =
  "“raw, streamed”, whose bytes come in the wire’s parts and by a `ReadableStream`, and which lets others have the event loop every 2 ms, reaches {raw-streamed}, {raw-streamed/raw} of raw TCP.";

const RECORDS =
  "a record at the head of raw TCP’s next write, which waits for nothing but the one under way, takes {raw}, and {raw-streamed} where a `ReadableStream` is between.";

const BEHIND_HEADERS =
  "memcpy copies from and to places that are multiples of 64, where a payload lies behind its header; “memcpy, behind headers”, which leaves 12 bytes free before each payload and writes no header, reaches {memcpy-behind-headers}, {memcpy-behind-headers/memcpy} of it.";

/**
 * By workload and metric, `+batches` for messages taken in batches. `{ID}` is
 * that contestant's figure, `{best}` the best alternative's, `{ID/ID}` the
 * first's ratio to the second.
 */
const TEXTS: Readonly<Record<string, string>> = {
  "64B messageRate":
    "“raw, for await, kept”, which does no more than look at the length in a header of 12 bytes, a step of the iterator and a view of the bytes for each message, reaches {raw-await}, {raw-await/best} of the best alternative.",
  "64B messageRate+batches":
    "“raw, batches, kept”, which does no more than look at the length in a header and make a view for each message, reaches {raw-batches}, {raw-batches/raw} of raw TCP, which lends its one buffer.",
  "1KiB messageRate":
    "“raw, for await, kept” reaches {raw-await}, {raw-await/best} of the best alternative.",
  "64KiB byteRate": KEPT,
  "1MiB byteRate": KEPT,
  "ping-pong p50":
    "“raw, for await, kept”, whose messages pass through an iterator and memory of their own as well, takes {raw-await}, {raw-await/raw} of what raw TCP does that has nothing between a read and a write.",
  "1MiB-streamed byteRate": STREAMED,
  "64MiB-streamed byteRate": STREAMED,
  "overtake p50": RECORDS,
  "overtake p99": RECORDS,
  "memory memory":
    "the receiver has had a shorter message before, of 64 MiB at most, and collected its garbage; raw TCP, which reads to one reused buffer, grows by {raw}, and “raw, streamed” by {raw-streamed}.",
  "memory fresh":
    "here raw TCP grows by {raw}, and “raw, streamed” by {raw-streamed}. The lines below say how much are pages of the runtime’s own program, touched for the first time, and how much objects and buffers take, garbage collected, when the message has ended; the rest is what the runtime’s heap and compilers hold.",
  "codec pack16384": BEHIND_HEADERS,
  "codec unpack16384": BEHIND_HEADERS,
  "codec pack131072": BEHIND_HEADERS,
  "codec unpack131072": BEHIND_HEADERS,
  "open rate":
    "“raw, greeted”, which opens the same TCP connections and exchanges as many greetings, reaches {raw-greeted}.",
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
  const suffix = line.kind === "lekt batches" ? "+batches" : "";
  const text = TEXTS[`${id} ${summary.row.metric}${suffix}`] ?? "";
  const filled = text.replaceAll(
    /\{([^/}]+)(?:\/([^}]+))?\}/g,
    (_, first: string, second?: string) => figure(summary, first, second),
  );
  const verdicts = missed.map((outcome) => verdict(summary, line, outcome));
  const sentences = [filled, ...verdicts].filter((each) => each !== "");
  const title = `**${lineTitle(summary, line)}**`;
  return [`- ${[`${title}:`, ...sentences].join(" ")}`];
}

/** Whether whoever does the least would have reached the goal: raw TCP where there is no other limit and the goal does not speak of it. */
function verdict(summary: RowSummary, line: Line, { goal }: Outcome): string {
  const isAgainstRaw = goal.against === "raw" || goal.against === "raw plus";
  const limit = line.limit ?? (isAgainstRaw ? undefined : summary.raw);
  const reached = reach(summary, limit, goal);
  if (reached === undefined) return "No limit was measured.";
  return reached < 1
    ? `So the limit itself comes to ${rounded(reached)} of the goal.`
    : "So the limit reaches the goal, and what is missing is lekt’s own cost.";
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
