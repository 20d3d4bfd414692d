/**
 * Which word is meant by one that was typed with slips.
 *
 * @module
 */

/** With so many slips a word is asked about. */
const SLIPS_NAMED_MAX = 2;

/** A word with slips has at least so many letters for each of them. */
const LETTERS_OF_SLIP_MIN = 4;

/** Characters of a typed word that are looked at. */
const LOOKED_AT_MAX = 40;

/**
 * What to say behind "there is no such word": the one of `words` that may be
 * meant; nothing where none is near.
 */
export function meantText(typed: string, words: readonly string[]): string {
  const begun = words.filter((word) => word.startsWith(typed));
  const { word, slips } = begun.length === 1 && typed.length > 1
    ? { word: begun[0]!, slips: 0 }
    : nearest(typed.slice(0, LOOKED_AT_MAX), words);
  const isNear = slips <= SLIPS_NAMED_MAX &&
    typed.length >= slips * LETTERS_OF_SLIP_MIN;
  return isNear ? `; is "${word}" meant?` : "";
}

/** The first of those of `words` that are nearest. */
export function nearest(
  typed: string,
  words: readonly string[],
): { word: string; slips: number } {
  return words.map((word) => ({ word, slips: slipsBetween(word, typed) }))
    .reduce((best, each) => each.slips < best.slips ? each : best);
}

/** How many letters have to be put in, left out, changed, or swapped with their neighbour to make one of the other. */
export function slipsBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = last[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      const isSwap = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const swap = isSwap ? before[j - 2]! + 1 : Infinity;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, change, swap));
    }
    before = last;
    last = row;
  }
  return last[other.length]!;
}
