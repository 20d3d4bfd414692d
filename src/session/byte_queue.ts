/**
 * Bytes that wait for their reader, in blocks.
 *
 * @module
 */

/** Bytes of the smallest and the largest block, powers of two: small for the many messages that stay small, large so that long ones cost few. */
export const BLOCK_SIZE_MIN = 512;
export const BLOCK_SIZE_MAX = 256 * 1024;

/** Bytes of blocks, for all connections together, that are kept for later messages: to touch fresh memory takes four times as long as to use it again. */
const SPARE_SIZE_MAX = 4 * 1024 * 1024;
const spareBlocks = new Map<number, Uint8Array<ArrayBuffer>[]>();
let spareSize = 0;

function takeBlock(wanted: number): Uint8Array<ArrayBuffer> {
  let size = BLOCK_SIZE_MIN;
  while (size < wanted && size < BLOCK_SIZE_MAX) size *= 2;
  const spare = spareBlocks.get(size)?.pop();
  if (!spare) return new Uint8Array(size);
  spareSize -= size;
  return spare;
}

function giveBack(block: Uint8Array<ArrayBuffer>): void {
  if (spareSize + block.length > SPARE_SIZE_MAX) return;
  const spares = spareBlocks.get(block.length);
  if (spares) spares.push(block);
  else spareBlocks.set(block.length, [block]);
  spareSize += block.length;
}

/**
 * Bytes in the order of their arrival. Pieces are copied behind each other into
 * blocks that grow with what came before, never by what was announced: a sender
 * of one-byte pieces cannot make each of them cost an object.
 */
export class ByteQueue {
  #blocks: Uint8Array<ArrayBuffer>[] = [];
  #readOffset = 0;
  #writeOffset = 0;
  #total = 0;
  #size = 0;
  #allocatedSize = 0;

  /** Bytes that wait. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory that they take. */
  get allocatedSize(): number {
    return this.#allocatedSize;
  }

  /** Puts a copy of `bytes` at the end, in new blocks that have room for them, or for as much as came before, but for that no more than `growthMax`. */
  push(bytes: Uint8Array, growthMax: number = BLOCK_SIZE_MAX): void {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#tailRoom === 0) {
        const growth = Math.min(this.#total, growthMax);
        this.#add(takeBlock(Math.max(growth, bytes.length - offset)));
      }
      const size = Math.min(bytes.length - offset, this.#tailRoom);
      this.#blocks.at(-1)!.set(
        bytes.subarray(offset, offset + size),
        this.#writeOffset,
      );
      this.#grow(size);
      offset += size;
    }
  }

  /** Takes out the first bytes that lie together; the memory is the caller's from then on, and holds nothing else. */
  shift(): Uint8Array<ArrayBuffer> | undefined {
    const block = this.#blocks[0];
    if (!block) return undefined;
    const end = this.#blocks.length === 1 ? this.#writeOffset : block.length;
    const bytes = block.subarray(this.#readOffset, end);
    this.#size -= bytes.length;
    if (bytes.length < block.length) {
      const copy = bytes.slice();
      this.#readOffset = end;
      this.#dropFirst();
      return copy;
    }
    this.#blocks.shift();
    this.#allocatedSize -= block.length;
    return bytes;
  }

  /** Copies bytes into `into` and takes them out; returns how many. */
  read(into: Uint8Array): number {
    let filled = 0;
    while (filled < into.length && this.#size > 0) {
      const block = this.#blocks[0]!;
      const end = this.#blocks.length === 1 ? this.#writeOffset : block.length;
      const size = Math.min(into.length - filled, end - this.#readOffset);
      into.set(
        block.subarray(this.#readOffset, this.#readOffset + size),
        filled,
      );
      filled += size;
      this.#readOffset += size;
      this.#size -= size;
      if (this.#readOffset === end) this.#dropFirst();
    }
    return filled;
  }

  /** Takes out all bytes, in one piece. */
  join(): Uint8Array<ArrayBuffer> {
    const [only] = this.#blocks;
    const isOneFullBlock = this.#blocks.length === 1 &&
      this.#size === only!.length;
    if (isOneFullBlock) return this.shift()!;
    const joined = new Uint8Array(this.#size);
    this.read(joined);
    return joined;
  }

  /** Drops all bytes. */
  clear(): void {
    while (this.#blocks.length > 0) this.#dropFirst();
    this.#size = 0;
  }

  /** Bytes that have room behind the last ones, without a new block. */
  get #tailRoom(): number {
    const block = this.#blocks.at(-1);
    return block ? block.length - this.#writeOffset : 0;
  }

  #add(block: Uint8Array<ArrayBuffer>): void {
    this.#blocks.push(block);
    this.#allocatedSize += block.length;
    this.#writeOffset = 0;
  }

  #grow(size: number): void {
    this.#writeOffset += size;
    this.#size += size;
    this.#total += size;
  }

  #dropFirst(): void {
    const block = this.#blocks.shift()!;
    this.#allocatedSize -= block.length;
    this.#readOffset = 0;
    giveBack(block);
  }
}
