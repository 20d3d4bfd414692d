/**
 * What the rounds come to.
 *
 * @module
 */

/** The median; of an even number of values the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 2;
  return (sorted[Math.floor(at)]! + sorted[Math.ceil(at)]!) / 2;
}

/** The median of the rounds, and the least and the most of them. */
export function rangeOf(rounds: readonly number[]): string {
  const [median, least, most] = [
    medianOf(rounds),
    Math.min(...rounds),
    Math.max(...rounds),
  ].map((value) => value.toFixed(2));
  return `${median} (${least} to ${most})`;
}
