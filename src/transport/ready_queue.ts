/**
 * Byte streams that are ready and wait to be taken.
 *
 * @module
 */
import type { Transport } from "./transport.ts";

/**
 * Clients of one listener that may be between their TCP connection and
 * `accept()`: in a TLS or WebSocket handshake, or done with it and not yet
 * taken. Further ones wait in the system's queue, or are turned away.
 */
export const PENDING_CLIENTS_MAX = 1_024;

/** How long a client may take for its TLS or WebSocket handshake, in milliseconds, from its TCP connection. */
export const TRANSPORT_HANDSHAKE_MS = 10_000;

/** Hands ready byte streams to `accept()`, in the order in which they became ready. */
export class ReadyQueue {
  readonly #ready: Transport[] = [];
  #taker: ((transport: Transport | null) => void) | undefined;
  #isClosed = false;

  /** How many wait. */
  get count(): number {
    return this.#ready.length;
  }

  /** Adds one; closes it at once where the queue is closed already. */
  push(transport: Transport): void {
    if (this.#isClosed) {
      transport.close();
    } else if (this.#taker !== undefined) {
      const taker = this.#taker;
      this.#taker = undefined;
      taker(transport);
    } else {
      this.#ready.push(transport);
    }
  }

  /** The next one, or `null` once {@linkcode close} was called. One taker at a time. */
  take(): Promise<Transport | null> {
    if (this.#isClosed) return Promise.resolve(null);
    const transport = this.#ready.shift();
    if (transport !== undefined) return Promise.resolve(transport);
    const { promise, resolve } = Promise.withResolvers<Transport | null>();
    this.#taker = resolve;
    return promise;
  }

  /** Closes those that wait; a pending {@linkcode take} resolves to `null`. */
  close(): void {
    this.#isClosed = true;
    this.#taker?.(null);
    this.#taker = undefined;
    for (const transport of this.#ready.splice(0)) transport.close();
  }
}
