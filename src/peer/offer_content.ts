/**
 * Reads the files of an offer and puts them together as its content.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { assert } from "../base/assert.ts";
import { fileReason } from "../base/reasons.ts";
import { SEEK, type SystemFile } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import type { FileEntry } from "../talk/offer.ts";
import type { PartialEntry } from "../talk/offer_answer.ts";
import { ContentWriter, HEADROOM } from "../talk/send_content.ts";
import type { OfferedEntry } from "./offered_items.ts";
import type { FileSource } from "./outgoing_files.ts";
import {
  ChangedFile,
  checkSeenAgain,
  isUnchanged,
  seenAgain,
} from "./unchanged.ts";

/** Bytes that are handed over at once: as many of the longest packets, and no short one behind them. */
const BUFFER_SIZE = 1024 * 1024 + HEADROOM;

/** A file of at most so many bytes is read at one go. */
const SMALL_SIZE_MAX = 64 * 1024;

/** A block is not begun with less room than this. */
const ROOM_MIN = 128 * 1024;

/** A smaller block is not worth the work. */
const PACKED_SIZE_MIN = 1024;

/** Compressing pays where no more than this part of a block is left. */
const PAYING_RATIO = 0.9;

/** Behind a block where it did not pay so many are not tried. */
const UNTRIED_COUNT = 15;

/** What {@linkcode contentOf} works with. */
export interface ContentPlan {
  /** The number of the offer. */
  readonly number: number;
  readonly entries: readonly OfferedEntry[];
  /** Whether blocks may be compressed. */
  readonly isZstd: boolean;
  /** Whether the other side has a file already. */
  readonly isHere: (entry: number) => boolean;
  /** Told of each entry when all before it have been put together, and of their count in the end. */
  readonly onReached: (entry: number) => void;
  /** What it has of others. */
  readonly partial: ReadonlyMap<number, PartialEntry>;
  /** Told of bytes that were taken over. */
  readonly onSent: (byteCount: number) => void;
  /** Told of bytes that the other side has and that need not be sent. */
  readonly onKept: (byteCount: number) => void;
  /** Told of a file that cannot be sent after all. */
  readonly onFault: (entry: number, reason: string) => void;
}

/**
 * The content of an offer.
 *
 * @return Pieces, each of which is valid until the next one is asked for.
 */
export async function* contentOf(
  plan: ContentPlan,
): AsyncGenerator<Uint8Array> {
  const writer = new ContentWriter(BUFFER_SIZE);
  // Only who compresses waits until it is loaded.
  const compress = plan.isZstd
    ? (await import("node:zlib")).zstdCompressSync
    : undefined;
  const reader = new ContentSource(plan, writer, compress);
  writer.open(plan.number);
  for (const [index, { entry, path, source }] of plan.entries.entries()) {
    plan.onReached(index);
    if (entry.kind !== "file" || plan.isHere(index)) continue;
    const isSmall = path !== undefined && entry.size! <= SMALL_SIZE_MAX &&
      !plan.partial.has(index);
    if (isSmall) {
      if (!writer.hasRoomFor(entry.size!)) yield* reader.flush();
      reader.addSmall(index, path, entry);
    } else if (path !== undefined) {
      yield* reader.addFile(index, path, entry);
    } else {
      yield* reader.addStream(index, source!);
    }
    if (writer.isFull) yield* reader.flush();
  }
  yield* reader.flush();
  plan.onReached(plan.entries.length);
}

/** Makes a frame of a block. */
type Compress = (bytes: Uint8Array) => Uint8Array;

class ContentSource {
  readonly #plan: ContentPlan;
  readonly #writer: ContentWriter;
  readonly #compress: Compress | undefined;
  #pendingSize = 0;
  /** So many blocks are still not tried. */
  #unpackedCount = 0;

  constructor(plan: ContentPlan, writer: ContentWriter, compress?: Compress) {
    this.#plan = plan;
    this.#writer = writer;
    this.#compress = compress;
  }

  /** Hands over what is there. */
  *flush(): Generator<Uint8Array> {
    yield* this.#handOver(this.#writer.take());
  }

  *#handOver(bytes: Uint8Array): Generator<Uint8Array> {
    const size = this.#pendingSize;
    this.#pendingSize = 0;
    yield bytes;
    this.#plan.onSent(size);
  }

  /** Adds a small file at once: for thousands of them each wait would count. */
  addSmall(index: number, path: string, entry: FileEntry): void {
    const writer = this.#writer;
    const size = entry.size!;
    writer.begin(index, 0);
    const room = writer.room();
    try {
      checkSeenAgain(path, entry);
      if (readAllSync(path, room, size) !== size) throw new ChangedFile();
    } catch (error) {
      return this.#giveUp(index, error);
    }
    const hash = createHash("sha256");
    this.#commit(size, hash);
    writer.end(hash.digest());
  }

  async *addFile(
    index: number,
    path: string,
    entry: FileEntry,
  ): AsyncGenerator<Uint8Array> {
    let begun = false;
    const writer = this.#writer;
    try {
      await seenAgain(path, entry.path);
      using file = await system.open(path);
      const info = await file.stat();
      if (!isUnchanged(info, entry)) throw new ChangedFile();
      const { size } = info;
      const partial = this.#plan.partial.get(index);
      const { start, hash } = partial
        ? await commonStart(file, partial, size)
        : { start: 0, hash: createHash("sha256") };
      this.#plan.onKept(start);
      writer.begin(index, start);
      begun = true;
      await file.seek(start, SEEK.start);
      yield* this.#addRest(file, size - start, hash);
      // What was read may be a mixture of two files, of which none has been.
      if (!isUnchanged(await file.stat(), entry)) {
        throw new ChangedFile("while it was sent");
      }
      writer.end(hash.digest());
    } catch (error) {
      if (!begun) writer.begin(index, 0);
      this.#giveUp(index, error);
    }
  }

  /** Adds the next `size` bytes of a file: what follows is read while what is there is sent. */
  async *#addRest(
    file: SystemFile,
    size: number,
    hash: Hash,
  ): AsyncGenerator<Uint8Array> {
    const writer = this.#writer;
    let reading: Promise<number | null> | undefined;
    try {
      for (let left = size; left > 0;) {
        if (writer.room().length < Math.min(ROOM_MIN, left)) {
          const bytes = writer.take();
          reading = file.read(writer.room().subarray(0, left));
          // Whoever waits for it is told.
          reading.catch(() => {});
          yield* this.#handOver(bytes);
        }
        reading ??= file.read(writer.room().subarray(0, left));
        const count = await reading;
        reading = undefined;
        if (count === null) throw new ChangedFile();
        this.#commit(count, hash);
        left -= count;
      }
    } finally {
      // Where the message is given up: a file must not be closed while it is read.
      await reading?.catch(() => {});
    }
  }

  /** Adds what has no size that could be told before. */
  async *addStream(
    index: number,
    source: FileSource,
  ): AsyncGenerator<Uint8Array> {
    const writer = this.#writer;
    const hash = createHash("sha256");
    writer.begin(index, 0);
    try {
      for await (const chunk of await source.open()) {
        for (let from = 0; from < chunk.length;) {
          if (writer.room().length < ROOM_MIN) yield* this.flush();
          const room = writer.room();
          const piece = chunk.subarray(from, from + room.length);
          room.set(piece);
          this.#commit(piece.length, hash);
          from += piece.length;
        }
        // Who waits at the other end of a pipe gets what is there.
        yield* this.flush();
      }
      writer.end(hash.digest());
    } catch (error) {
      this.#giveUp(index, error);
    }
  }

  #commit(count: number, hash: Hash): void {
    const bytes = this.#writer.room().subarray(0, count);
    hash.update(bytes);
    const packed = this.#pack(bytes);
    if (packed) this.#writer.compressed(packed);
    else this.#writer.commit(count);
    this.#pendingSize += count;
  }

  /** Compresses a block where that pays; behind one where it did not some are not tried. */
  #pack(bytes: Uint8Array): Uint8Array | undefined {
    if (!this.#compress || bytes.length < PACKED_SIZE_MIN) return undefined;
    if (this.#unpackedCount-- > 0) return undefined;
    const packed = this.#compress(bytes);
    if (packed.length <= bytes.length * PAYING_RATIO) return packed;
    this.#unpackedCount = UNTRIED_COUNT;
    return undefined;
  }

  #giveUp(index: number, error: unknown): void {
    const reason = fileReason(error);
    this.#writer.giveUp(reason);
    this.#plan.onFault(index, reason);
  }
}

/** Reads a file of a known size, less than there is room for; what it returns differs from that where the file does. */
function readAllSync(path: string, into: Uint8Array, size: number): number {
  assert(into.length > size, "A file is read to where it has no room");
  using file = system.openSync(path);
  // One byte more than there should be shows a file that has grown.
  const room = into.subarray(0, size + 1);
  for (let count = 0;;) {
    // A file system may give less than was asked for.
    const read = file.readSync(room.subarray(count)) ?? 0;
    if (read === 0) return count;
    count += read;
  }
}

/** How much of a file is the same as what the other side has, and the SHA-256 up to there. */
async function commonStart(
  file: SystemFile,
  { size, block, digests }: PartialEntry,
  sizeMax: number,
): Promise<{ start: number; hash: Hash }> {
  let hash = createHash("sha256");
  let good = { start: 0, hash: hash.copy() };
  if (size > sizeMax) return good;
  const buffer = new Uint8Array(Math.min(block, 1024 * 1024));
  for (const [index, digest] of digests.entries()) {
    const end = Math.min(size, (index + 1) * block);
    for (let at = index * block; at < end;) {
      const count = await file.read(buffer.subarray(0, end - at));
      if (count === null) return good;
      hash.update(buffer.subarray(0, count));
      at += count;
    }
    const copy = hash.copy();
    if (hash.digest("hex") !== digest) return good;
    hash = copy;
    good = { start: end, hash: copy.copy() };
  }
  return good;
}
