/**
 * Collects what is to be written to a file: each write is work for another
 * thread, which costs more than its bytes where these are few. What comes next
 * is collected while it is under way.
 *
 * @module
 */
import type { SystemFile } from "../runtime/files.ts";

/** Bytes that are written at once; of a process that is killed twice as many are lost. */
const SIZE = 256 * 1024;

/** Bytes for one file at a time, which all calls name. Until {@linkcode settle} has resolved the file must stay open. */
export class WriteBuffer {
  #bytes: Uint8Array | undefined;
  #used = 0;
  /** The memory of the write under way, or of the last one. */
  #other: Uint8Array | undefined;
  #writing: Promise<void> | undefined;

  /** Takes bytes, and begins to write what is there whenever that is enough. A write that fails shows in the next call that waits for it. */
  async append(file: SystemFile, bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      this.#bytes ??= new Uint8Array(SIZE);
      const piece = bytes.subarray(from, from + SIZE - this.#used);
      this.#bytes.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
      if (this.#used === SIZE) await this.#begin(file);
    }
  }

  /** Writes what is there. */
  async flush(file: SystemFile): Promise<void> {
    await this.#begin(file);
    await this.#written();
  }

  /** Forgets what no write was begun for. */
  clear(): void {
    this.#used = 0;
  }

  /** Resolves when no write is under way; never rejects. */
  async settle(): Promise<void> {
    try {
      await this.#written();
    } catch {
      // Who waits only so that the file can be closed does not need it.
    }
  }

  /** Begins to write what is there, behind the write before. */
  async #begin(file: SystemFile): Promise<void> {
    await this.#written();
    if (!this.#bytes || this.#used === 0) return;
    const bytes = this.#bytes;
    this.#writing = writeAll(file, bytes.subarray(0, this.#used));
    // Whoever waits for it is told.
    this.#writing.catch(() => {});
    this.#bytes = this.#other;
    this.#other = bytes;
    this.#used = 0;
  }

  async #written(): Promise<void> {
    const writing = this.#writing;
    this.#writing = undefined;
    await writing;
  }
}

async function writeAll(file: SystemFile, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    from += await file.write(bytes.subarray(from));
  }
}
