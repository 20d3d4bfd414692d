/**
 * Small changes to source code, each of which a test must notice: checks of a
 * limit, an order or a length that are turned round, moved by one, or gone.
 * Formatted code is needed: operators have spaces around them.
 *
 * @module
 */

/** One changed line. */
export interface Mutant {
  path: string;
  /** From 1. */
  line: number;
  before: string;
  after: string;
}

const SWAPS: Record<string, readonly string[]> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
};

/** Comparisons; an arrow is none. */
const COMPARISON = / (<=?|>=?) /g;

/** A check that refuses in one line. */
const REFUSAL = /^(\s*(?:\} else )?if \()(.*)(\) (?:throw|return)\b.*)$/;

/** A check that refuses in the block behind it. */
const REFUSAL_BEGIN = /^(\s*(?:\} else )?if \()(.*)(\) \{)$/;
const REFUSAL_BODY = /^\s*(?:throw|return)\b/;

/** `Math.min` and `Math.max` are limits, too. */
const BOUND = /\bMath\.(min|max)\(/g;

/** What says that something holds in any case: no input makes it fail, so no test can. */
const CLAIM = /^(?:assert|claim)\(/;

/** Whether a line is code that input decides about: not a comment, and no claim. */
function isCode(line: string): boolean {
  const code = line.trim();
  return code !== "" && !code.startsWith("//") && !code.startsWith("*") &&
    !code.startsWith("/*") && !CLAIM.test(code);
}

function replaceAt(
  text: string,
  at: number,
  size: number,
  by: string,
): string {
  return text.slice(0, at) + by + text.slice(at + size);
}

function* changesOf(line: string, next: string): Generator<string> {
  // What stands behind a comment mark is no code.
  const code = line.split(" // ")[0]!;
  for (const { index, 1: operator } of code.matchAll(COMPARISON)) {
    for (const swap of SWAPS[operator!]!) {
      yield replaceAt(line, index + 1, operator!.length, swap);
    }
  }
  for (const { index, 0: call, 1: name } of code.matchAll(BOUND)) {
    const other = name === "min" ? "max" : "min";
    yield replaceAt(line, index, call.length, `Math.${other}(`);
  }
  const refusal = REFUSAL.exec(line) ??
    (REFUSAL_BODY.test(next) ? REFUSAL_BEGIN.exec(line) : null);
  if (refusal) yield `${refusal[1]}false && (${refusal[2]})${refusal[3]}`;
}

/** All mutants of a file. */
export function mutantsOf(path: string, text: string): Mutant[] {
  const lines = text.split("\n");
  return lines.flatMap((before, index) =>
    isCode(before)
      ? [...changesOf(before, lines[index + 1] ?? "")].map((after) => ({
        path,
        line: index + 1,
        before,
        after,
      }))
      : []
  );
}

/** The text of a file with the mutant in it. */
export function mutated(text: string, { line, after }: Mutant): string {
  const lines = text.split("\n");
  lines[line - 1] = after;
  return lines.join("\n");
}

/** What a mutant is called, whatever line it is in. */
export function nameOf({ path, before, after }: Mutant): string {
  return `${path}: ${before.trim()} -> ${after.trim()}`;
}
