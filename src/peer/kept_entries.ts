/**
 * What is here already of an offer that was cut: whole files by their size and
 * time, which they get when their SHA-256 was right, and the beginnings of
 * others by the SHA-256 of their blocks.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { type FileInfo, SEEK, type SystemFile } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import type { FileEntry, OfferEntry } from "../talk/offer.ts";
import {
  blockSizeFor,
  LIST_COUNT_MAX,
  type PartialEntry,
} from "../talk/offer_answer.ts";
import { below } from "./below.ts";
import { pruneTree } from "./prune_tree.ts";
import { turn } from "./turn.ts";

/** Digests that one answer has at most. */
const DIGEST_COUNT_MAX = 60_000;

/** Bytes that are read at once. */
const READ_SIZE = 1024 * 1024;

/** After so many entries others get their turn. */
const TURN_COUNT = 500;

/** A file of which the beginning is here. */
export interface KeptPart {
  readonly partial: PartialEntry;
  /** The SHA-256 of all of it, for the rest to be added. */
  readonly hash: Hash;
}

/** What is here. */
export interface KeptEntries {
  /** 1 for each file that is whole. */
  readonly whole: Uint8Array;
  /** Files of which something else is there, which the new one takes the place of. */
  readonly stale: Set<number>;
  readonly parts: ReadonlyMap<number, KeptPart>;
}

/** Nothing is here of so many entries. */
export function nothingKept(entryCount: number): KeptEntries {
  return {
    whole: new Uint8Array(entryCount),
    stale: new Set(),
    parts: new Map(),
  };
}

/**
 * Looks for what is here, and removes what is not offered any more.
 *
 * @param tree Where received files lie.
 * @param entries What is offered.
 * @param places Where each of them lies in `tree`.
 * @param limits What an answer has room for.
 */
export async function findKept(
  tree: string,
  entries: readonly OfferEntry[],
  places: readonly (string | undefined)[],
  limits = { parts: LIST_COUNT_MAX, digests: DIGEST_COUNT_MAX },
): Promise<KeptEntries> {
  await pruneTree(tree, entries, places);
  const whole = new Uint8Array(entries.length);
  const stale = new Set<number>();
  const parts = new Map<number, KeptPart>();
  let digestCount = 0;
  for (const [index, entry] of entries.entries()) {
    if (index % TURN_COUNT === 0) await turn();
    if (entry.kind !== "file") continue;
    const path = below(tree, places[index]!);
    const info = infoOf(path);
    if (!info) continue;
    if (isWhole(entry, info)) {
      whole[index] = 1;
      continue;
    }
    stale.add(index);
    if (!info.isFile || entry.size === undefined) continue;
    if (info.size > 0 && info.size <= entry.size) {
      const block = blockSizeFor(entry.size);
      digestCount += Math.floor(info.size / block) + 1;
      const isFull = parts.size >= limits.parts;
      if (isFull || digestCount > limits.digests) continue;
      const part = await digestPart(path, index, info.size, block);
      if (part) parts.set(index, part);
    }
  }
  return { whole, stale, parts };
}

/** Whether the same entries mean the same content, as far as sizes and times tell: standard input has neither. */
export function tellsContent(entries: readonly OfferEntry[]): boolean {
  return entries.every((entry) =>
    entry.kind !== "file" ||
    (entry.size !== undefined && entry.mtimeMs !== undefined)
  );
}

/** A file gets the time of its entry only when all of it is here and right. */
function isWhole({ size, mtimeMs }: FileEntry, info: FileInfo): boolean {
  return info.isFile && info.size === size && mtimeMs !== undefined &&
    info.mtime?.getTime() === mtimeMs;
}

/** Whether a file lies at `path` as it was received. */
export function isWholeAt(path: string, entry: FileEntry): boolean {
  const info = infoOf(path);
  return info !== undefined && isWhole(entry, info);
}

function infoOf(path: string): FileInfo | undefined {
  try {
    return system.lstatSync(path);
  } catch {
    return undefined;
  }
}

async function digestPart(
  path: string,
  entry: number,
  size: number,
  block: number,
): Promise<KeptPart | undefined> {
  try {
    using file = await system.open(path);
    const digests: string[] = [];
    const hash = createHash("sha256");
    for (let at = 0; at < size;) {
      const end = Math.min(size, at + block);
      if (!await addTo(hash, file, end - at)) return undefined;
      at = end;
      if (at % block === 0) digests.push(hash.copy().digest("hex"));
    }
    digests.push(hash.copy().digest("hex"));
    return { partial: { entry, size, block, digests }, hash };
  } catch {
    // What cannot be read is received anew.
    return undefined;
  }
}

/** The SHA-256 of the beginning of a file. */
export async function digestStart(
  file: SystemFile,
  size: number,
): Promise<Hash> {
  const hash = createHash("sha256");
  await file.seek(0, SEEK.start);
  await addTo(hash, file, size);
  return hash;
}

/** Adds the next bytes of a file; tells whether there were so many. */
async function addTo(
  hash: Hash,
  file: SystemFile,
  size: number,
): Promise<boolean> {
  const buffer = new Uint8Array(Math.min(size, READ_SIZE));
  for (let left = size; left > 0;) {
    const count = await file.read(buffer.subarray(0, left));
    if (count === null) return false;
    hash.update(buffer.subarray(0, count));
    left -= count;
  }
  return true;
}

/**
 * The runs of entries that need not be sent, as an answer tells them: folders
 * end none, and what is behind the last run that there is room for is forgotten,
 * for it will be sent.
 */
export function rangesOf(
  { whole, stale }: KeptEntries,
  entries: readonly OfferEntry[],
  countMax: number = LIST_COUNT_MAX,
): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  let isOpen = false;
  for (const [index, { kind }] of entries.entries()) {
    if (kind !== "file") continue;
    const isHere = whole[index] === 1;
    if (isHere && isOpen) ranges.at(-1)![1] = index;
    else if (isHere && ranges.length < countMax) ranges.push([index, index]);
    else if (isHere) forget(index);
    isOpen = whole[index] === 1;
  }
  return ranges;

  function forget(index: number): void {
    whole[index] = 0;
    stale.add(index);
  }
}
