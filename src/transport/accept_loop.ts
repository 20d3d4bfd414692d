/**
 * Accepting that nothing a client does can end.
 *
 * @module
 */

const BACKOFF_FIRST_MS = 5;
const BACKOFF_MAX_MS = 1_000;

/** What of a listener of the system is used. */
export interface Acceptor<Socket> {
  /** The next client. */
  accept(): Promise<Socket>;
  /** Stops listening. */
  close(): void;
}

/**
 * Calls `accept` again when it fails: a client that resets before it is
 * accepted, or the limit of open files, is no reason to stop. The pause after a
 * failure doubles from 5 ms to 1 s, and starts afresh after a success.
 */
export class AcceptLoop<Socket> {
  readonly #acceptor: Acceptor<Socket>;
  readonly #closed = Promise.withResolvers<void>();
  #isClosed = false;

  /** Accepts from `acceptor`, which it owns from now on. */
  constructor(acceptor: Acceptor<Socket>) {
    this.#acceptor = acceptor;
  }

  /** Whether {@linkcode close} was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The next client, or `null` once {@linkcode close} was called. */
  async accept(): Promise<Socket | null> {
    let pauseMs = BACKOFF_FIRST_MS;
    while (!this.#isClosed) {
      try {
        return await this.#acceptor.accept();
      } catch {
        if (this.#isClosed) break;
        await this.#pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, BACKOFF_MAX_MS);
      }
    }
    return null;
  }

  /** Stops listening; a pending {@linkcode accept} resolves to `null`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed.resolve();
    this.#acceptor.close();
  }

  async #pause(pauseMs: number): Promise<void> {
    const elapsed = Promise.withResolvers<void>();
    const timer = setTimeout(elapsed.resolve, pauseMs);
    await Promise.race([elapsed.promise, this.#closed.promise]);
    clearTimeout(timer);
  }
}
