/**
 * A responder that waits for others.
 *
 * @module
 */
import type { Connection, Remote } from "../connection/connection.ts";
import { LektError } from "../base/errors.ts";
import { type Accept, establish } from "./establish.ts";
import type { Limits } from "../base/limits.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";

/** What a listener does with who comes. */
export interface ListenerOptions {
  /** This side's nickname. */
  nickname: string;
  /** The application's decision. */
  accept: Accept;
  /** All limits. */
  limits: Limits;
  /** Hears of everyone who did not become a connection. */
  onFailure?: ((error: LektError, remote: Remote) => void) | undefined;
}

/**
 * Waits for others on one or more connection methods; {@linkcode listen} gives
 * one. Iterate it for the connections. One client that misbehaves never ends
 * it, and many handshakes can be under way at once.
 *
 * @example Answer everyone
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: () => true,
 * });
 * await using alice = await connect(listener.methods, { nickname: "alice" });
 * for await (const connection of listener) {
 *   assertEquals(connection.remote.nickname, "alice");
 *   await connection.send("welcome");
 *   await connection.close();
 *   break;
 * }
 * ```
 */
export class Listener implements AsyncIterable<Connection>, AsyncDisposable {
  #transports: TransportListener[];
  #options: ListenerOptions;
  #ready: Connection[] = [];
  #waiters: PromiseWithResolvers<Connection | null>[] = [];
  #pending = new Set<Promise<void>>();
  #closing = new AbortController();
  #onPlace: (() => void)[] = [];
  #failure: { cause: unknown } | undefined;

  /** Made by {@linkcode listen}. */
  constructor(transports: TransportListener[], options: ListenerOptions) {
    this.#transports = transports;
    this.#options = options;
    for (const transport of transports) this.#acceptLoop(transport);
  }

  /** The connection methods that it waits on, as URIs with the real ports. */
  get methods(): string[] {
    return this.#transports.map((transport) => transport.method.uri);
  }

  /**
   * Stops listening: handshakes under way are given up, connections that were
   * not yet taken are closed, and those that were live on. The loop over the
   * listener ends. May be called again.
   */
  async close(): Promise<void> {
    this.#closing.abort(new LektError("CLOSED", "The listener was closed"));
    for (const transport of this.#transports) transport.close();
    this.#tellPlace();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(null);
    const untaken = this.#ready.splice(0).map((each) => each.close());
    await Promise.all([...this.#pending, ...untaken]);
  }

  /** The connections, as they come; leaving the loop does not close the listener. Rejects where the system does not let it go on. */
  [Symbol.asyncIterator](): AsyncIterator<Connection, undefined> {
    return {
      next: async () => {
        const value = await this.#next();
        return value
          ? { value, done: false as const }
          : { value: undefined, done: true as const };
      },
    };
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #next(): Promise<Connection | null> {
    const ready = this.#ready.shift();
    if (ready) {
      this.#tellPlace();
      return Promise.resolve(ready);
    }
    if (this.#closing.signal.aborted) return Promise.resolve(null);
    if (this.#failure) return Promise.reject(this.#failure.cause);
    const waiter = Promise.withResolvers<Connection | null>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  async #acceptLoop(listener: TransportListener): Promise<void> {
    try {
      while (!this.#closing.signal.aborted) {
        const transport = await listener.accept();
        if (!transport) return;
        const pending = this.#welcome(transport, listener.method.uri);
        this.#pending.add(pending);
        pending.then(() => {
          this.#pending.delete(pending);
          this.#tellPlace();
        });
        await this.#untilPlace();
      }
    } catch (cause) {
      this.#failure = { cause };
      for (const waiter of this.#waiters.splice(0)) waiter.reject(cause);
    }
  }

  async #untilPlace(): Promise<void> {
    const { maxPendingHandshakes } = this.#options.limits;
    while (
      this.#pending.size + this.#ready.length >= maxPendingHandshakes &&
      !this.#closing.signal.aborted
    ) {
      await new Promise<void>((resolve) => this.#onPlace.push(resolve));
    }
  }

  #tellPlace(): void {
    for (const tell of this.#onPlace.splice(0)) tell();
  }

  /** Runs one handshake; never rejects. */
  async #welcome(transport: Transport, method: string): Promise<void> {
    const { accept, limits, nickname } = this.#options;
    const attempt = establish(transport, {
      role: "responder",
      nickname,
      method,
      accept,
      limits,
      signal: this.#closing.signal,
    });
    try {
      await this.#take(await attempt.connection);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#report(error as LektError, attempt.remote);
    }
  }

  /** Tells the application; what goes wrong there is no reason to stop listening. */
  #report(error: LektError, remote: Remote): void {
    new Promise((resolve) => resolve(this.#options.onFailure?.(error, remote)))
      .catch(() => {});
  }

  async #take(connection: Connection): Promise<void> {
    if (this.#closing.signal.aborted) return await connection.close();
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve(connection);
    else this.#ready.push(connection);
  }
}
