/**
 * What the errors of systems, runtimes and packages mean, in words that say
 * what to do: those bury it under "os error 13" and "fetch failed".
 *
 * @module
 */
import { messageOf } from "./errors.ts";
import { harmless } from "./text.ts";

/** How an error is known, by its code and its message, and what it means. */
export type Meaning = readonly [sign: RegExp, meaning: string];

/** Causes within causes that are looked through. */
const CAUSES_MAX = 8;

/** Characters of somebody else's explanation that are quoted. */
const QUOTED_MAX = 300;

/** What a system lacks, whatever is asked of it. */
const SHORTAGE_MEANINGS: readonly Meaning[] = [
  [
    /\b(?:EMFILE|ENFILE)\b|too many open files/i,
    "too many files and connections are open; close some, or raise the limit (ulimit -n)",
  ],
  [/\b(?:ENOMEM|ENOBUFS)\b/, "the system is short of memory"],
];

const FILE_MEANINGS: readonly Meaning[] = [
  [
    /Requires all access/,
    "it belongs to the system, as all in /dev, /proc and /sys does, and Deno keeps that from programs without all rights",
  ],
  [/\bENOENT\b/, "there is no such file or folder"],
  [
    /\b(?:EACCES|EPERM)\b/,
    "its permissions, or those of its folder, forbid it",
  ],
  [/\bEISDIR\b/, "it is a folder"],
  [/\bENOTDIR\b/, "a part of its path is a file, and not a folder"],
  [/\bEEXIST\b/, "a file of that name is there already"],
  [/\bENOSPC\b/, "the disk is full"],
  [/\bEDQUOT\b/, "the share of the disk that you may use is full"],
  [/\bEROFS\b/, "its disk can only be read"],
  [/\bENAMETOOLONG\b/, "its name is too long for the system"],
  [/\bELOOP\b/, "its symbolic links lead round in a circle"],
  [/\bEFBIG\b/, "it would be larger than the system allows"],
  [/\bE(?:BUSY|TXTBSY)\b/, "something else is using it"],
  [/\bEIO\b/, "its disk has failed"],
  [/\bEPIPE\b/, "nobody reads it any more"],
  [/Empty path/, "its name is empty"],
];

/**
 * Why the system refused something of a file or folder, to stand behind what
 * could not be done with which one.
 *
 * @param error What was thrown.
 */
export function fileReason(error: unknown): string {
  const last = deepest(error);
  return meaningOf(last, FILE_MEANINGS) ?? quoted(last);
}

/**
 * What an error means, and in parentheses what it says itself, which can be
 * searched for; that alone where its meaning is not known.
 *
 * @param error What was thrown; the last of its causes knows most.
 * @param meanings Those to look in, the first that fits counts.
 */
export function reasonOf(
  error: unknown,
  meanings: readonly Meaning[],
): string {
  const last = deepest(error);
  const meaning = meaningOf(last, meanings);
  return meaning === undefined
    ? quoted(last)
    : withDetail(meaning, quoted(last));
}

/** A meaning with what was said itself, in parentheses before the advice, which stands behind a semicolon. */
export function withDetail(meaning: string, detail: string): string {
  const [what, ...advice] = meaning.split("; ");
  return [`${what} (${detail})`, ...advice].join("; ");
}

/** What an error means, where that is known. */
export function meaningOf(
  error: unknown,
  meanings: readonly Meaning[],
): string | undefined {
  const last = deepest(error);
  const { code } = Object(last) as { code?: unknown };
  const text = typeof code === "string"
    ? `${code} ${messageOf(last)}`
    : messageOf(last);
  return [...meanings, ...SHORTAGE_MEANINGS]
    .find(([sign]) => sign.test(text))?.[1];
}

/** What an error says, harmless, short, and without what only programmers want. */
export function quoted(error: unknown): string {
  return harmless(
    messageOf(error).slice(0, QUOTED_MAX)
      .replace(/^.*client error \(\w+\): /, "")
      .replace(/^failed to lookup address information: /, "")
      .replace(/ \(SSL routines:[^)]*\)/, "")
      .replace(/: \w+ '.*'$/, "")
      .replace(/ \(os error \d+\)/g, ""),
  );
}

/** The last cause of an error, which is the one that knows. */
export function deepest(error: unknown): unknown {
  let last = error;
  for (let count = 0; count < CAUSES_MAX; count++) {
    if (!(last instanceof Error) || last.cause === undefined) break;
    last = last.cause;
  }
  return last;
}
