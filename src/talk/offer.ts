/**
 * Several files and folders as one offer (`PROTOCOL.md`, section 9): what is
 * offered, what of it is wanted, and what has become of it.
 *
 * @module
 */
import { concat } from "@std/bytes";
import { cutReason } from "../base/text.ts";
import type { ByteReader } from "./byte_reader.ts";
import { entryPathFault } from "./entry_path.ts";
import { magicOf, parseJsonObject } from "./mod.ts";

/** The eight bytes that an offer begins with: `\0LEKTO1\n`. */
export const OFFER_MAGIC: Uint8Array<ArrayBuffer> = magicOf("O");

/** The version of offers that a file's header announces, and a receipt answers with. */
export const OFFERS_VERSION = 1;

/** Files, folders and what is left out, in one offer. */
export const ENTRY_COUNT_MAX = 250_000;

/** Bytes of one line of an offer, with its LF. */
export const LINE_SIZE_MAX = 32 * 1024;

const LINE_TOO_LONG = "one of its lines is too long";

/** Bytes of a whole offer. */
export const OFFER_SIZE_MAX = 64 * 1024 * 1024;

/** The highest number of an offer. */
const NUMBER_MAX = 0xffff_ffff;

/** The latest moment that a date can have, in milliseconds. */
const TIME_MAX_MS = 8.64e15;

const MODE_MAX = 0o777;

const LF = 0x0a;

const ENCODER = new TextEncoder();

/** A file that is offered. */
export interface FileEntry {
  readonly kind: "file";
  /** Its name, behind those of its folders, separated by `/`. */
  readonly path: string;
  /** Bytes of its content, where they are known. */
  readonly size?: number | undefined;
  /** When it was changed last, in milliseconds since 1970. */
  readonly mtimeMs?: number;
  /** Its permission bits. */
  readonly mode?: number;
}

/** A folder that is offered; what is in it follows. */
export interface FolderEntry {
  readonly kind: "folder";
  readonly path: string;
  readonly mtimeMs?: number;
  readonly mode?: number;
}

/** Something that is there and not sent. */
export interface LeftEntry {
  readonly kind: "left";
  readonly path: string;
  /** Why not. */
  readonly reason: string;
}

/** One line of an offer. */
export type OfferEntry = FileEntry | FolderEntry | LeftEntry;

/** What its first line says. */
export interface OfferHead {
  /** Its number among the offers of its sender on this connection. */
  readonly number: number;
  /** How many entries follow. */
  readonly count: number;
  /** Bytes of all files whose size is known. */
  readonly total: number;
  /** Whether its sender can compress with Zstandard, and wants to. */
  readonly zstd: boolean;
}

/** An offer. */
export interface Offer extends OfferHead {
  /** Each folder before what is in it. */
  readonly entries: readonly OfferEntry[];
}

/** An offer that cannot be followed, and its number where that is known. */
export interface OfferFault {
  readonly fault: string;
  readonly number?: number | undefined;
}

/** The bytes of all files whose size is known. */
export function totalSize(entries: readonly OfferEntry[]): number {
  let total = 0;
  for (const entry of entries) {
    if (entry.kind === "file") total += entry.size ?? 0;
  }
  return total;
}

/**
 * Encodes an offer.
 *
 * @param offer The offer.
 * @return The message, in pieces of some 64 KiB.
 */
export function* encodeOffer(offer: Offer): Generator<Uint8Array<ArrayBuffer>> {
  const { number, count, total, zstd } = offer;
  const head = JSON.stringify({
    offer: number,
    count,
    total,
    ...(zstd ? { zstd } : {}),
  });
  let text = `${head}\n`;
  let magic = OFFER_MAGIC;
  for (const entry of offer.entries) {
    text += `${JSON.stringify(wireEntry(entry))}\n`;
    if (text.length < 64 * 1024) continue;
    yield concat([magic, ENCODER.encode(text)]);
    magic = new Uint8Array(0);
    text = "";
  }
  if (text !== "") yield concat([magic, ENCODER.encode(text)]);
}

function wireEntry(entry: OfferEntry): Record<string, unknown> {
  const { path } = entry;
  if (entry.kind === "left") return { path, left: cutReason(entry.reason) };
  const { mtimeMs: mtime, mode } = entry;
  return entry.kind === "folder"
    ? { path, folder: true, mtime, mode }
    : { path, size: entry.size, mtime, mode };
}

/**
 * Reads an offer, behind its first eight bytes. Counts and sizes are checked
 * before memory is used for them.
 *
 * @param body The rest of the message.
 * @return The offer, or why it cannot be followed.
 * @throws What reading the body throws.
 */
export async function readOffer(body: ByteReader): Promise<Offer | OfferFault> {
  let head: OfferHead | undefined;
  const list = new EntryList();
  for await (const line of linesOf(body)) {
    if (typeof line === "string") return { fault: line, number: head?.number };
    if (!head) {
      const read = parseHead(line);
      if ("fault" in read) return read;
      head = read;
      continue;
    }
    const fault = list.length < head.count
      ? list.add(line)
      : "it has more entries than it announces";
    if (fault) return { fault: byFault(fault), number: head.number };
  }
  if (!head) return { fault: byFault("it is empty") };
  const { number } = head;
  if (list.length !== head.count) {
    const fault = `it has ${list.length} of the ${head.count} entries that ` +
      "it announces";
    return { fault: byFault(fault), number };
  }
  if (list.total !== head.total) {
    const fault = "its total is not the sum of its sizes";
    return { fault: byFault(fault), number };
  }
  return { ...head, entries: list.entries };
}

function byFault(fault: string): string {
  return `${fault}, by a fault of the program that sends it`;
}

function parseHead(line: Uint8Array): OfferHead | OfferFault {
  const members = parseJsonObject(line);
  const number = members?.["offer"];
  if (!isInteger(number, 0, NUMBER_MAX)) {
    return { fault: byFault("it has no number") };
  }
  const { count, total, zstd } = members!;
  if (!isInteger(count, 0, Number.MAX_SAFE_INTEGER)) {
    return {
      fault: byFault("it does not say how many entries follow"),
      number,
    };
  }
  if (!isInteger(total, 0, Number.MAX_SAFE_INTEGER)) {
    return { fault: byFault("it does not say how large it is"), number };
  }
  if (count > ENTRY_COUNT_MAX) {
    const fault = `it announces ${count} files and folders, and ` +
      `${ENTRY_COUNT_MAX} are the most of one offer; send an archive of them`;
    return { fault, number };
  }
  return { number, count, total, zstd: zstd === true };
}

/** The entries that have come, which must make sense one behind the other. */
class EntryList {
  readonly entries: OfferEntry[] = [];
  total = 0;
  #folders = new Set<string>();
  #files = new Set<string>();

  get length(): number {
    return this.entries.length;
  }

  /** Adds what a line says, or tells what is wrong with it. */
  add(line: Uint8Array): string | undefined {
    const entry = parseEntry(line);
    if (typeof entry === "string") return entry;
    const fault = this.#placeFault(entry);
    if (fault) return fault;
    if (entry.kind === "file") this.total += entry.size ?? 0;
    if (!Number.isSafeInteger(this.total)) return "its sizes have no sum";
    this.entries.push(entry);
    return undefined;
  }

  /** Each folder stands before what is in it, and each path once behind the top that it belongs to. */
  #placeFault({ kind, path }: OfferEntry): string | undefined {
    const slash = path.lastIndexOf("/");
    if (slash < 0) {
      this.#folders = new Set();
      this.#files = new Set();
    } else if (!this.#folders.has(path.slice(0, slash))) {
      return `the folder of "${path}" does not stand before it`;
    }
    if (kind === "left") return undefined;
    if (this.#folders.has(path) || this.#files.has(path)) {
      return `it has "${path}" twice`;
    }
    (kind === "folder" ? this.#folders : this.#files).add(path);
    return undefined;
  }
}

function parseEntry(line: Uint8Array): OfferEntry | string {
  const members = parseJsonObject(line);
  if (!members) return "one of its lines is no JSON object";
  const { path, size, folder, left, mtime, mode } = members;
  if (typeof path !== "string") return "one of its entries has no path";
  const wellFormed = path.toWellFormed();
  const fault = entryPathFault(wellFormed);
  if (fault) return fault;
  if (typeof left === "string") {
    return { kind: "left", path: wellFormed, reason: left.toWellFormed() };
  }
  const facts = {
    path: wellFormed,
    ...(isInteger(mtime, -TIME_MAX_MS, TIME_MAX_MS) ? { mtimeMs: mtime } : {}),
    ...(isInteger(mode, 0, MODE_MAX) ? { mode } : {}),
  };
  if (folder === true) return { kind: "folder", ...facts };
  if (size === undefined) return { kind: "file", ...facts };
  return isInteger(size, 0, Number.MAX_SAFE_INTEGER)
    ? { kind: "file", ...facts, size }
    : `the size of "${wellFormed}" is no number of bytes`;
}

/** Tells whether a value is an integer of a range. */
export function isInteger(
  value: unknown,
  min: number,
  max: number,
): value is number {
  return Number.isInteger(value) && (value as number) >= min &&
    (value as number) <= max;
}

/** The lines of a body without their LF; a text is what is wrong with it. */
async function* linesOf(
  body: ByteReader,
): AsyncGenerator<Uint8Array | string> {
  let begun: Uint8Array = new Uint8Array(0);
  let size = 0;
  for (;;) {
    const chunk = await body.next();
    if (!chunk) break;
    size += chunk.length;
    if (size > OFFER_SIZE_MAX) {
      return yield `it is longer than ${OFFER_SIZE_MAX} bytes`;
    }
    const bytes = begun.length === 0 ? chunk : concat([begun, chunk]);
    let from = 0;
    for (let end; (end = bytes.indexOf(LF, from)) >= 0; from = end + 1) {
      // However the bytes were cut on their way.
      if (end - from >= LINE_SIZE_MAX) return yield byFault(LINE_TOO_LONG);
      yield bytes.subarray(from, end);
    }
    begun = bytes.slice(from);
    if (begun.length >= LINE_SIZE_MAX) return yield byFault(LINE_TOO_LONG);
  }
  if (begun.length > 0) yield byFault("its last line has no end");
}

/** Reads the number of the offer that a message is about; `undefined` where it has none. */
export function numberOf(members: Record<string, unknown>): number | undefined {
  return isInteger(members["offer"], 0, NUMBER_MAX)
    ? members["offer"]
    : undefined;
}

/** The text of a message that is one JSON object behind its first eight bytes. */
export function jsonMessage(
  magic: Uint8Array,
  members: Record<string, unknown>,
): Uint8Array<ArrayBuffer> {
  return concat([magic, ENCODER.encode(JSON.stringify(members))]);
}

/** A reason from the other side; empty where there is none. */
export function reasonFrom(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed() : "";
}
