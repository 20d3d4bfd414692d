/**
 * What the terminal can show, by the environment.
 *
 * @module
 */
import type { ReadVariable } from "./environment.ts";

/** What a terminal can show. */
export interface TerminalKind {
  /** Whether it can move its cursor and colour text. */
  readonly isCapable: boolean;
  /** Whether it shows more than ASCII. */
  readonly isUnicode: boolean;
}

/**
 * Tells what the terminal can show: `TERM` is `dumb` where it cannot move its
 * cursor; the locale (`LC_ALL`, else `LC_CTYPE`, else `LANG`) names UTF-8 where it
 * shows more than ASCII. Where nothing is said the terminal can do all.
 *
 * @param read Tells an environment variable.
 */
export function terminalKind(read: ReadVariable): TerminalKind {
  const locale = read("LC_ALL") || read("LC_CTYPE") || read("LANG");
  return {
    isCapable: read("TERM") !== "dumb",
    isUnicode: !locale || /utf-?8/i.test(locale),
  };
}

/** A text of this program for a terminal that shows ASCII alone. */
export function inAscii(text: string): string {
  return text.replaceAll("\u2026", "...");
}
