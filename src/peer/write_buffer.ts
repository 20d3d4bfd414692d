/**
 * Collects what is to be written to a file: each write is work for another
 * thread, which costs more than its bytes where these are few.
 *
 * @module
 */
import type { SystemFile } from "../runtime/files.ts";

/** Bytes that are written at once; of a process that is killed so many are lost. */
const SIZE = 512 * 1024;

/** Bytes for one file at a time, which all calls name. */
export class WriteBuffer {
  #bytes: Uint8Array | undefined;
  #used = 0;

  /** Takes bytes, and writes what is there whenever that is enough. */
  async append(file: SystemFile, bytes: Uint8Array): Promise<void> {
    this.#bytes ??= new Uint8Array(SIZE);
    for (let from = 0; from < bytes.length;) {
      const piece = bytes.subarray(from, from + SIZE - this.#used);
      this.#bytes.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
      if (this.#used === SIZE) await this.flush(file);
    }
  }

  /** Writes what is there. */
  async flush(file: SystemFile): Promise<void> {
    const bytes = this.#take();
    for (let from = 0; from < bytes.length;) {
      from += await file.write(bytes.subarray(from));
    }
  }

  /** The same, at once. */
  flushSync(file: SystemFile): void {
    const bytes = this.#take();
    for (let from = 0; from < bytes.length;) {
      from += file.writeSync(bytes.subarray(from));
    }
  }

  /** Forgets what is there. */
  clear(): void {
    this.#used = 0;
  }

  #take(): Uint8Array {
    const used = this.#used;
    this.#used = 0;
    return this.#bytes?.subarray(0, used) ?? new Uint8Array(0);
  }
}
