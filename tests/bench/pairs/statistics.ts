/**
 * How sure a median is.
 *
 * @module
 */

/** Half of the values of a normal distribution in standard deviations, for 95 of 100 cases. */
const DEVIATIONS = 1.96;

/** The median, and the interval that holds that of endless values in 95 of 100 cases: where the order statistics lie that a binomial distribution allows. */
export function intervalOf(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const distance = DEVIATIONS * Math.sqrt(sorted.length) / 2;
  const at = (index: number): string => sorted[Math.round(index)]!.toFixed(3);
  const low = at(Math.max(0, middle - distance));
  const high = at(Math.min(sorted.length - 1, middle + distance));
  return `${at(middle)} (${low} to ${high})`;
}
