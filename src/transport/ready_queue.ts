/**
 * Byte streams that are ready and wait to be taken.
 *
 * @module
 */
import type { Transport } from "./transport.ts";

/** How long a client may take for its TLS or WebSocket handshake, in milliseconds, from its TCP connection. */
export const TRANSPORT_HANDSHAKE_MS = 10_000;

/** Hands ready byte streams to `accept()`, in the order in which they became ready. */
export class ReadyQueue {
  readonly #ready: { transport: Transport; onTaken: () => void }[] = [];
  #taker: ((transport: Transport | null) => void) | undefined;
  #isClosed = false;

  /** Adds one; closes it at once where the queue is closed already. `onTaken` is called when it waits no longer. */
  push(transport: Transport, onTaken: () => void): void {
    if (this.#isClosed) {
      transport.close();
    } else if (this.#taker === undefined) {
      this.#ready.push({ transport, onTaken });
      return;
    } else {
      const taker = this.#taker;
      this.#taker = undefined;
      taker(transport);
    }
    onTaken();
  }

  /** The next one, or `null` once {@linkcode close} was called. One taker at a time. */
  take(): Promise<Transport | null> {
    if (this.#isClosed) return Promise.resolve(null);
    const next = this.#ready.shift();
    if (next !== undefined) {
      next.onTaken();
      return Promise.resolve(next.transport);
    }
    const { promise, resolve } = Promise.withResolvers<Transport | null>();
    this.#taker = resolve;
    return promise;
  }

  /** Closes those that wait; a pending {@linkcode take} resolves to `null`. */
  close(): void {
    this.#isClosed = true;
    this.#taker?.(null);
    this.#taker = undefined;
    for (const { transport, onTaken } of this.#ready.splice(0)) {
      transport.close();
      onTaken();
    }
  }
}
