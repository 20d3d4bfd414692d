/**
 * The ways in which a byte stream may arrive.
 *
 * @module
 */

/** Longer streams are not cut at every place: that would only cost time. */
const SIZE_MAX = 400;

/**
 * Sizes of the pieces, for each way: whole, one byte at a time, in two at every
 * place, in threes and in pieces of a packet header's size.
 */
export function* allCuts(size: number): Generator<number[]> {
  yield size > 0 ? [size] : [];
  for (const pieceSize of [1, 3, 12, 13]) {
    yield Array.from(
      { length: Math.ceil(size / pieceSize) },
      (_, index) => Math.min(pieceSize, size - index * pieceSize),
    );
  }
  const step = Math.max(1, Math.ceil(size / SIZE_MAX));
  for (let first = 1; first < size; first += step) {
    yield [first, size - first];
  }
}
