/**
 * Texts for properties.
 *
 * @module
 */
import fc from "fast-check";

/** Surrogates are no characters: the first of them, and how many there are. */
const SURROGATE = 0xd800;
const SURROGATE_COUNT = 0x800;

const CHARACTER_COUNT = 0x11_0000 - SURROGATE_COUNT;

function characterAt(index: number): string {
  return String.fromCodePoint(
    index < SURROGATE ? index : index + SURROGATE_COUNT,
  );
}

/** Up to so many characters, any of Unicode. fast-check's own unit "binary" makes a map of all of them first, which takes seconds. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.nat(CHARACTER_COUNT - 1).map(characterAt);
  return fc.string({ unit, maxLength });
}
