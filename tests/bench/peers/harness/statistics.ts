/**
 * What is told of many samples.
 *
 * @module
 */

/** The value below which `fraction` of the samples lie. */
export function quantile(samples: readonly number[], fraction: number): number {
  if (samples.length === 0) return NaN;
  const sorted = samples.toSorted((a, b) => a - b);
  const index = Math.min(
    sorted.length - 1,
    Math.floor(sorted.length * fraction),
  );
  return sorted[index]!;
}

/** The middle sample; of an even number the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  if (samples.length === 0) return NaN;
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

/** Distance between the quarter points, as a fraction of the median. */
export function spread(samples: readonly number[]): number {
  const range = quantile(samples, 0.75) - quantile(samples, 0.25);
  return range === 0 ? 0 : range / median(samples);
}
