/**
 * The room of the talk convention (`PROTOCOL.md`, section 9): how programs tell
 * texts, data, files and receipts apart. This file is about bytes and names;
 * its neighbours read and write whole messages.
 *
 * This room imports `src/base` alone, and knows nothing of connections: bodies of
 * messages come in as streams of bytes, and what they are goes out; files come
 * in as streams, and messages to send go out.
 *
 * @module
 */
import { concat } from "@std/bytes";
import { cutReason, decodeText, nicknameFault } from "../base/text.ts";

/** The eight bytes that a file begins with: `\0LEKTF1\n`. */
export const FILE_MAGIC: Uint8Array<ArrayBuffer> = magicOf("F");

/** The eight bytes that a receipt begins with: `\0LEKTR1\n`. */
export const RECEIPT_MAGIC: Uint8Array<ArrayBuffer> = magicOf("R");

/** The eight bytes that a message of a proof by code begins with: `\0LEKTC1\n`. */
export const CODE_MAGIC: Uint8Array<ArrayBuffer> = magicOf("C");

/** How many bytes tell a file or a receipt from everything else. */
export const MAGIC_SIZE = 8;

/** Bytes of the longest header line of a file, with the LF that ends it. */
export const HEADER_SIZE_MAX = 4096;

/**
 * Bytes of the longest receipt that is read as one: a reason of 1023 bytes in
 * JSON's longest spelling fits. What is longer is data.
 */
export const RECEIPT_SIZE_MAX = 8192;

/** Bytes of the SHA-256 digest that ends a file. */
export const DIGEST_SIZE = 32;

/** The highest message id. */
const MESSAGE_ID_MAX = 0xffffffff;

/** Bytes of the longest name that a received file gets, so that a number still fits what file systems allow. */
export const FILE_NAME_SIZE_MAX = 200;

const ENCODER = new TextEncoder();

/** What the header line of a file says. */
export interface FileHeader {
  /** The name that the sender gave it; not yet fit for use as a name here: see {@linkcode safeFileName}. */
  name: string;
  /** Bytes of the content, where the sender knew. */
  size?: number | undefined;
  /** The media type, where the sender told. */
  type?: string;
  /** The version of offers that the sender speaks; left out where it speaks of none. */
  offers?: number | undefined;
}

/** What became of a file at its receiver. */
export interface Receipt {
  /** The message id of the file. */
  id: number;
  /** The file's name as its sender wrote it, where it is known. */
  name?: string | undefined;
  /** Whether the file is safely in its place. */
  ok: boolean;
  /** Why it is not. */
  reason?: string;
}

/** The eight bytes that a message of some kind begins with. */
export function magicOf(letter: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    `\0LEKT${letter}1\n`,
    (character) => character.charCodeAt(0),
  );
}

/**
 * Encodes the beginning of a file: the eight bytes and the header line.
 *
 * @param header The file's name, and its size in bytes where it is known.
 * @return At most 8 + 4096 bytes; a longer name is cut to 200 bytes, as a receiver would.
 */
export function encodeFileHeader(header: FileHeader): Uint8Array<ArrayBuffer> {
  const line = JSON.stringify({
    name: safeFileName(header.name),
    size: header.size,
    type: header.type,
    offers: header.offers,
  });
  return concat([FILE_MAGIC, ENCODER.encode(`${line}\n`)]);
}

/**
 * Reads the header line of a file.
 *
 * @param line The line without the LF that ends it.
 * @return The header, or why the file has to be refused, with its name where it has one.
 */
export function parseFileHeader(
  line: Uint8Array,
): FileHeader | { fault: string; name?: string } {
  const members = parseJsonObject(line);
  if (!members) {
    return {
      fault:
        "its header is no JSON object, by a fault of the program that sends it",
    };
  }
  const { name, size, type, offers } = members;
  if (typeof name !== "string") {
    return {
      fault: "its header has no name, by a fault of the program that sends it",
    };
  }
  const header: FileHeader = { name: name.toWellFormed() };
  if (size !== undefined) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) {
      const fault =
        "the size in its header is no number of bytes, by a fault of the program that sends it";
      return { fault, name: header.name };
    }
    header.size = size as number;
  }
  if (typeof type === "string") header.type = type;
  if (isVersion(offers)) header.offers = offers;
  return header;
}

/**
 * Encodes a receipt as one message.
 *
 * @param receipt Which file it is about, and what became of it.
 * @return The message.
 */
export function encodeReceipt(receipt: Receipt): Uint8Array<ArrayBuffer> {
  const { id, name, ok, reason } = receipt;
  const json = JSON.stringify({
    id,
    ok,
    name: name === undefined ? undefined : cutText(name, FILE_NAME_SIZE_MAX),
    reason: reason === undefined ? undefined : cutReason(reason),
  });
  return concat([RECEIPT_MAGIC, ENCODER.encode(json)]);
}

/**
 * Reads what follows the first eight bytes of a receipt.
 *
 * @param json The rest of the message.
 * @return The receipt, or `undefined` where it is none.
 */
export function parseReceipt(json: Uint8Array): Receipt | undefined {
  const members = parseJsonObject(json);
  if (!members) return undefined;
  const { id, ok, name, reason } = members;
  if (typeof ok !== "boolean") return undefined;
  if (!Number.isInteger(id) || (id as number) < 0) return undefined;
  if ((id as number) > MESSAGE_ID_MAX) return undefined;
  const receipt: Receipt = { id: id as number, ok };
  if (typeof name === "string") receipt.name = name.toWellFormed();
  if (!ok) {
    receipt.reason = typeof reason === "string" ? reason.toWellFormed() : "";
  }
  return receipt;
}

function isVersion(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

/** Reads a JSON object; `undefined` where the bytes are none. */
export function parseJsonObject(
  bytes: Uint8Array,
): Record<string, unknown> | undefined {
  const text = decodeText(bytes);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes the name that a sender gave a file fit for use here: only what is
 * behind the last `/` or `\`, without the characters that nicknames must not
 * hold, without dots at its beginning, cut to 200 bytes with its extension kept.
 *
 * @param name The name as sent.
 * @return A name without a path; `file` where nothing useful is left.
 */
export function safeFileName(name: string): string {
  const last = name.slice(
    Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1,
  );
  const clean = cleanName(last, FILE_NAME_SIZE_MAX, /^\.+/);
  return clean === "" ? "file" : clean;
}

/**
 * A name without the characters that nicknames must not hold, and cut with its
 * extension kept.
 *
 * @param name The name.
 * @param sizeMax Bytes that it may have.
 * @param dropped What else is left out of it.
 */
export function cleanName(
  name: string,
  sizeMax: number,
  dropped: RegExp = /^$/,
): string {
  const clean = [...name.toWellFormed()]
    .filter((character) => nicknameFault(character) === undefined)
    .join("").replace(dropped, "");
  const [stem, extension] = splitExtension(clean);
  const extensionSize = ENCODER.encode(extension).length;
  return extensionSize < sizeMax
    ? cutText(stem, sizeMax - extensionSize) + extension
    : cutText(clean, sizeMax);
}

/** Names that are devices on Windows, whatever their extension. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * The name for file systems that refuse the characters and names which Windows
 * reserves: those become `_`.
 *
 * @param name A name of {@linkcode safeFileName}.
 * @return A name that Windows takes too.
 */
export function portableFileName(name: string): string {
  const portable = name.replace(/[<>:"|?*]/g, "_").replace(/[. ]+$/, "_");
  return DEVICE_NAME.test(portable) ? `_${portable}` : portable;
}

/**
 * The name for file systems that refuse still more: at most 64 ASCII letters,
 * digits, `-`, `_` and `.`.
 *
 * @param name A name of {@linkcode safeFileName}.
 * @return A name that every file system takes.
 */
export function plainFileName(name: string): string {
  const [stem, extension] = splitExtension(
    portableFileName(name).replace(/[^\w.-]/g, "_"),
  );
  return stem.slice(0, 48) + extension.slice(0, 16);
}

/**
 * The name that a file gets where its own is taken: `a (2).txt` for `a.txt`.
 *
 * @param name The file's own name.
 * @param number 1 for the name as it is; 2 and up for the next ones to try.
 * @return The name to try.
 */
export function numberedFileName(name: string, number: number): string {
  if (number === 1) return name;
  const [stem, extension] = splitExtension(name);
  return `${stem} (${number})${extension}`;
}

function splitExtension(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
}

/** Cuts a text to a number of bytes, at a character boundary. */
function cutText(text: string, sizeMax: number): string {
  const { read } = ENCODER.encodeInto(text, new Uint8Array(sizeMax));
  return text.slice(0, read);
}
