/**
 * Well-formed UTF-8, one byte at a time, after table 3-7 of the Unicode
 * Standard: no overlong forms, no surrogates, nothing beyond U+10FFFF.
 *
 * @module
 */

/** What may follow: how many continuation bytes, and the range of the next one. */
interface Expectation {
  count: number;
  lowest: number;
  highest: number;
}

function afterFirstByte(byte: number): Expectation | undefined {
  if (byte <= 0x7f) return { count: 0, lowest: 0, highest: 0 };
  if (byte >= 0xc2 && byte <= 0xdf) {
    return { count: 1, lowest: 0x80, highest: 0xbf };
  }
  if (byte === 0xe0) return { count: 2, lowest: 0xa0, highest: 0xbf };
  if (byte === 0xed) return { count: 2, lowest: 0x80, highest: 0x9f };
  if (byte >= 0xe1 && byte <= 0xef) {
    return { count: 2, lowest: 0x80, highest: 0xbf };
  }
  if (byte === 0xf0) return { count: 3, lowest: 0x90, highest: 0xbf };
  if (byte === 0xf4) return { count: 3, lowest: 0x80, highest: 0x8f };
  if (byte >= 0xf1 && byte <= 0xf3) {
    return { count: 3, lowest: 0x80, highest: 0xbf };
  }
  return undefined;
}

/** Reads text byte by byte and says at which byte it stops being UTF-8. */
export class Utf8Checker {
  #expected: Expectation = { count: 0, lowest: 0, highest: 0 };

  /** How many bytes the character under way still needs. */
  get missingCount(): number {
    return this.#expected.count;
  }

  /** Takes the next byte; false where no well-formed text goes on like that. */
  push(byte: number): boolean {
    const { count, lowest, highest } = this.#expected;
    if (count > 0) {
      if (byte < lowest || byte > highest) return false;
      this.#expected = { count: count - 1, lowest: 0x80, highest: 0xbf };
      return true;
    }
    const next = afterFirstByte(byte);
    if (next === undefined) return false;
    this.#expected = next;
    return true;
  }
}
