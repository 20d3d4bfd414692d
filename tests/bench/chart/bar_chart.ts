/**
 * The comparison as bars: each workload's rates as parts of raw TCP's.
 *
 * @module
 */
import { type RowSummary, summarize } from "../peers/harness/summary.ts";
import { format } from "../peers/harness/table.ts";
import type { WorkloadResult } from "../peers/harness/workload.ts";
import { logScale } from "./scale.ts";
import { colourOf, element, GRID, label, picture } from "./svg.ts";

const WIDTH = 860;
const LEFT = 230;
const RIGHT = 740;
const TOP = 64;
const BAR = 14;
const GROUP_HEAD = 26;
const GROUP_GAP = 14;

/** All one-way workloads in one picture; raw TCP is 1. */
export function barChart(workloads: readonly WorkloadResult[]): string {
  const groups = workloads.flatMap(summarize).filter(({ row, raw }) =>
    raw !== undefined &&
    (row.metric === "messageRate" || row.metric === "byteRate")
  );
  const ratios = groups.flatMap(({ figures, raw }) =>
    figures.map((figure) => figure.median / raw!.median)
  );
  const scale = logScale([...ratios, 1], LEFT, RIGHT);
  const parts: string[] = [];
  let top = TOP;
  for (const group of groups) {
    parts.push(...bars(group, top, scale));
    top += GROUP_HEAD + group.figures.length * (BAR + 4) + GROUP_GAP;
  }
  const grid = scale.ticks.flatMap((tick) => [
    element("line", {
      x1: scale(tick),
      x2: scale(tick),
      y1: TOP - 8,
      y2: top,
      stroke: GRID,
    }),
    label(scale(tick), TOP - 14, `${tick} ×`, { "text-anchor": "middle" }),
  ]);
  const title = "Throughput over loopback TCP, as parts of raw Deno TCP";
  return picture(WIDTH, top, title, [
    label(16, 24, title, { "font-size": 14, "font-weight": 600 }),
    ...grid,
    ...parts,
  ]);
}

function bars(
  { row, figures, raw }: RowSummary,
  top: number,
  scale: ReturnType<typeof logScale>,
): string[] {
  const parts = [
    label(16, top + 16, row.title, { "font-weight": 600 }),
  ];
  const ids = figures.map(({ id }) => id).toSorted();
  figures.forEach((figure, i) => {
    const y = top + GROUP_HEAD + i * (BAR + 4);
    const x = scale(figure.median / raw!.median);
    const start = scale.ticks[0]!;
    parts.push(
      label(LEFT - 8, y + 11, figure.title, { "text-anchor": "end" }),
      element("rect", {
        x: scale(start),
        y,
        width: Math.max(1, x - scale(start)),
        height: BAR,
        fill: colourOf(figure.kind, ids.indexOf(figure.id)),
      }),
      label(x + 6, y + 11, format(figure.median, row.unit)),
    );
  });
  return parts;
}
