/**
 * Accepting that nothing a client does can end.
 *
 * @module
 */
import { yieldToArrivals } from "./yield.ts";

/**
 * Clients that the system's queue may hold for a listener: so few that a queue
 * full of clients who have gone is worked off in some 50 ms, and so many that
 * seldom anybody finds it full, and waits a second until TCP tries again.
 */
export const BACKLOG = 1_024;

/**
 * So many clients are accepted before others have a turn. Of a full queue Deno
 * gives 128 within one turn, and in only one turn of 61 it looks for what has
 * arrived from those who are in already.
 */
const BURST_SIZE = 32;

const BACKOFF_FIRST_MS = 5;
const BACKOFF_MAX_MS = 1_000;

/**
 * What `accept` fails with for one client alone, who has reset or lost the
 * connection before it was accepted (Linux: accept(2), "Error handling"): the
 * next one may be there already, and a pause would only keep that one waiting.
 */
const CLIENT_FAULTS = new Set([
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EINTR",
  "ENETDOWN",
  "ENETUNREACH",
  "ENONET",
  "ENOPROTOOPT",
  "ENOTCONN",
  "EOPNOTSUPP",
  "EPERM",
  "EPIPE",
  "EPROTO",
  "ETIMEDOUT",
]);

/** What of a listener of the system is used. */
export interface Acceptor<Socket> {
  /** The next client. */
  accept(): Promise<Socket>;
  /** Stops listening. */
  close(): void;
}

/**
 * Calls `accept` again when it fails: at once where the fault is one client's,
 * and after a pause where time may cure it, as with the limit of open files.
 * The pause doubles from 5 ms to 1 s, and starts afresh after a success. However
 * many come at once, what has arrived from others is read in between.
 */
export class AcceptLoop<Socket> {
  readonly #acceptor: Acceptor<Socket>;
  #isClosed = false;
  #burstCount = 0;
  #accepting: Promise<Socket | null> | undefined;
  #endPause: (() => void) | undefined;

  /** Accepts from `acceptor`, which it owns from now on. */
  constructor(acceptor: Acceptor<Socket>) {
    this.#acceptor = acceptor;
  }

  /** Whether {@linkcode close} was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The next client, or `null` once {@linkcode close} was called. One call at a time. */
  accept(): Promise<Socket | null> {
    this.#accepting = this.#acceptNext();
    return this.#accepting;
  }

  /**
   * Stops listening; a pending {@linkcode accept} resolves to `null`. Resolves
   * when the address is free: the system keeps it for as long as an `accept` of
   * its own is under way. May be called again.
   */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#endPause?.();
      this.#acceptor.close();
    }
    await this.#accepting;
  }

  async #acceptNext(): Promise<Socket | null> {
    let pauseMs = BACKOFF_FIRST_MS;
    while (!this.#isClosed) {
      if (this.#burstCount++ >= BURST_SIZE) {
        await this.#endBurst();
        continue;
      }
      try {
        return await this.#acceptor.accept();
      } catch (error) {
        if (this.#isClosed) break;
        if (isClientFault(error)) continue;
        await this.#pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, BACKOFF_MAX_MS);
      }
    }
    return null;
  }

  /** Lets those who are in already be served between newcomers, however many these are. */
  async #endBurst(): Promise<void> {
    await yieldToArrivals();
    this.#burstCount = 0;
  }

  async #pause(pauseMs: number): Promise<void> {
    const elapsed = Promise.withResolvers<void>();
    const timer = setTimeout(elapsed.resolve, pauseMs);
    this.#endPause = elapsed.resolve;
    await elapsed.promise;
    clearTimeout(timer);
  }
}

function isClientFault(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return CLIENT_FAULTS.has(String(code));
}
