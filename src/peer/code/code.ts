/**
 * Codes: a number and three words, such as `7-ocean-lamp-tiger`, read as people
 * type them.
 *
 * @module
 */
import { harmless } from "../../base/text.ts";
import { Misuse } from "../misuse.ts";
import { nearest } from "../slips.ts";
import { WORDS } from "./words.ts";

/** Words of a code: 24 bits, of which a stranger has one guess. */
export const WORD_COUNT = 3;

/** So many letters tell a word from all others. */
const START_LENGTH = 3;

/** So many slips are taken for the word that was meant; no other word is as near. */
const SLIPS_MENDED_MAX = 1;

/** With so many slips a word is asked about. */
const SLIPS_NAMED_MAX = 2;

/** Characters of a typed word that an error quotes. */
const QUOTED_MAX = 40;

const EXAMPLE = "a number and three words, such as 7-ocean-lamp-tiger";

/** A code. */
export interface Code {
  /** The number, which the directory knows. */
  readonly number: number;
  /** All of it, as both sides spell it. */
  readonly text: string;
}

/**
 * Reads a code as somebody typed it: in letters of any size, with blanks, dots
 * or commas for dashes, words cut off behind three letters, and one slip in each.
 *
 * @throws {Misuse} Where it is none; the message names the word that may be meant.
 */
export function readCode(typed: string): Code {
  const [number = "", ...words] = partsOf(typed);
  if (!/^\d+$/.test(number) || words.length !== WORD_COUNT) {
    throw new Misuse(
      `"${harmless(typed.slice(0, QUOTED_MAX))}" is no code: it has ${EXAMPLE}`,
    );
  }
  if (!/^[1-9]\d{0,5}$/.test(number)) {
    throw new Misuse(`No code begins with the number ${number.slice(0, 20)}`);
  }
  const text = [number, ...words.map(readWord)].join("-");
  return { number: Number(number), text };
}

/**
 * What is missing of the word that is being typed, and the dash behind it;
 * nothing where several words begin so.
 *
 * @param typed The code so far.
 */
export function completeCode(typed: string): string {
  const start = /(?<=[\p{Pd}\s.,_])[a-z]+$/iu.exec(typed)?.[0].toLowerCase();
  if (start === undefined) return "";
  const [word, ...others] = WORDS.filter((each) => each.startsWith(start));
  if (word === undefined || others.length > 0) return "";
  const isLast = partsOf(typed).length > WORD_COUNT;
  return word.slice(start.length) + (isLast ? "" : "-");
}

function partsOf(typed: string): string[] {
  return typed.toLowerCase().split(/[\p{Pd}\s.,_]+/u).filter((part) =>
    part !== ""
  );
}

function readWord(typed: string): string {
  const begun = WORDS.find((word) =>
    word === typed || (typed.length >= START_LENGTH && word.startsWith(typed))
  );
  if (begun !== undefined) return begun;
  const quoted = harmless(typed.slice(0, QUOTED_MAX));
  const { word, slips } = nearest(typed.slice(0, QUOTED_MAX), WORDS);
  if (slips <= SLIPS_MENDED_MAX) return word;
  const advice = slips <= SLIPS_NAMED_MAX ? `; is "${word}" meant?` : "";
  throw new Misuse(`"${quoted}" is no word of codes${advice}`);
}
