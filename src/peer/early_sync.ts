/**
 * Has the disk begin early with a large file: what has come of it is forced
 * there while the rest comes, so that little is left for the end.
 *
 * @module
 */
import { system } from "../runtime/system.ts";

/** So many bytes come between two that begin, in bytes. */
const STEP_SIZE = 64 * 1024 * 1024;

/** Syncs one file now and then, one at a time. It is not whole, nor safe, before a sync of its own behind the last byte. */
export class EarlySync {
  readonly #path: string;
  #size = 0;
  #syncing: Promise<void> | undefined;
  #isOpenable = true;
  #failure: { readonly cause: unknown } | undefined;

  /** Of the file at `path`, of which nothing has come. */
  constructor(path: string) {
    this.#path = path;
  }

  /** So many bytes more have come; waits for nothing. */
  note(byteCount: number): void {
    this.#size += byteCount;
    if (this.#size < STEP_SIZE || this.#syncing || !this.#isOpenable) return;
    this.#size = 0;
    this.#syncing = this.#sync().finally(() => this.#syncing = undefined);
  }

  /** Resolves when none is under way; never rejects. */
  async settle(): Promise<void> {
    await this.#syncing;
  }

  /**
   * The same, for a file that is to be safe.
   *
   * @throws Where one has failed: not all systems tell of that twice.
   */
  async check(): Promise<void> {
    await this.#syncing;
    if (this.#failure) throw this.#failure.cause;
  }

  async #sync(): Promise<void> {
    // On Deno all that is done with one open file waits in one line.
    const file = await system.open(this.#path, { write: true })
      .catch(() => undefined);
    if (!file) {
      // Then all is left for the end.
      this.#isOpenable = false;
      return;
    }
    try {
      using opened = file;
      await opened.sync();
    } catch (cause) {
      this.#failure ??= { cause };
    }
  }
}
