/**
 * How lines of this program look at a terminal.
 *
 * @module
 */

/** What a line is like. */
export type Style = "error" | "name" | "quiet" | "plain";

/** A line, and what it is like. */
export interface StyledLine {
  /** What it says. */
  readonly text: string;
  /** What it is like. */
  readonly style: Style;
}

const STYLE_CODES: Readonly<Record<Exclude<Style, "plain">, string>> = {
  error: "31",
  name: "36",
  quiet: "2",
};

/** A text with the codes that a terminal colours it by. */
export function styled(text: string, style: Style): string {
  if (style === "plain") return text;
  return `\x1b[${STYLE_CODES[style]}m${text}\x1b[0m`;
}
