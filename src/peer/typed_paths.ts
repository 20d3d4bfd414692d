/**
 * Paths as a person types or drops them: quoted, escaped, from the home
 * folder, or as a `file:` URL.
 *
 * @module
 */
import { basename, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { system } from "../runtime/system.ts";

/** So many entries of a folder are looked at for a completion. */
const ENTRY_COUNT_MAX = 10_000;

/** A backslash is an escape, but for Windows, where it separates folders. */
const ESCAPES = system.build.os !== "windows";

/**
 * The paths in what follows `/send`. Where the whole of it names a file it is
 * one path, however many blanks are in it; otherwise blanks that are neither
 * quoted nor escaped separate paths.
 *
 * @param text What was typed.
 */
export function typedPaths(text: string): string[] {
  const whole = withHome(text);
  if (exists(whole)) return [whole];
  return splitWords(text).map(({ value, isLiteral }) =>
    isLiteral ? value : withHome(value)
  );
}

/**
 * What Tab puts behind a path that has been begun, and what it could become
 * where that is not clear.
 */
export function completePath(
  text: string,
): { insertion: string; choices: string[] } {
  const word = splitWords(text).at(-1);
  const isBegun = word && !(word.quote === "" && /[^\\]\s$/.test(text));
  const value = isBegun ? withHome(word.value) : "";
  const folder = value === "" || value.endsWith(sep) ? value : dirname(value);
  const start = value.endsWith(sep) ? "" : basename(value);
  const entries = entriesOf(folder || ".").filter((name) =>
    name.startsWith(start) && (start !== "" || !name.startsWith("."))
  );
  const common = commonStart(entries);
  const rest = common.slice(start.length);
  const quote = isBegun ? word.quote : "";
  const escaped = quote === "" ? escape(rest) : rest;
  const isOnly = entries.length === 1;
  const end = isOnly && !common.endsWith(sep) ? `${quote} ` : "";
  return {
    insertion: escaped + end,
    choices: isOnly || rest !== "" ? [] : entries,
  };
}

/** What several names begin with. */
export function commonStart(names: readonly string[]): string {
  let common = names[0] ?? "";
  for (const name of names) {
    while (!name.startsWith(common)) {
      common = Array.from(common).slice(0, -1).join("");
    }
  }
  return common;
}

interface Word {
  value: string;
  /** The quote that is still open at its end. */
  quote: string;
  /** Whether it began with a quote or an escape, so that `~` is a letter. */
  isLiteral: boolean;
}

function splitWords(text: string): Word[] {
  const words: Word[] = [];
  let word: Word | undefined;
  const characters = Array.from(text);
  for (let index = 0; index < characters.length; index++) {
    let character = characters[index]!;
    const quote: string = word?.quote ?? "";
    if (quote === "" && /\s/.test(character)) {
      word = undefined;
      continue;
    }
    const isQuote = quote === "" ? /["']/.test(character) : character === quote;
    const isEscape = ESCAPES && character === "\\" && quote !== "'";
    if (!word) {
      word = { value: "", quote: "", isLiteral: isQuote || isEscape };
      words.push(word);
    }
    if (isQuote) {
      word.quote = quote === "" ? character : "";
      continue;
    }
    if (isEscape) character = characters[++index] ?? "";
    word.value += character;
  }
  return words;
}

function withHome(path: string): string {
  if (/^file:\/\//.test(path)) {
    try {
      return fileURLToPath(path);
    } catch {
      return path;
    }
  }
  const home = system.env.get("HOME");
  return home && /^~(?:[/\\]|$)/.test(path) ? join(home, path.slice(1)) : path;
}

function exists(path: string): boolean {
  try {
    return path !== "" && system.statSync(path) !== undefined;
  } catch {
    return false;
  }
}

function entriesOf(folder: string): string[] {
  const names: string[] = [];
  try {
    for (const { name, isDirectory } of system.readDirSync(folder)) {
      names.push(isDirectory ? name + sep : name);
      if (names.length >= ENTRY_COUNT_MAX) break;
    }
  } catch {
    // No folder, or none that can be read.
  }
  return names.sort();
}

function escape(text: string): string {
  return ESCAPES ? text.replace(/[\s\\"']/g, "\\$&") : text;
}
