/**
 * Copying small pieces of bytes without a call into the engine, which costs
 * more than the copy.
 *
 * @module
 */

/** Up to this size copying in words is faster than `set` and `copyWithin` (measured). */
export const WORD_COPY_SIZE_MAX = 768;

/**
 * Copies bytes upwards, eight at a time; where the two places overlap, `to`
 * must be the lower one by at least eight bytes.
 */
export function copyWords(
  target: DataView,
  to: number,
  source: DataView,
  from: number,
  size: number,
): void {
  const end = from + size;
  const wideEnd = end - 31;
  while (from < wideEnd) {
    target.setBigUint64(to, source.getBigUint64(from, true), true);
    target.setBigUint64(to + 8, source.getBigUint64(from + 8, true), true);
    target.setBigUint64(to + 16, source.getBigUint64(from + 16, true), true);
    target.setBigUint64(to + 24, source.getBigUint64(from + 24, true), true);
    from += 32;
    to += 32;
  }
  while (from < end) {
    target.setUint8(to, source.getUint8(from));
    from++;
    to++;
  }
}
