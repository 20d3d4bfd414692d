/**
 * An offer in words: for the question to a person, and for the line of its
 * progress.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import { safeFileName } from "../talk/mod.ts";
import type { OfferEntry } from "../talk/offer.ts";
import { displayWidth, fit, formatSize } from "./progress.ts";

/** So many files and folders are named; of the others the number is told. */
const NAMED_COUNT_MAX = 3;

/** Columns of a name in a question. */
const NAME_WIDTH_MAX = 40;

/** Columns at the end of a name that stay: its extension and a little more. */
const NAME_END_WIDTH = 12;

/** So many of those that are left out are named. */
const LEFT_COUNT_MAX = 10;

/** What is in an offer, in numbers and names. */
export interface OfferSummary {
  /** The files and folders at its top. */
  readonly items: readonly {
    readonly name: string;
    readonly isFolder: boolean;
  }[];
  readonly fileCount: number;
  /** Folders, those at the top too. */
  readonly folderCount: number;
  /** Bytes of all files whose size is known. */
  readonly size: number;
  /** What is there and not sent, and why; the first few. */
  readonly left: readonly { readonly path: string; readonly reason: string }[];
  readonly leftCount: number;
}

/** Counts an offer. */
export function summarize(entries: readonly OfferEntry[]): OfferSummary {
  const items: { name: string; isFolder: boolean }[] = [];
  const left: { path: string; reason: string }[] = [];
  let [fileCount, folderCount, leftCount, size] = [0, 0, 0, 0];
  for (const entry of entries) {
    const { kind, path } = entry;
    if (kind === "left") {
      leftCount++;
      if (left.length < LEFT_COUNT_MAX) {
        left.push({ path, reason: entry.reason });
      }
      continue;
    }
    if (kind === "file") {
      fileCount++;
      size += entry.size ?? 0;
    } else {
      folderCount++;
    }
    if (!path.includes("/")) {
      items.push({ name: path, isFolder: kind === "folder" });
    }
  }
  return { items, fileCount, folderCount, size, left, leftCount };
}

/** What is offered: `the file a.txt`, `the folder photos with 1,203 files`. */
export function offerText(summary: OfferSummary): string {
  const { items, fileCount } = summary;
  const [first] = items;
  if (first === undefined) return "nothing";
  const files = count(fileCount, "file");
  if (items.length === 1) {
    const name = shortName(first.name);
    return first.isFolder
      ? `the folder ${name} with ${files}`
      : `the file ${name}`;
  }
  const names = items.slice(0, NAMED_COUNT_MAX)
    .map(({ name, isFolder }) => `${shortName(name)}${isFolder ? "/" : ""}`);
  const more = items.length - names.length;
  if (more > 0) names.push(`${more.toLocaleString("en")} more`);
  const last = names.pop();
  const list = `${names.join(", ")} and ${last}`;
  return items.some(({ isFolder }) => isFolder)
    ? `${list}, ${files} in all`
    : `${files}: ${list}`;
}

/** What a person should know before the answer, to stand in parentheses. */
export function offerFacts(
  { size, leftCount, fileCount }: OfferSummary,
  known: { free?: number | undefined; hereSize: number; isSizeKnown: boolean },
): string {
  const { free, hereSize, isSizeKnown } = known;
  const facts = [
    isSizeKnown || fileCount === 0 ? formatSize(size) : "of unknown size",
  ];
  if (hereSize > 0) facts.push(`${formatSize(hereSize)} of it are here`);
  if (free !== undefined) facts.push(`${formatSize(free)} are free`);
  if (leftCount > 0) {
    facts.push(`${leftCount.toLocaleString("en")} left out`);
  }
  return facts.join(", ");
}

/** What its progress is called. */
export function offerTitle({ items }: OfferSummary): string {
  const [first] = items;
  if (first === undefined) return "nothing";
  const more = items.length - 1;
  const name = `${safeFileName(first.name)}${first.isFolder ? "/" : ""}`;
  return more === 0 ? name : `${name} and ${more} more`;
}

/** `1 file`, `1,203 files`. */
export function count(number: number, what: string): string {
  const plural = number === 1 ? what : `${what}s`;
  return `${number.toLocaleString("en")} ${plural}`;
}

/** A name that a person can take in: its middle is left out where it is long. */
function shortName(name: string): string {
  const shown = harmless(safeFileName(name));
  if (displayWidth(shown) <= NAME_WIDTH_MAX) return shown;
  const characters = Array.from(shown);
  let end = "";
  for (;;) {
    const longer = characters.pop()! + end;
    if (displayWidth(longer) > NAME_END_WIDTH) break;
    end = longer;
  }
  const start = fit(shown, NAME_WIDTH_MAX - NAME_END_WIDTH - 2).trimEnd();
  return `${start.replace(/~$/, "").trimEnd()}...${end}`;
}
