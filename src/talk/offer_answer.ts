/**
 * What the receiver of an offer says: whether it wants it and what of it it has
 * already, and in the end what has become of it (`PROTOCOL.md`, section 9).
 *
 * @module
 */
import { cutReason } from "../base/text.ts";
import type { ByteReader } from "./byte_reader.ts";
import { isInteger, jsonMessage, numberOf, reasonFrom } from "./offer.ts";
import { magicOf, parseJsonObject } from "./mod.ts";

/** The eight bytes that an answer begins with: `\0LEKTA1\n`. */
export const ANSWER_MAGIC: Uint8Array<ArrayBuffer> = magicOf("A");

/** The eight bytes that a result begins with: `\0LEKTD1\n`. */
export const RESULT_MAGIC: Uint8Array<ArrayBuffer> = magicOf("D");

/** Bytes of the longest answer or result, behind its first eight. */
const ANSWER_SIZE_MAX = 8 * 1024 * 1024;

/** Bytes of a file between two digests that its sender compares. */
export const BLOCK_SIZE = 4 * 1024 * 1024;

/** Digests of one file: above so many blocks they become larger. */
const DIGEST_COUNT_MAX = 16_384;

/** Digests of all files of an answer. */
const ALL_DIGEST_COUNT_MAX = 65_536;

/** Ranges of entries in an answer, and entries that a result tells more of. */
export const LIST_COUNT_MAX = 10_000;

const DIGEST = /^[0-9a-f]{64}$/;

/** A file of which the receiver has the beginning. */
export interface PartialEntry {
  /** The index of the entry. */
  readonly entry: number;
  /** Bytes that are there. */
  readonly size: number;
  /** Bytes between two digests. */
  readonly block: number;
  /** The SHA-256 of its beginning up to each whole block, and of all of it; in lower-case hexadecimal digits. */
  readonly digests: readonly string[];
}

/** What the receiver says to an offer, or before one: that it takes offers. */
export type Answer =
  | { readonly kind: "invite"; readonly offers: number }
  | { readonly kind: "wait"; readonly number: number }
  | { readonly kind: "no"; readonly number: number; readonly reason: string }
  | {
    readonly kind: "yes";
    readonly number: number;
    /** Whether its content may be compressed. */
    readonly zstd: boolean;
    /** The first and the last of each run of entries that are here already. */
    readonly have: readonly (readonly [first: number, last: number])[];
    readonly partial: readonly PartialEntry[];
  };

/** What has become of an offer. */
export interface OfferResult {
  readonly number: number;
  /** Whether all that could be taken is in its place. */
  readonly ok: boolean;
  /** Why not. */
  readonly reason?: string;
  /** The entries that are not here, and why; the first 10,000. */
  readonly failed: readonly (readonly [entry: number, reason: string])[];
  /** The entries that are here under another name, and it; the first 10,000. */
  readonly renamed: readonly (readonly [entry: number, name: string])[];
}

/** The block size for a file: 4 MiB, and twice as large until no more than 16,384 are needed. */
export function blockSizeFor(size: number): number {
  let block = BLOCK_SIZE;
  while (size / block > DIGEST_COUNT_MAX - 1) block *= 2;
  return block;
}

/** Encodes an answer as one message. */
export function encodeAnswer(answer: Answer): Uint8Array<ArrayBuffer> {
  if (answer.kind === "invite") {
    return jsonMessage(ANSWER_MAGIC, { offers: answer.offers });
  }
  const { number: offer } = answer;
  switch (answer.kind) {
    case "wait":
      return jsonMessage(ANSWER_MAGIC, { offer, wait: true });
    case "no": {
      const reason = cutReason(answer.reason);
      return jsonMessage(ANSWER_MAGIC, { offer, ok: false, reason });
    }
    case "yes": {
      const { zstd, have, partial } = answer;
      return jsonMessage(ANSWER_MAGIC, {
        offer,
        ok: true,
        ...(zstd ? { zstd } : {}),
        have: have.slice(0, LIST_COUNT_MAX),
        partial,
      });
    }
  }
}

/**
 * Reads an answer, behind its first eight bytes.
 *
 * @param body The rest of the message.
 * @return The answer, or `undefined` where it is none.
 * @throws What reading the body throws.
 */
export async function readAnswer(
  body: ByteReader,
): Promise<Answer | undefined> {
  const json = await body.peek(ANSWER_SIZE_MAX + 1);
  return json.length > ANSWER_SIZE_MAX ? undefined : parseAnswer(json);
}

function parseAnswer(json: Uint8Array): Answer | undefined {
  const members = parseJsonObject(json);
  if (isInteger(members?.["offers"], 1, Number.MAX_SAFE_INTEGER)) {
    return { kind: "invite", offers: members["offers"] };
  }
  const number = members && numberOf(members);
  if (number === undefined) return undefined;
  const { ok, wait, zstd, have = [], partial = [] } = members!;
  if (wait === true) return { kind: "wait", number };
  if (ok === false) {
    return { kind: "no", number, reason: reasonFrom(members!["reason"]) };
  }
  if (ok !== true || !isListOf(have, isRange)) return undefined;
  if (!isListOf(partial, isPartialEntry)) return undefined;
  const digestCount = partial.reduce(
    (sum, { digests }) => sum + digests.length,
    0,
  );
  if (digestCount > ALL_DIGEST_COUNT_MAX) return undefined;
  return { kind: "yes", number, zstd: zstd === true, have, partial };
}

/** Encodes a result as one message. */
export function encodeResult(result: OfferResult): Uint8Array<ArrayBuffer> {
  const { number: offer, ok, reason, failed, renamed } = result;
  return jsonMessage(RESULT_MAGIC, {
    offer,
    ok,
    reason: reason === undefined ? undefined : cutReason(reason),
    failed: cutPairs(failed),
    renamed: cutPairs(renamed),
  });
}

function cutPairs(
  pairs: readonly (readonly [number, string])[],
): (readonly [number, string])[] | undefined {
  if (pairs.length === 0) return undefined;
  return pairs.slice(0, LIST_COUNT_MAX).map(([entry, text]) =>
    [entry, text.slice(0, 255)] as const
  );
}

/**
 * Reads a result, behind its first eight bytes.
 *
 * @param body The rest of the message.
 * @return The result, or `undefined` where it is none.
 * @throws What reading the body throws.
 */
export async function readResult(
  body: ByteReader,
): Promise<OfferResult | undefined> {
  const json = await body.peek(ANSWER_SIZE_MAX + 1);
  return json.length > ANSWER_SIZE_MAX ? undefined : parseResult(json);
}

function parseResult(json: Uint8Array): OfferResult | undefined {
  const members = parseJsonObject(json);
  const number = members && numberOf(members);
  if (number === undefined) return undefined;
  const { ok, reason, failed = [], renamed = [] } = members!;
  if (typeof ok !== "boolean") return undefined;
  if (!isListOf(failed, isPair) || !isListOf(renamed, isPair)) return undefined;
  return {
    number,
    ok,
    failed,
    renamed,
    ...(ok ? {} : { reason: reasonFrom(reason) }),
  };
}

function isListOf<T>(
  value: unknown,
  isItem: (item: unknown) => item is T,
): value is T[] {
  return Array.isArray(value) && value.length <= LIST_COUNT_MAX &&
    value.every(isItem);
}

function isIndex(value: unknown): value is number {
  return isInteger(value, 0, Number.MAX_SAFE_INTEGER);
}

function isRange(value: unknown): value is [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [first, last] = value;
  return isIndex(first) && isIndex(last) && first <= last;
}

function isPair(value: unknown): value is [number, string] {
  return Array.isArray(value) && value.length === 2 && isIndex(value[0]) &&
    typeof value[1] === "string";
}

function isPartialEntry(value: unknown): value is PartialEntry {
  const { entry, size, block, digests } = Object(value);
  if (!isIndex(entry) || !isIndex(size)) return false;
  if (!isInteger(block, BLOCK_SIZE, Number.MAX_SAFE_INTEGER)) return false;
  return Array.isArray(digests) &&
    digests.length === Math.floor(size / block) + 1 &&
    digests.every((digest) => DIGEST.test(digest));
}
