/**
 * Making codes. Who only reads one does without `node:crypto`, which takes Deno
 * longer to load than most of the command.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { type Code, WORD_COUNT } from "./code.ts";
import { WORDS } from "./words.ts";

/**
 * Makes a code of words that nobody can foresee.
 *
 * @param number The number that the directory gave.
 */
export function makeCode(number: number): Code {
  const words = Array.from(
    { length: WORD_COUNT },
    () => WORDS[randomInt(WORDS.length)]!,
  );
  return { number, text: [number, ...words].join("-") };
}
