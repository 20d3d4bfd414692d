/**
 * The files that one conversation receives, and the receipts for them.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import { harmless } from "../base/text.ts";
import { safeFileName } from "../talk/mod.ts";
import { FileFault, type IncomingFile } from "../talk/receive.ts";
import type { ByteOutput } from "./byte_output.ts";
import type { FilePolicy, FileSender } from "./file_policy.ts";
import { DiskGate } from "./disk_gate.ts";
import { Receipts } from "./receipts.ts";
import type { Reporter } from "./reporter.ts";
import { type SavedFile, saveFile } from "./save_file.ts";
import { toldReason } from "./told_reason.ts";

/** Files of one conversation that may be at the disk at once; while there are so many, nothing more is read. */
const AT_DISK_COUNT_MAX = 64;

/** What {@linkcode IncomingFiles} works with. */
export interface IncomingFilesOptions {
  /** Where the files come from. */
  readonly connection: Connection;
  /** The number of the conversation. */
  readonly number: number;
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** Decides which files are taken, and where they go. */
  readonly files: FilePolicy;
  /** Where their content goes instead. */
  readonly output?: ByteOutput;
  /** Told of each file that is not taken, and why. */
  readonly onFault: (message: string, id: number, name?: string) => void;
}

/** Takes files, any number at once, and answers each with a receipt. */
export class IncomingFiles {
  readonly #options: IncomingFilesOptions;
  readonly #gate = new DiskGate(AT_DISK_COUNT_MAX);
  readonly #receipts: Receipts;
  /** Who sends them. */
  readonly sender: FileSender;

  /** Takes files that come over this connection. */
  constructor(options: IncomingFilesOptions) {
    this.#options = options;
    this.#receipts = new Receipts(options.connection);
    const { connection } = options;
    const ended = new AbortController();
    this.sender = {
      who: harmless(connection.remote.nickname),
      ended: ended.signal,
    };
    connection.closed.then(({ error }) => ended.abort(error));
  }

  /** Resolves when a further file can be taken: whoever does not keep up, this disk or the reader of our receipts, holds the sender back. */
  async ready(): Promise<void> {
    await this.#gate.opened();
    await this.#options.output?.ready();
    await this.#receipts.ready();
  }

  /** Resolves when the receipts have been taken over. */
  async flush(): Promise<void> {
    await this.#receipts.flush();
  }

  /**
   * Takes one file, or refuses it.
   *
   * @throws What reading its body throws.
   */
  async receive(id: number, file: IncomingFile): Promise<void> {
    const { reporter, number } = this.#options;
    const { name, size } = file.header;
    const transfer = reporter.startTransfer("from", number, name, size);
    let saved: SavedFile | undefined;
    try {
      saved = await this.#take(file, (byteCount) => transfer.add(byteCount));
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      return this.refuse(id, name, error.message, toldReason(error));
    } finally {
      transfer.end(saved !== undefined);
    }
    reporter.emit({
      event: "file",
      connection: number,
      id,
      name: harmless(name),
      path: saved.path,
      bytes: saved.size,
      sha256: saved.sha256,
    });
    this.#receipts.add({ id, name, ok: true });
  }

  async #take(
    file: IncomingFile,
    onReceived: (byteCount: number) => void,
  ): Promise<SavedFile> {
    const { files, output } = this.#options;
    try {
      if (output) return await output.takeFile(file, onReceived);
      const gate = this.#gate;
      // Who waits for an answer holds the sender back as who waits for the disk does.
      const folder = await gate.run(() =>
        files.admit(this.sender, file.header)
      );
      return await saveFile(folder, file, { gate, onReceived });
    } catch (error) {
      await file.body.cancel();
      throw error;
    }
  }

  /** Says that a file is not taken, to both sides; `reason` is for the other one. */
  refuse(
    id: number,
    name: string | undefined,
    fault: string,
    reason = fault,
  ): void {
    const shown = name === undefined ? "a file" : safeFileName(name);
    this.#options.onFault(
      `Cannot take ${shown} (message ${id}): ${fault}`,
      id,
      name,
    );
    this.#receipts.add({ id, name, ok: false, reason });
  }
}
