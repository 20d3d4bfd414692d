/**
 * How something grows: lines over a logarithmic axis, a curve's first two
 * figures side by side.
 *
 * @module
 */
import type { Curve } from "../peers/harness/curves.ts";
import { summarize } from "../peers/harness/summary.ts";
import { logScale, short, shortSize } from "./scale.ts";
import { colourOf, element, GRID, label, picture } from "./svg.ts";

const PANEL_WIDTH = 380;
const PANEL_HEIGHT = 260;
const LEFT = 58;
const TOP = 56;
const GAP = 70;
const LEGEND_ROW = 18;

interface Line {
  id: string;
  title: string;
  colour: string;
  dashed: boolean;
  points: { x: number; y: number }[];
}

/** One curve as a picture. */
export function lineChart(curve: Curve): string {
  const panels = [linesOf(curve, 0), linesOf(curve, 1)];
  const names = curve.points[0]!.result.rows.map(({ title, unit }) =>
    `${title}, ${unit}`
  );
  const width = LEFT + PANEL_WIDTH * 2 + GAP + 20;
  const legend = legendOf(panels[0]!, TOP + PANEL_HEIGHT + 52);
  const height = TOP + PANEL_HEIGHT + 52 +
    Math.ceil(panels[0]!.length / 4) * LEGEND_ROW;
  return picture(width, height, curve.title, [
    label(LEFT, 20, curve.title, { "font-size": 14, "font-weight": 600 }),
    ...panels.flatMap((lines, i) =>
      panel(lines, LEFT + i * (PANEL_WIDTH + GAP), names[i]!, curve)
    ),
    ...legend,
  ]);
}

function linesOf(curve: Curve, row: number): Line[] {
  const lines = new Map<string, Line>();
  let others = 0;
  for (const { x, result } of curve.points) {
    for (const entry of result.entries) {
      const { id, title, kind } = entry;
      const figures = summarize(result)[row]!.figures;
      const figure = figures.find((figure) => figure.id === id);
      if (figure === undefined) continue;
      if (!lines.has(id)) {
        const colour = colourOf(kind, kind === "alternative" ? others++ : 0);
        const dashed = kind === "lekt batches" || kind === "batches limit";
        lines.set(id, { id, title, colour, dashed, points: [] });
      }
      lines.get(id)!.points.push({ x, y: figure.median });
    }
  }
  return [...lines.values()];
}

function panel(
  lines: readonly Line[],
  left: number,
  name: string,
  curve: Curve,
): string[] {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return [];
  const isSize = curve.xTitle.startsWith("bytes");
  const bottom = TOP + PANEL_HEIGHT;
  const right = left + PANEL_WIDTH;
  const x = logScale(points.map((p) => p.x), left, right, isSize ? 8 : 10);
  const y = logScale(points.map((p) => p.y), bottom, TOP);
  const parts = [label(left, TOP - 8, name)];
  for (const tick of y.ticks) {
    const at = y(tick);
    parts.push(
      element("line", { x1: left, x2: right, y1: at, y2: at, stroke: GRID }),
      label(left - 6, at + 4, short(tick), { "text-anchor": "end" }),
    );
  }
  for (const tick of x.ticks) {
    const at = x(tick);
    parts.push(
      element("line", { x1: at, x2: at, y1: TOP, y2: bottom, stroke: GRID }),
      label(at, bottom + 16, isSize ? shortSize(tick) : short(tick), {
        "text-anchor": "middle",
      }),
    );
  }
  parts.push(label((left + right) / 2, bottom + 32, curve.xTitle, {
    "text-anchor": "middle",
  }));
  for (const line of lines) parts.push(...drawn(line, x, y));
  return parts;
}

function drawn(
  line: Line,
  x: (value: number) => number,
  y: (value: number) => number,
): string[] {
  const places = line.points.map((p) => [x(p.x), y(p.y)] as const);
  const path = places.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`);
  return [
    element("polyline", {
      points: path.join(" "),
      fill: "none",
      stroke: line.colour,
      "stroke-width": line.id.startsWith("lekt") ? 3 : 1.8,
      "stroke-dasharray": line.dashed ? "6 4" : "none",
    }),
    ...places.map(([cx, cy]) =>
      element("circle", { cx, cy, r: 2.6, fill: line.colour })
    ),
  ];
}

function legendOf(lines: readonly Line[], top: number): string[] {
  return lines.flatMap((line, i) => {
    const x = LEFT + (i % 4) * 205;
    const y = top + Math.floor(i / 4) * LEGEND_ROW;
    return [
      element("line", {
        x1: x,
        x2: x + 20,
        y1: y - 4,
        y2: y - 4,
        stroke: line.colour,
        "stroke-width": 3,
        "stroke-dasharray": line.dashed ? "6 4" : "none",
      }),
      label(x + 26, y, line.title),
    ];
  });
}
