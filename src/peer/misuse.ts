/**
 * What a wrong command line ends in.
 *
 * @module
 */

import { harmless } from "../base/text.ts";

/** A command line that cannot be followed; the message says why. */
export class Misuse extends Error {
  override name = "Misuse";
}

/** Options that exclude each other, or one that has no use in this run: those of a file give way to what was typed. */
export class UselessOptions extends Misuse {
  /** Their names. */
  readonly options: readonly string[];

  /** `options` are their names. */
  constructor(message: string, options: readonly string[]) {
    super(message);
    this.options = options;
  }
}

/** Characters of an argument that an error quotes. */
const QUOTED_MAX = 200;

/** An argument as an error quotes it. */
export function quoted(text: string): string {
  return harmless(text.slice(0, QUOTED_MAX));
}
