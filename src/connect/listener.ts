/**
 * A responder that waits for others.
 *
 * @module
 */
import type { Connection } from "../connection/connection.ts";
import { LektError, messageOf } from "../base/errors.ts";
import { ListenerCounts, type ListenerStats } from "./listener_counts.ts";
import { Newcomer, type NewcomerOptions } from "./newcomer.ts";
import { checkSignal } from "../base/signal.ts";
import {
  type ConnectionHandler,
  endAll,
  serveEach,
  type ServeOptions,
  SHUTDOWN_TIMEOUT_MS,
  type ShutdownOptions,
} from "./serve.ts";
import { Places } from "../transport/places.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";

/** What a listener does with who comes. */
export interface ListenerOptions extends NewcomerOptions {
  /** Counts what becomes of those who come, and tells of everyone who did not become a connection. Default: counts alone. */
  counts?: ListenerCounts;
  /** Called when it begins to close: to leave a signal that would keep the program from ending. */
  onClose: () => void;
}

/** Who waits for a connection: an iterator. */
interface Waiter extends PromiseWithResolvers<Connection | null> {
  readonly owner: object;
}

/**
 * Waits for others on one or more connection methods; {@linkcode listen} gives
 * one. {@linkcode Listener.serve} runs a handler for each connection; or iterate
 * the listener for the connections. One client that misbehaves never ends it,
 * and many handshakes can be under way at once.
 *
 * @example Take one connection
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
 *   await connection.closeWrite();
 *   break;
 * }
 * ```
 */
export class Listener implements AsyncIterable<Connection>, AsyncDisposable {
  #transports: TransportListener[];
  #options: ListenerOptions;
  #counts: ListenerCounts;
  #ready: { connection: Connection; newcomer: Newcomer }[] = [];
  #waiters: Waiter[] = [];
  #pending = new Set<Promise<void>>();
  #newcomers = new Set<Newcomer>();
  #places: Places;
  /** Held weakly: what the application has forgotten must be free to go. */
  #live = new Set<WeakRef<Connection>>();
  #closing = new AbortController();
  #failure: { cause: unknown } | undefined;

  /** @ignore Made by {@linkcode listen}. */
  constructor(transports: TransportListener[], options: ListenerOptions) {
    this.#transports = transports;
    this.#options = options;
    this.#counts = options.counts ?? new ListenerCounts();
    this.#places = new Places(options.limits);
    for (const transport of transports) this.#acceptLoop(transport);
  }

  /** The connection methods that it waits on, as URIs with the real ports. */
  get methods(): string[] {
    return this.#transports.map((transport) => transport.method.uri);
  }

  /** The connections that are live: accepted, and not over yet. The array is a new one at each call. */
  get connections(): Connection[] {
    return [...this.#live].flatMap((each) => each.deref() ?? []);
  }

  /**
   * Counts of what became of those who came, and how many are there now.
   *
   * @example How a server fares
   * ```ts
   * import { connect, listen } from "@lekt/lekt";
   * import { assertEquals } from "@std/assert";
   *
   * await using listener = await listen({
   *   nickname: "bob",
   *   methods: ["tcp://127.0.0.1:0"],
   *   accept: () => true,
   * });
   * await using _ = await connect(listener.methods, { nickname: "alice" });
   * for await (const alice of listener) {
   *   const { open, accepted, refused } = listener.stats();
   *   assertEquals([open, accepted, refused], [1, 1, {}]);
   *   await alice.closeWrite();
   *   break;
   * }
   * ```
   */
  stats(): ListenerStats {
    let pending = this.#places.count;
    let waiting = this.#places.waitingCount;
    for (const { places = [] } of this.#transports) {
      for (const { count, waitingCount } of places) {
        pending += count;
        waiting += waitingCount;
      }
    }
    const open = this.connections.length;
    return this.#counts.stats({ open, pending, waiting });
  }

  /**
   * Runs `handler` for each connection, any number of them side by side, and
   * ends the connection in order when its handler has returned. What a handler
   * throws, which is also what it gets when its client is killed, goes to
   * `onError` and harms no other connection.
   *
   * Resolves when the listener was closed, by {@linkcode Listener.close},
   * {@linkcode Listener.shutdown} or a signal, and all handlers have returned.
   * Rejects where the system does not let the listener go on.
   *
   * @param handler Talks to one client, for as long as the connection is to last.
   * @param options What ends it, and who is told of errors.
   *
   * @example A server, and a client
   * ```ts
   * import { connect, listen } from "@lekt/lekt";
   * import { assertEquals } from "@std/assert";
   *
   * const listener = await listen({
   *   nickname: "bob",
   *   methods: ["tcp://127.0.0.1:0"],
   *   accept: () => true,
   * });
   * const serving = listener.serve(async (connection) => {
   *   for await (const message of connection) {
   *     await connection.send(`got ${await message.text()}`);
   *   }
   * });
   *
   * const bob = await connect(listener.methods, { nickname: "alice" });
   * await bob.send("hello");
   * assertEquals(await (await bob.receive())?.text(), "got hello");
   * await bob.close();
   *
   * await listener.shutdown();
   * await serving;
   * ```
   */
  async serve(
    handler: ConnectionHandler,
    options: ServeOptions = {},
  ): Promise<void> {
    const { signal, onError } = options;
    checkSignal("serve", signal);
    if (typeof handler !== "function") {
      throw new LektError(
        "INVALID_ARGUMENT",
        "Cannot serve: the handler is no function",
      );
    }
    const onAbort = (): void => void this.shutdown();
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    try {
      await serveEach(this, handler, onError);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Ends everything in order: stops listening, as {@linkcode Listener.close}
   * does, and lets the connections come to their end. Whoever iterates one or
   * calls `receive()` gets the messages that have arrived, and then the end, as if
   * the other side had ended its stream; replies can still be sent. Connections
   * that are not over when `timeoutMs` has passed are closed. Resolves when all
   * are over; rejects with `INVALID_ARGUMENT`, and changes nothing, where
   * `timeoutMs` is no time.
   *
   * @param options How long that may take.
   *
   * @example Stop when the service manager says so
   * ```ts
   * import { listen } from "@lekt/lekt";
   *
   * const listener = await listen({
   *   nickname: "bob",
   *   methods: ["tcp://127.0.0.1:0"],
   *   accept: () => true,
   * });
   * const stop = () => listener.shutdown();
   * Deno.addSignalListener("SIGTERM", stop);
   * // Here a server would run `await listener.serve(handler)`.
   * await listener.shutdown({ timeoutMs: 2_000 });
   * Deno.removeSignalListener("SIGTERM", stop);
   * ```
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? SHUTDOWN_TIMEOUT_MS;
    if (typeof timeoutMs !== "number" || !(timeoutMs >= 0)) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot shut down within ${
          messageOf(timeoutMs)
        } ms: expected a number, 0 or more`,
      );
    }
    const closing = this.close();
    await endAll(this.connections, timeoutMs);
    await closing;
  }

  /**
   * Stops listening: handshakes under way are given up, connections that were
   * not yet taken are closed, and those that were live on. The loop over the
   * listener ends. Resolves when the addresses are free to be listened on again.
   * May be called again.
   */
  async close(): Promise<void> {
    this.#options.onClose();
    const closed = new LektError("CLOSED", "The listener was closed");
    this.#closing.abort(closed);
    const freed = this.#transports.map((transport) => transport.close());
    this.#places.close();
    for (const newcomer of this.#newcomers) newcomer.abandon(closed);
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(null);
    const untaken = this.#ready.splice(0).map(({ connection, newcomer }) => {
      newcomer.release();
      return connection.close();
    });
    await Promise.all([...freed, ...this.#pending, ...untaken]);
  }

  /** The connections, as they come; leaving the loop does not close the listener. Rejects where the system does not let it go on. */
  [Symbol.asyncIterator](): AsyncIterator<Connection, undefined> {
    const iterator: AsyncIterator<Connection, undefined> = {
      next: async () => {
        const value = await this.#next(iterator);
        return value
          ? { value, done: false as const }
          : { value: undefined, done: true as const };
      },
      return: () => {
        this.#leave(iterator);
        return Promise.resolve({ value: undefined, done: true });
      },
    };
    return iterator;
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Gives up what an iterator waits for: nobody would get that connection. */
  #leave(owner: object): void {
    const left = this.#waiters.filter((waiter) => waiter.owner === owner);
    this.#waiters = this.#waiters.filter((waiter) => waiter.owner !== owner);
    for (const waiter of left) waiter.resolve(null);
  }

  #next(owner: object): Promise<Connection | null> {
    const ready = this.#ready.shift();
    if (ready) {
      ready.newcomer.release();
      return Promise.resolve(ready.connection);
    }
    if (this.#closing.signal.aborted) return Promise.resolve(null);
    if (this.#failure) return Promise.reject(this.#failure.cause);
    const waiter = Promise.withResolvers<Connection | null>();
    this.#waiters.push({ ...waiter, owner });
    return waiter.promise;
  }

  async #acceptLoop(listener: TransportListener): Promise<void> {
    try {
      while (!this.#closing.signal.aborted) {
        const transport = await listener.accept();
        if (!transport) return;
        const pending = this.#welcome(transport, listener.method.uri);
        this.#pending.add(pending);
        pending.then(() => this.#pending.delete(pending));
        await this.#places.untilRoom();
      }
    } catch (cause) {
      this.#failure = { cause };
      for (const waiter of this.#waiters.splice(0)) waiter.reject(cause);
    }
  }

  /** Runs one handshake; never rejects. */
  async #welcome(transport: Transport, method: string): Promise<void> {
    const newcomer: Newcomer = new Newcomer(
      transport,
      method,
      this.#options,
      this.#places,
      () => this.#newcomers.delete(newcomer),
    );
    this.#newcomers.add(newcomer);
    try {
      await this.#take(await newcomer.connect(), newcomer);
    } catch (error) {
      this.#counts.noteRefused(
        error,
        newcomer.remote,
        newcomer.attempt,
        error === this.#closing.signal.reason,
      );
    }
  }

  async #take(connection: Connection, newcomer: Newcomer): Promise<void> {
    if (this.#closing.signal.aborted) {
      newcomer.release();
      return await connection.close();
    }
    noteWhileLive(this.#live, connection);
    this.#counts.noteAccepted(connection);
    const waiter = this.#waiters.shift();
    if (!waiter) {
      this.#ready.push({ connection, newcomer });
      return;
    }
    newcomer.release();
    waiter.resolve(connection);
  }
}

/** Out here, for the callback must not hold the connection. */
function noteWhileLive(
  live: Set<WeakRef<Connection>>,
  connection: Connection,
): void {
  const reference = new WeakRef(connection);
  live.add(reference);
  deleteAfter(connection.closed, live, reference);
}

function deleteAfter(
  closed: Promise<unknown>,
  live: Set<WeakRef<Connection>>,
  reference: WeakRef<Connection>,
): void {
  closed.then(() => live.delete(reference));
}
