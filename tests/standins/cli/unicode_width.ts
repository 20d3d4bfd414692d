/**
 * Stand-in for `@std/cli/unicode-width` on machines that cannot reach JSR,
 * with the same results for assigned letters, marks and emoji.
 *
 * @module
 */
import { eastAsianWidth } from "get-east-asian-width";

/** Marks that stand on the letter before them, the inner letters of Hangul syllables, and what only formats. */
const WITHOUT_WIDTH = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11FF]/u;

/** Columns that a text takes on a terminal. */
export function unicodeWidth(str: string): number {
  let width = 0;
  for (const character of str) width += widthOf(character);
  return width;
}

function widthOf(character: string): number {
  if (character === "\u00AD") return 1;
  if (WITHOUT_WIDTH.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0)!);
}
