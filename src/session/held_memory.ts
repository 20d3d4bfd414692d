/**
 * How many bytes are held for messages that were not taken: by one connection,
 * and by all of the process together.
 *
 * Who may hold more is decided as in switches whose ports share a memory
 * (Choudhury and Hahne, "Dynamic queue length thresholds", 1998): each
 * connection may hold as much as is free, but for a reserve. So the fullest ones pause first,
 * those that are full alike get like shares, and something stays free for one
 * that has little.
 *
 * @module
 */
import type { Limits } from "../base/limits.ts";

/** Room for received bytes is made and taken in pieces of this size, or of a quarter of what may be held: with shorter ones a slow reader would get ever shorter pieces. */
const PIECE_SIZE_MAX = 256 * 1024;

/** Each connection may hold so much, however much the others do: who has only messages of 64 KiB at most, and the blocks of memory around one, need not wait for them. */
export const SHARE_SIZE_MIN = 96 * 1024;

/** So much of what may be held is for connections that hold little. */
const RESERVE_FRACTION = 1 / 8;

/** That is, no more than this. */
const SMALL_SIZE_MAX = 1024 * 1024;

/** Those who wait are asked again when so much less is held, as a part of what may be. */
const WAKE_FRACTION = 1 / 256;

/** What all connections hold together. */
class TotalMemory {
  // Doubles from the start, as they outgrow small integers.
  #size = -0;
  #wakeSize = -0;
  #waiting = new Set<() => void>();
  #hasWaiting = false;

  /** Bytes that are held. */
  get size(): number {
    return this.#size + 0;
  }

  /** More is held, or less. */
  change(size: number): void {
    this.#size += size;
    if (this.#hasWaiting && this.#size < this.#wakeSize) this.#wake();
  }

  /** Has `onRoom` called when there is more room, until {@linkcode leave}; `sizeMax` is how much may be held. */
  wait(onRoom: () => void, sizeMax: number): void {
    this.#waiting.add(onRoom);
    this.#hasWaiting = true;
    const wakeSize = this.#size - sizeMax * WAKE_FRACTION;
    this.#wakeSize = Math.max(this.#wakeSize, wakeSize);
  }

  /** See {@linkcode wait}. */
  leave(onRoom: () => void): void {
    this.#waiting.delete(onRoom);
    this.#hasWaiting = this.#waiting.size > 0;
    if (!this.#hasWaiting) this.#wakeSize = -0;
  }

  #wake(): void {
    this.#wakeSize = this.#size * (1 - WAKE_FRACTION);
    for (const onRoom of [...this.#waiting]) onRoom();
  }
}

/** What all connections of the process hold. */
export const totalMemory: TotalMemory = new TotalMemory();

/** What one connection holds. */
export class HeldMemory {
  #size = 0;
  #limits: Limits;
  #ownMax: number;
  /** While all together hold no more, this connection may hold as much as its own limit says. */
  #easySize: number;

  /** Nothing is held. */
  constructor(limits: Limits) {
    this.#limits = limits;
    this.#ownMax = limits.maxBufferedBytes;
    this.#easySize = limits.maxTotalBufferedBytes * (1 - RESERVE_FRACTION) -
      this.#ownMax;
  }

  /** Bytes that are held. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that may be held now. */
  get sizeMax(): number {
    const { size } = totalMemory;
    if (size <= this.#easySize) return this.#ownMax;
    const { maxTotalBufferedBytes } = this.#limits;
    const free = maxTotalBufferedBytes - size;
    const share = free - maxTotalBufferedBytes * RESERVE_FRACTION;
    const small = Math.max(SHARE_SIZE_MIN, Math.min(free, SMALL_SIZE_MAX));
    return Math.min(this.#ownMax, Math.max(share, small));
  }

  /** Whether more may be held as far as this connection is concerned, and not as far as all are. */
  get isSqueezed(): boolean {
    return this.#size < this.#limits.maxBufferedBytes &&
      this.#size >= this.sizeMax;
  }

  /** What to tell of a message that is collected and for which there is no room, where `maxBufferedBytes` is what the application has set. */
  fullText(maxBufferedBytes: number): string {
    const { maxTotalBufferedBytes } = this.#limits;
    return this.isSqueezed
      ? `the connections of this process hold ${totalMemory.size} bytes, and this one has its share of ${maxTotalBufferedBytes} (maxTotalBufferedBytes)`
      : `there is no room for the rest of it: ${this.#size} bytes are held for messages that are incomplete or unread, of ${maxBufferedBytes} (maxBufferedBytes), of which some are kept for short ones`;
  }

  /** Bytes that may still come. */
  get room(): number {
    return this.sizeMax - this.#size;
  }

  /** Bytes of a piece of usual size. */
  get pieceSize(): number {
    return Math.min(PIECE_SIZE_MAX, this.sizeMax / 4);
  }

  /** More is held, or less. */
  change(size: number): void {
    this.#size += size;
    totalMemory.change(size);
  }

  /** Nothing is held any more. */
  clear(): void {
    this.change(-this.#size);
  }
}
