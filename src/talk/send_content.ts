/**
 * The content of an offer as the bytes of one message (`PROTOCOL.md`, section
 * 9): file behind file, each in blocks, with its SHA-256 at its end.
 *
 * @module
 */
import { encodeReason } from "../base/text.ts";
import { magicOf } from "./mod.ts";

/** The eight bytes that the content of an offer begins with: `\0LEKTB1\n`. */
export const CONTENT_MAGIC: Uint8Array<ArrayBuffer> = magicOf("B");

/** Bytes of the longest block, before it is compressed and behind that. */
export const BLOCK_PIECE_MAX = 1024 * 1024;

/** What stands in place of a length where the file ends. */
export const END_MARK = 0;

/** What stands in place of a length where the sender gives the file up. */
export const GIVEN_UP_MARK = 0xffff_ffff;

/** The bit of a length that tells of a block in Zstandard. */
export const ZSTD_BIT = 0x8000_0000;

/** Bytes in front of the first block of a file: the index of its entry, and where its content begins. */
export const FILE_HEAD_SIZE = 12;

const LENGTH_SIZE = 4;

const DIGEST_SIZE = 32;

/** The most that one call appends besides content. */
export const HEADROOM = 2048;

/** Puts the content together in two buffers that are used again and again. */
export class ContentWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #used = 0;
  /** What was taken last. */
  #other: Uint8Array<ArrayBuffer> | undefined;

  /** The buffer has `size` bytes, at least 4096. */
  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Whether what is there should be taken before more is added. */
  get isFull(): boolean {
    return this.#bytes.length - this.#used < HEADROOM;
  }

  /** Begins the message about the offer of this number. */
  open(number: number): void {
    this.#append(CONTENT_MAGIC);
    this.#appendNumber(number);
  }

  /** Begins the content of an entry, from byte `start` on. */
  begin(entry: number, start: number): void {
    this.#appendNumber(entry);
    this.#view.setBigUint64(this.#used, BigInt(start));
    this.#used += 8;
  }

  /** Memory for the next block, to be read into; {@linkcode commit} tells how much that was. Some is left for what may follow it. */
  room(): Uint8Array<ArrayBuffer> {
    const from = this.#used + LENGTH_SIZE;
    const to = Math.max(from, this.#bytes.length - HEADROOM);
    return this.#bytes.subarray(from, Math.min(to, from + BLOCK_PIECE_MAX));
  }

  /** Whether {@linkcode room} has more than `size` bytes still when a file was begun. */
  hasRoomFor(size: number): boolean {
    return this.room().length > FILE_HEAD_SIZE + size;
  }

  /** Makes a block of the first `size` bytes of {@linkcode room}; none of 0. */
  commit(size: number): void {
    if (size === 0) return;
    this.#appendNumber(size);
    this.#used += size;
  }

  /** Makes a block of bytes in Zstandard, which must fit. */
  compressed(bytes: Uint8Array): void {
    this.#appendNumber((ZSTD_BIT | bytes.length) >>> 0);
    this.#append(bytes);
  }

  /** Ends the content of a file. */
  end(digest: Uint8Array): void {
    this.#appendNumber(END_MARK);
    this.#append(digest.subarray(0, DIGEST_SIZE));
  }

  /** Gives the file up. */
  giveUp(reason: string): void {
    const text = encodeReason(reason);
    this.#appendNumber(GIVEN_UP_MARK);
    this.#view.setUint16(this.#used, text.length);
    this.#used += 2;
    this.#append(text);
  }

  /** What was put together; valid until the next call. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes;
    const size = this.#used;
    this.#bytes = this.#other ?? new Uint8Array(taken.length);
    this.#view = new DataView(this.#bytes.buffer);
    this.#other = taken;
    this.#used = 0;
    return taken.subarray(0, size);
  }

  #appendNumber(value: number): void {
    this.#view.setUint32(this.#used, value);
    this.#used += LENGTH_SIZE;
  }

  #append(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }
}
