/**
 * Where received bytes go exactly as they are: `--output`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileReason } from "../base/reasons.ts";
import type { SystemFile } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import type { ByteReader } from "../talk/byte_reader.ts";
import { FileFault, type IncomingFile, readContent } from "../talk/receive.ts";
import { DiskGate } from "./disk_gate.ts";
import type { Reporter } from "./reporter.ts";
import type { SavedFile } from "./save_file.ts";

/** Messages that may wait for their turn. */
const WAITING_COUNT_MAX = 16;

/** What standard output is called as a path. */
const STANDARD_OUTPUT = "-";

/** Writes one message behind the other, each whole, in the order in which they began; nothing is added. */
export class ByteOutput {
  /** Where the bytes go: a file, or `-` for standard output. */
  readonly path: string;
  readonly #gate = new DiskGate(WAITING_COUNT_MAX);
  #file: SystemFile | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Nothing is opened yet. */
  constructor(path: string) {
    this.path = path;
  }

  /** Opens the file; one that is there is written over, as a shell does. Tells whether that went well; what is wrong is reported. */
  async open(reporter: Reporter): Promise<boolean> {
    if (this.path === STANDARD_OUTPUT) return true;
    try {
      this.#file = await system.open(this.path, {
        write: true,
        create: true,
        truncate: true,
      });
      return true;
    } catch (error) {
      const message = `Cannot write to ${this.path}: ${fileReason(error)}`;
      reporter.emit({ event: "error", code: "FILE", message });
      return false;
    }
  }

  /** Closes the file. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Resolves when a further message may come. */
  async ready(): Promise<void> {
    await this.#gate.opened();
  }

  /**
   * Writes a message of any kind.
   *
   * @throws {FileFault} Where the bytes cannot be written.
   * @throws What reading the body throws; what came before has been written then.
   */
  takeMessage(body: ByteReader): Promise<{ size: number; sha256: string }> {
    return this.#inTurn(async () => {
      const hash = createHash("sha256");
      let size = 0;
      for (;;) {
        const chunk = await body.next();
        if (!chunk) return { size, sha256: hash.digest("hex") };
        hash.update(chunk);
        size += chunk.length;
        await this.write(chunk);
      }
    });
  }

  /**
   * Writes the content of a file in the form of the talk convention, and checks it.
   *
   * @param file The file.
   * @param onReceived Called with the number of bytes of each chunk.
   * @throws {FileFault} Where the bytes cannot be written, or are not what was announced; what came before has been written then.
   */
  takeFile(
    file: IncomingFile,
    onReceived: (byteCount: number) => void,
  ): Promise<SavedFile> {
    return this.#inTurn(async () => {
      const content = readContent(file);
      let size = 0;
      for (;;) {
        const { value, done } = await content.next();
        if (done) {
          await this.sync();
          return { path: this.path, size, sha256: value };
        }
        await this.write(value);
        size += value.length;
        onReceived(value.length);
      }
    });
  }

  /** Waits for the turn of something that is written in many pieces; the result ends it. */
  async takeTurn(): Promise<() => void> {
    const before = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = done.promise;
    await before;
    return done.resolve;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.takeTurn();
    return this.#gate.run(async () => {
      const endTurn = await turn;
      try {
        return await work();
      } finally {
        endTurn();
      }
    });
  }

  /**
   * Writes bytes, in a turn.
   *
   * @throws {FileFault} Where that is not possible.
   */
  async write(bytes: Uint8Array): Promise<void> {
    const sink = this.#file ?? system.stdout;
    try {
      let offset = 0;
      while (offset < bytes.length) {
        offset += await sink.write(bytes.subarray(offset));
      }
    } catch (cause) {
      throw this.#fault(cause);
    }
  }

  /**
   * Forces what was written to the disk, where it is a file.
   *
   * @throws {FileFault} Where that is not possible.
   */
  async sync(): Promise<void> {
    try {
      await this.#file?.sync();
    } catch (cause) {
      throw this.#fault(cause);
    }
  }

  #fault(cause: unknown): FileFault {
    const where = this.path === STANDARD_OUTPUT ? "standard output" : this.path;
    return new FileFault(
      `it cannot be written to ${where}: ${fileReason(cause)}`,
      { cause },
    );
  }
}
