/**
 * Reads the content of an offer while it arrives, and checks it: however large
 * it is, only one chunk is in memory.
 *
 * @module
 */
import { equals } from "@std/bytes";
import { createHash, type Hash } from "node:crypto";
import { decodeReason } from "../base/text.ts";
import type { ByteReader } from "./byte_reader.ts";
import { DIGEST_SIZE } from "./mod.ts";
import type { FileEntry, Offer } from "./offer.ts";
import { FileFault } from "./receive.ts";
import {
  BLOCK_PIECE_MAX,
  END_MARK,
  FILE_HEAD_SIZE,
  GIVEN_UP_MARK,
  ZSTD_BIT,
} from "./send_content.ts";

/** A file that comes in one block of at most so many bytes is handed over whole. */
const SMALL_SIZE_MAX = 64 * 1024;

const LENGTH_SIZE = 4;

/** Where the content of files goes. */
export interface ContentSink {
  /**
   * Begins a file.
   *
   * @return The SHA-256 of what is there of it, for the rest to be added.
   */
  begin(entry: number, start: number): Promise<Hash>;
  /** Takes the next bytes of the file, valid until the promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** The file is whole. */
  end(digest: Uint8Array): Promise<void>;
  /** Takes a whole file; what it waits for is only waited for where it gives a promise. */
  whole(
    entry: number,
    bytes: Uint8Array,
    digest: Uint8Array,
  ): Promise<void> | void;
  /** The sender cannot send the rest of a file. */
  giveUp(entry: number, reason: string): Promise<void>;
}

/** What reading works with. */
export interface ContentOptions {
  /** What was offered. */
  readonly offer: Offer;
  /** Whether the content of an entry is awaited. */
  readonly isWanted: (entry: number) => boolean;
  /** Where it goes. */
  readonly sink: ContentSink;
  /** Told of each number of bytes that was handed over. */
  readonly onReceived: (byteCount: number) => void;
  /** Makes a block of at most `sizeMax` bytes of one in Zstandard; left out where none was agreed on. */
  readonly decompress?: (bytes: Uint8Array, sizeMax: number) => Uint8Array;
}

/**
 * Reads the number of the offer that a content belongs to, which stands behind
 * its first eight bytes; `undefined` where the message ends before.
 *
 * @throws What reading the body throws.
 */
export async function readContentNumber(
  body: ByteReader,
): Promise<number | undefined> {
  const bytes = await body.peek(LENGTH_SIZE);
  if (bytes.length < LENGTH_SIZE) return undefined;
  const number = viewOf(bytes).getUint32(0);
  body.skip(LENGTH_SIZE);
  return number;
}

/**
 * Reads the content of an offer behind its number.
 *
 * @param body The rest of the message.
 * @param options What was offered, and where it goes.
 * @throws {FileFault} Where it is not what was offered; whatever was handed over with `end` or `whole` is right.
 * @throws What reading the body or the sink throws.
 */
export async function readOfferContent(
  body: ByteReader,
  options: ContentOptions,
): Promise<void> {
  await new ContentReader(body, options).run();
}

class ContentReader {
  readonly #body: ByteReader;
  readonly #options: ContentOptions;
  #last = -1;
  /** Bytes of the file under way that have come. */
  #size = 0;
  /** Bytes of small files that were not told of yet. */
  #untold = 0;

  constructor(body: ByteReader, options: ContentOptions) {
    this.#body = body;
    this.#options = options;
  }

  async run(): Promise<void> {
    for (;;) {
      const head = await this.#body.peek(FILE_HEAD_SIZE + LENGTH_SIZE);
      if (head.length === 0) return this.#tell();
      if (head.length < FILE_HEAD_SIZE + LENGTH_SIZE) throw cutFault();
      const view = viewOf(head);
      const index = view.getUint32(0);
      const start = Number(view.getBigUint64(4));
      const entry = this.#entryAt(index, start);
      const length = view.getUint32(FILE_HEAD_SIZE);
      if (start === 0 && length <= SMALL_SIZE_MAX && entry.size === length) {
        if (await this.#takeWhole(index, entry, length)) continue;
      }
      this.#body.skip(FILE_HEAD_SIZE);
      await this.#takeBlocks(index, entry, start);
    }
  }

  /** Tells of small files together. */
  #tell(): void {
    const { onReceived } = this.#options;
    if (this.#untold > 0) onReceived(this.#untold);
    this.#untold = 0;
  }

  #entryAt(index: number, start: number): FileEntry {
    const entry = this.#options.offer.entries[index];
    if (
      index <= this.#last || entry?.kind !== "file" ||
      !this.#options.isWanted(index)
    ) {
      throw new FileFault(
        "the sender sends what it has not offered, or what was not wanted, by a fault of its program",
      );
    }
    if (!Number.isSafeInteger(start) || start > (entry.size ?? 0)) {
      throw new FileFault(
        `the sender goes on with "${entry.path}" behind its end, by a fault of its program`,
      );
    }
    this.#last = index;
    return entry;
  }

  /** Takes a file that is here whole, as most small ones are; tells whether it was. */
  async #takeWhole(
    index: number,
    entry: FileEntry,
    length: number,
  ): Promise<boolean> {
    const from = FILE_HEAD_SIZE + (length === 0 ? 0 : LENGTH_SIZE);
    const size = from + length + LENGTH_SIZE + DIGEST_SIZE;
    const seen = await this.#body.peek(size);
    if (seen.length < size) return false;
    if (viewOf(seen).getUint32(from + length) !== END_MARK) return false;
    const content = seen.subarray(from, from + length);
    const digest = createHash("sha256").update(content).digest();
    checkDigest(entry, digest, seen.subarray(size - DIGEST_SIZE, size));
    const waiting = this.#options.sink.whole(index, content, digest);
    if (waiting) await waiting;
    this.#body.skip(size);
    this.#untold += length;
    if (this.#untold >= SMALL_SIZE_MAX) this.#tell();
    return true;
  }

  async #takeBlocks(
    index: number,
    entry: FileEntry,
    start: number,
  ): Promise<void> {
    const { sink } = this.#options;
    const hash = await sink.begin(index, start);
    this.#size = start;
    for (;;) {
      const length = viewOf(await this.#exactly(LENGTH_SIZE)).getUint32(0);
      this.#body.skip(LENGTH_SIZE);
      if (length === GIVEN_UP_MARK) {
        return await sink.giveUp(index, await this.#reason());
      }
      if (length === END_MARK) break;
      const isCompressed = length >= ZSTD_BIT;
      const size = length % ZSTD_BIT;
      if (size > BLOCK_PIECE_MAX) {
        throw new FileFault(
          `a block of "${entry.path}" is longer than ${BLOCK_PIECE_MAX} bytes, by a fault of the program that sends it`,
        );
      }
      if (isCompressed) await this.#takeCompressed(entry, size, hash);
      else await this.#takePlain(entry, size, hash);
    }
    await this.#takeDigest(entry, hash);
  }

  async #takeDigest(entry: FileEntry, hash: Hash): Promise<void> {
    if (entry.size !== undefined && this.#size < entry.size) {
      throw new FileFault(
        `"${entry.path}" has ${this.#size} bytes instead of ${entry.size}, by a fault of the program that sends it`,
      );
    }
    const told = (await this.#exactly(DIGEST_SIZE)).slice(0, DIGEST_SIZE);
    this.#body.skip(DIGEST_SIZE);
    const digest = hash.digest();
    checkDigest(entry, digest, told);
    await this.#options.sink.end(digest);
  }

  async #takePlain(entry: FileEntry, size: number, hash: Hash): Promise<void> {
    this.#count(entry, size);
    for (let left = size; left > 0;) {
      const chunk = await this.#body.take(left);
      if (!chunk) throw cutFault();
      hash.update(chunk);
      left -= chunk.length;
      await this.#options.sink.write(chunk);
      this.#options.onReceived(chunk.length);
    }
  }

  async #takeCompressed(
    entry: FileEntry,
    size: number,
    hash: Hash,
  ): Promise<void> {
    const { decompress, sink, onReceived } = this.#options;
    const packed = (await this.#exactly(size)).subarray(0, size);
    const bytes = decompress && unpack(decompress, packed);
    if (!bytes) {
      throw new FileFault(
        `a block of "${entry.path}" is not in Zstandard as agreed, by a fault of the program that sends it`,
      );
    }
    this.#body.skip(size);
    this.#count(entry, bytes.length);
    hash.update(bytes);
    await sink.write(bytes);
    onReceived(bytes.length);
  }

  #count(entry: FileEntry, size: number): void {
    this.#size += size;
    if (this.#size <= (entry.size ?? Infinity)) return;
    throw new FileFault(
      `"${entry.path}" has more than the ${entry.size} bytes that were offered, by a fault of the program that sends it`,
    );
  }

  async #reason(): Promise<string> {
    const size = viewOf(await this.#exactly(2)).getUint16(0);
    this.#body.skip(2);
    const bytes = (await this.#exactly(size)).subarray(0, size);
    const reason = decodeReason(bytes) ?? "";
    this.#body.skip(size);
    return reason;
  }

  async #exactly(size: number): Promise<Uint8Array> {
    const seen = await this.#body.peek(size);
    if (seen.length < size) throw cutFault();
    return seen;
  }
}

function unpack(
  decompress: (bytes: Uint8Array, sizeMax: number) => Uint8Array,
  packed: Uint8Array,
): Uint8Array | undefined {
  try {
    return decompress(packed, BLOCK_PIECE_MAX);
  } catch {
    return undefined;
  }
}

function checkDigest(
  { path }: FileEntry,
  digest: Uint8Array,
  told: Uint8Array,
): void {
  if (equals(digest, told)) return;
  throw new FileFault(
    `the digest of "${path}" is wrong: it was damaged on its way, or its sender does not tell the truth`,
  );
}

function cutFault(): FileFault {
  return new FileFault(
    "the content ends in the middle of a file, by a fault of the program that sends it",
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
