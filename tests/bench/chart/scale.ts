/**
 * Logarithmic axes.
 *
 * @module
 */

/** Maps values to places on a logarithmic axis. */
export interface LogScale {
  (value: number): number;
  /** The powers of ten (or of two, for sizes) within the axis. */
  ticks: number[];
}

/** An axis from `from` to `to` that holds all values; its ticks are powers of `base`. */
export function logScale(
  values: readonly number[],
  from: number,
  to: number,
  base = 10,
): LogScale {
  const lowest = Math.floor(logarithm(Math.min(...values), base));
  const highest = Math.ceil(logarithm(Math.max(...values), base));
  const range = Math.max(1, highest - lowest);
  const scale = (value: number) =>
    from + (logarithm(value, base) - lowest) / range * (to - from);
  const ticks: number[] = [];
  for (let power = lowest; power <= lowest + range; power++) {
    ticks.push(base ** power);
  }
  return Object.assign(scale, { ticks });
}

/** Powers that should be whole come out whole. */
function logarithm(value: number, base: number): number {
  const power = Math.log(value) / Math.log(base);
  const whole = Math.round(power);
  return Math.abs(power - whole) < 1e-9 ? whole : power;
}

/** A number as short as an axis wants it. */
export function short(value: number): string {
  if (value >= 1e9) return `${trim(value / 1e9)} G`;
  if (value >= 1e6) return `${trim(value / 1e6)} M`;
  if (value >= 1e3) return `${trim(value / 1e3)} k`;
  return trim(value);
}

/** A size in bytes, by powers of 1,024. */
export function shortSize(value: number): string {
  if (value >= 1024 ** 3) return `${trim(value / 1024 ** 3)} GiB`;
  if (value >= 1024 ** 2) return `${trim(value / 1024 ** 2)} MiB`;
  if (value >= 1024) return `${trim(value / 1024)} KiB`;
  return `${trim(value)} B`;
}

function trim(value: number): string {
  return String(Number(value.toPrecision(3)));
}
