/**
 * Pieces of SVG.
 *
 * @module
 */

/** An element with its attributes; `children` are SVG already. */
export function element(
  name: string,
  attributes: Record<string, string | number>,
  ...children: string[]
): string {
  const text = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escape(rounded(value))}"`)
    .join("");
  return children.length === 0
    ? `<${name}${text}/>`
    : `<${name}${text}>${children.join("")}</${name}>`;
}

/** Text at a place. */
export function label(
  x: number,
  y: number,
  text: string,
  attributes: Record<string, string | number> = {},
): string {
  return element("text", { x, y, ...attributes }, escape(text));
}

/** A whole picture on a white card, readable on light and dark pages. */
export function picture(
  width: number,
  height: number,
  title: string,
  children: readonly string[],
): string {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "font-family": "system-ui, sans-serif",
      "font-size": 12,
      fill: INK,
    },
    `\n${element("title", {}, escape(title))}\n`,
    element("rect", { width, height, rx: 8, fill: "#ffffff" }),
    ...children.map((child) => `\n${child}`),
    "\n",
  ) + "\n";
}

/** Text and axes. */
export const INK = "#1f2933";
/** Lines of the grid. */
export const GRID = "#d9dee4";

/** lekt and raw TCP stand out; the others have colours that the colour-blind can tell apart. */
const COLOURS = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#cc79a7",
  "#0072b2",
  "#8c6d31",
  "#f0e442",
  "#7f7f7f",
];
const OURS = "#d62728";
const LIMIT = "#1f2933";
const LIMIT_IN_USE = "#7b8794";

/** The colour of a contestant, the same in a whole picture. */
export function colourOf(
  kind: string,
  index: number,
): string {
  if (kind === "raw") return LIMIT;
  if (kind === "limit" || kind === "batches limit") return LIMIT_IN_USE;
  if (kind === "lekt" || kind === "lekt batches") return OURS;
  return COLOURS[index % COLOURS.length]!;
}

function rounded(value: string | number): string {
  return typeof value === "number"
    ? String(Math.round(value * 10) / 10)
    : value;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(
    '"',
    "&quot;",
  );
}
