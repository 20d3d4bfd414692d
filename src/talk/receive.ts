/**
 * Tells what a message is while its body arrives (`PROTOCOL.md`, section 9).
 * However large the message, only its beginning and one chunk are in memory.
 *
 * @module
 */
import { concat, equals, startsWith } from "@std/bytes";
import { createHash } from "node:crypto";
import { ByteReader } from "./byte_reader.ts";
import {
  DIGEST_SIZE,
  FILE_MAGIC,
  type FileHeader,
  HEADER_SIZE_MAX,
  MAGIC_SIZE,
  parseFileHeader,
  parseReceipt,
  type Receipt,
  RECEIPT_MAGIC,
  RECEIPT_SIZE_MAX,
} from "./mod.ts";
import { OFFER_MAGIC } from "./offer.ts";
import { ANSWER_MAGIC, RESULT_MAGIC } from "./offer_answer.ts";
import {
  parseResume,
  type Resume,
  RESUME_MAGIC,
  RESUME_SIZE_MAX,
} from "./resume.ts";
import { CONTENT_MAGIC } from "./send_content.ts";

const LF = 0x0a;

/** The kinds of messages that belong to offers. */
export type OfferPart = "offer" | "answer" | "content" | "result";

const PARTS: readonly (readonly [magic: Uint8Array, part: OfferPart])[] = [
  [OFFER_MAGIC, "offer"],
  [ANSWER_MAGIC, "answer"],
  [CONTENT_MAGIC, "content"],
  [RESULT_MAGIC, "result"],
];

/** What a message has turned out to be; its body is not read further than needed to tell. */
export type Talk =
  | { readonly kind: "file"; readonly file: IncomingFile }
  | {
    readonly kind: "refusedFile";
    readonly fault: string;
    /** Its name, where its header has one. */
    readonly name?: string;
  }
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  | {
    readonly kind: "offering";
    readonly part: OfferPart;
    /** What stands behind its first eight bytes. */
    readonly body: ByteReader;
  }
  | { readonly kind: "resume"; readonly resume: Resume }
  | { readonly kind: "plain"; readonly body: ByteReader };

/** A file whose content is still to be read. */
export interface IncomingFile {
  /** What its header line says. */
  readonly header: FileHeader;
  /** Its content, and behind that its digest. */
  readonly body: ByteReader;
}

/** What a whole message without a form of its own was. */
export interface Plain {
  /** Its size in bytes. */
  readonly size: number;
  /** Its SHA-256 in lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Whether it is text: well-formed UTF-8 that does not begin with NUL. */
  readonly isText: boolean;
  /** The text, where it is text and was kept. */
  readonly text?: string;
}

/** How many bytes of text may still be kept in memory; shared by all that read at once. */
export interface TextBudget {
  /** Bytes that are left. */
  left: number;
}

/** A file was not what its header or its digest says; the message says how. */
export class FileFault extends Error {
  override name = "FileFault";
}

/**
 * Tells what a message is.
 *
 * @param body The body of the message.
 * @return What it is; a file's content and a plain body are still to be read.
 * @throws What reading the body throws, for example where the message was aborted.
 */
export async function recognize(
  body: ReadableStream<Uint8Array>,
): Promise<Talk> {
  const reader = new ByteReader(body);
  const magic = await reader.peek(MAGIC_SIZE);
  if (startsWith(magic, FILE_MAGIC)) return await readHeader(reader);
  if (startsWith(magic, RECEIPT_MAGIC)) {
    const bytes = await reader.peek(RECEIPT_SIZE_MAX + 1);
    const receipt = bytes.length <= RECEIPT_SIZE_MAX
      ? parseReceipt(bytes.subarray(MAGIC_SIZE))
      : undefined;
    if (receipt) return { kind: "receipt", receipt };
  }
  if (startsWith(magic, RESUME_MAGIC)) {
    const bytes = await reader.peek(RESUME_SIZE_MAX + 1);
    const resume = bytes.length <= RESUME_SIZE_MAX
      ? parseResume(bytes.subarray(MAGIC_SIZE))
      : undefined;
    if (resume) return { kind: "resume", resume };
  }
  const part = PARTS.find(([start]) => startsWith(magic, start))?.[1];
  if (part === undefined) return { kind: "plain", body: reader };
  reader.skip(MAGIC_SIZE);
  return { kind: "offering", part, body: reader };
}

async function readHeader(reader: ByteReader): Promise<Talk> {
  reader.skip(MAGIC_SIZE);
  let seen = await reader.peek(1);
  let end = lineEnd(seen);
  while (end < 0 && seen.length < HEADER_SIZE_MAX) {
    const before = seen.length;
    seen = await reader.peek(before + 1);
    if (seen.length === before) break;
    end = lineEnd(seen);
  }
  const header = end < 0
    ? {
      fault: "its header has no end, by a fault of the program that sends it",
    }
    : parseFileHeader(seen.subarray(0, end));
  if ("fault" in header) {
    await reader.cancel();
    return { kind: "refusedFile", ...header };
  }
  reader.skip(end + 1);
  return { kind: "file", file: { header, body: reader } };
}

function lineEnd(bytes: Uint8Array): number {
  return bytes.subarray(0, HEADER_SIZE_MAX).indexOf(LF);
}

/**
 * Waits for the first byte behind the header of a file that its sender would
 * rather offer.
 *
 * @param file The file.
 * @return Whether it came; otherwise the file is not sent after all.
 */
export async function hasContent(file: IncomingFile): Promise<boolean> {
  try {
    return (await file.body.peek(1)).length > 0;
  } catch {
    return false;
  }
}

/**
 * Reads the content of a file, and checks its size and digest at the end.
 *
 * @param file The file.
 * @return The content in chunks, each of which is valid until the next one is asked for; the end of the iteration returns the SHA-256 in lower-case hexadecimal digits.
 * @throws {FileFault} Where size or digest are not those that were announced; what was read is worth nothing then.
 */
export async function* readContent(
  file: IncomingFile,
): AsyncGenerator<Uint8Array, string> {
  const hash = createHash("sha256");
  const sizeMax = file.header.size ?? Infinity;
  let size = 0;
  // The last bytes seen may be the digest: they are held back.
  let held: Uint8Array = new Uint8Array(0);
  for (;;) {
    const chunk = await file.body.next();
    if (!chunk) break;
    const contentPieces = splitDigest(held, chunk);
    held = contentPieces.pop()!;
    for (const piece of contentPieces) {
      size += piece.length;
      if (size > sizeMax) {
        throw new FileFault(
          `it is larger than its ${sizeMax} bytes: it was changed on its way, or while it was sent; send it again`,
        );
      }
      hash.update(piece);
      yield piece;
    }
  }
  if (held.length < DIGEST_SIZE) {
    throw new FileFault(
      "it has no digest at its end, as if it were cut; send it again",
    );
  }
  if (file.header.size !== undefined && size < sizeMax) {
    throw new FileFault(
      `it has ${size} bytes instead of ${sizeMax}: it was cut on its way, or while it was sent; send it again`,
    );
  }
  const digest = hash.digest();
  if (!equals(digest, held)) {
    throw new FileFault(
      "its digest is wrong: it was damaged on its way; send it again",
    );
  }
  return digest.toString("hex");
}

/** Pieces of content, and as the last one the bytes behind them that may be the digest. A large chunk is not copied. */
function splitDigest(held: Uint8Array, chunk: Uint8Array): Uint8Array[] {
  const isLarge = chunk.length >= DIGEST_SIZE;
  const bytes = isLarge ? chunk : concat([held, chunk]);
  const contentSize = Math.max(0, bytes.length - DIGEST_SIZE);
  const pieces = isLarge ? [held] : [];
  pieces.push(bytes.subarray(0, contentSize));
  return [
    ...pieces.filter((piece) => piece.length > 0),
    bytes.slice(contentSize),
  ];
}

/**
 * Reads a message that is neither file nor receipt to its end.
 *
 * @param body The message.
 * @param options `keepSizeMax`: a text of more bytes than this is hashed and counted but not kept. `budget`: what all readers together may keep; what this one kept is the caller's to give back.
 * @return What it was.
 */
export async function readPlain(
  body: ByteReader,
  options: { keepSizeMax: number; budget: TextBudget },
): Promise<Plain> {
  const hash = createHash("sha256");
  const text = new TextCollector(options.keepSizeMax, options.budget);
  let size = 0;
  try {
    for (;;) {
      const chunk = await body.next();
      if (!chunk) break;
      hash.update(chunk);
      text.add(chunk, size === 0);
      size += chunk.length;
    }
  } catch (error) {
    text.drop();
    throw error;
  }
  const sha256 = hash.digest("hex");
  return { size, sha256, ...text.end() };
}

/** Judges text as it streams by, and keeps it as long as it may. */
class TextCollector {
  readonly #decoder = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true,
  });
  readonly #keepSizeMax: number;
  readonly #budget: TextBudget;
  #isText = true;
  #isKept = true;
  #keptSize = 0;
  #text = "";

  constructor(keepSizeMax: number, budget: TextBudget) {
    this.#keepSizeMax = keepSizeMax;
    this.#budget = budget;
  }

  add(chunk: Uint8Array, isFirst: boolean): void {
    if (isFirst && chunk[0] === 0) this.#isText = false;
    if (!this.#isText) return;
    const piece = this.#decode(chunk);
    if (piece === undefined || !this.#isKept) return;
    if (
      this.#keptSize + chunk.length > this.#keepSizeMax ||
      chunk.length > this.#budget.left
    ) {
      this.drop();
      return;
    }
    this.#budget.left -= chunk.length;
    this.#keptSize += chunk.length;
    this.#text += piece;
  }

  #decode(chunk?: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      this.#isText = false;
      this.drop();
      return undefined;
    }
  }

  /** Gives back what was kept. */
  drop(): void {
    this.#budget.left += this.#keptSize;
    this.#keptSize = 0;
    this.#isKept = false;
    this.#text = "";
  }

  /** What the whole message was; the caller gives back what was kept. */
  end(): { isText: boolean; text?: string } {
    // The end of the stream shows whether the last character is whole.
    if (this.#isText) this.#decode();
    if (!this.#isText) return { isText: false };
    return this.#isKept ? { isText: true, text: this.#text } : { isText: true };
  }
}
