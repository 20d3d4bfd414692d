/**
 * A running directory.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { DirectoryApp } from "./app.ts";
import { type Clock, SYSTEM_CLOCK, withDeadline } from "./clock.ts";
import { HttpServer, type HttpServerOptions } from "./http_server.ts";
import { CONNECTIONS_MAX, DIRECTORY_PORT, SHUTDOWN_MS } from "./limits.ts";
import { type DirectoryLimits, resolveDirectoryLimits } from "./rate.ts";
import {
  type Misbehaviour,
  type MisbehaviourReport,
  misbehaviourReporter,
} from "./misbehaviour.ts";
import { openStore } from "./open_store.ts";
import {
  checkOrigin,
  defaultOrigins,
  isLoopback,
  isWildcard,
  originOf,
} from "./origins.ts";
import { type RelayPart, upgradeBy } from "./relay_part.ts";
import { runUntilStopped } from "./run_until_stopped.ts";
import type { DirectoryStore } from "./store.ts";

/** How to run a directory; everything has a default. */
export interface DirectoryOptions {
  /** The store, or its address as `openStore` takes it. Default: `memory`. The directory closes it at its end. */
  store?: string | DirectoryStore;
  /** The address to listen on. Default: `127.0.0.1`. */
  hostname?: string;
  /** The port to listen on; 0 asks for a free one. Default: 15359. */
  port?: number;
  /**
   * The origins that clients know this directory by, such as
   * `https://dir.example`: a registration is signed for one of them. Must be
   * given behind a proxy, and where several processes share a store. Default:
   * the address that it listens on.
   */
  origins?: readonly string[];
  /** Certificate chain and private key, in PEM: the directory then speaks HTTPS. */
  tls?: { cert: string; key: string };
  /** How much it does for one client. */
  limits?: Partial<DirectoryLimits>;
  /** The request header in which a trusted proxy gives the client's address, such as `x-forwarded-for`. Default: none is trusted. */
  addressHeader?: string;
  /** A relay that runs beside it on the same port, made by `createRelay` of `@lekt/lekt/relay`. The directory closes it at its end. Default: none. */
  relay?: RelayPart;
  /** The origins of relays elsewhere that clients may use, such as `https://relay.example`. Default: none. */
  relays?: readonly string[];
  /** Called when something happens to the directory. Default: nothing is called. */
  report?: (event: DirectoryReport) => void;
  /** Tells the time. Default: the system's. */
  clock?: Clock;
}

/** Something that happened to a directory, for a log. */
export type DirectoryReport =
  /** It answers requests now. */
  | {
    event: "listening";
    url: string;
    origins: readonly string[];
    /** Where there are any: the relays that it names, `/` being itself. */
    relays?: readonly string[];
  }
  /** Something that whoever runs it should know. */
  | { event: "warning"; message: string }
  /** The store, or the directory itself, failed to answer a request; told once a second at most. */
  | { event: "failure"; message: string }
  /** A client broke a rule. */
  | MisbehaviourReport
  /** It has ended. */
  | { event: "closed" };

/** How long a store may take to connect before that is told, and the pause between two looks, in milliseconds. */
const STORE_START_MS = 1_500;
const STORE_PAUSE_MS = 250;

/** Failures are told once in so many milliseconds. */
const REPORT_MS = 1_000;

/**
 * A directory that answers requests.
 *
 * @example
 * ```ts
 * import { startDirectory } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * await using directory = await startDirectory({ port: 0 });
 * const answer = await fetch(`${directory.url}/v1`);
 * assertEquals((await answer.json()).audience, directory.url);
 * ```
 */
export class DirectoryServer {
  /** The origin that it listens on, such as `http://127.0.0.1:15359`. */
  readonly url: string;
  /** The origins that records may be for; the first is the one that it states. */
  readonly origins: readonly string[];
  /** Resolves when it has ended, for whatever reason; never rejects. */
  readonly finished: Promise<void>;
  #server: HttpServer;
  #store: DirectoryStore;
  #closing: AbortController;
  #relay: RelayPart | undefined;
  #report: (event: DirectoryReport) => void;
  #finish: () => void;
  #app: DirectoryApp;
  #ended: Promise<void> | undefined;

  /** @ignore Takes a server that listens already: {@linkcode startDirectory} makes it. */
  constructor(
    parts: {
      server: HttpServer;
      store: DirectoryStore;
      app: DirectoryApp;
      closing: AbortController;
      relay: RelayPart | undefined;
      url: string;
      origins: readonly string[];
      report: (event: DirectoryReport) => void;
    },
  ) {
    this.url = parts.url;
    this.origins = parts.origins;
    this.#server = parts.server;
    this.#store = parts.store;
    this.#app = parts.app;
    this.#closing = parts.closing;
    this.#relay = parts.relay;
    this.#report = parts.report;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#finish = resolve;
  }

  /**
   * Takes no more requests, ends streams of events, answers what is under
   * way, and closes the store: within 5 s, whatever clients and store do. May
   * be called again.
   */
  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Calls {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    const relayClosed = this.#relay?.close();
    // Half of the time is for the clients, the other half for the store.
    const until = performance.now() + SHUTDOWN_MS / 2;
    await settles(this.#app.drained(), SHUTDOWN_MS / 2);
    await this.#server.close(until - performance.now());
    await relayClosed;
    await settles(this.#store.close(), SHUTDOWN_MS / 2);
    this.#report({ event: "closed" });
    this.#finish();
  }
}

/**
 * Starts a directory.
 *
 * @param options Where it listens, and what it keeps names in.
 * @returns The directory, which answers requests. Its store may still be unreachable: requests that need it are then answered with 503.
 * @throws {LektError} `INVALID_ARGUMENT` where an option is unusable, or the address is taken.
 *
 * @example
 * ```ts
 * import { startDirectory } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * await using directory = await startDirectory({
 *   port: 0,
 *   origins: ["https://dir.example"],
 *   limits: { writesPerKey: 10 },
 * });
 * const answer = await fetch(`${directory.url}/v1`);
 * assertEquals((await answer.json()).audience, "https://dir.example");
 * ```
 */
export async function startDirectory(
  options: DirectoryOptions = {},
): Promise<DirectoryServer> {
  const {
    store: storeOption = "memory",
    hostname = "127.0.0.1",
    port = DIRECTORY_PORT,
    clock = SYSTEM_CLOCK,
    report = ignore,
  } = options;
  const limits = resolveDirectoryLimits(options.limits);
  const givenOrigins = options.origins?.map((text) => checkOrigin(text));
  const { relay, addressHeader } = options;
  const relays = namedRelays(options, givenOrigins);
  const store = await usableStore(storeOption, clock);
  const closing = new AbortController();
  const onMisbehaviour = misbehaviourReporter(report);
  const origins: string[] = [];
  const app = new DirectoryApp(store, {
    origins,
    relays,
    limits,
    clock,
    closing: closing.signal,
    onFailure: reportFailures(report, clock),
    onMisbehaviour,
    ...(addressHeader && { addressHeader }),
  });
  try {
    const told = { ...options, hostname, port, report, onMisbehaviour };
    const server = await HttpServer.listen(httpOptions(app, told, limits));
    const scheme = options.tls ? "https" : "http";
    const url = originOf(scheme, hostname, server.port);
    origins.push(
      ...givenOrigins ?? defaultOrigins(scheme, hostname, server.port),
    );
    relay?.begin(origins, onMisbehaviour);
    warn(exposure(hostname, options), report);
    const named = relays.length > 0 ? { relays } : {};
    report({ event: "listening", url, origins, ...named });
    tellOfStore(store, closing.signal, report);
    return new DirectoryServer({
      server,
      store,
      app,
      closing,
      relay,
      url,
      origins,
      report,
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

function httpOptions(
  app: DirectoryApp,
  { hostname, port, relay, addressHeader, tls, report, onMisbehaviour }:
    & DirectoryOptions
    & Required<Pick<DirectoryOptions, "hostname" | "port" | "report">>
    & { onMisbehaviour: (what: Misbehaviour) => void },
  { connectionsPerAddress }: DirectoryLimits,
): HttpServerOptions {
  return {
    hostname,
    port,
    connections: CONNECTIONS_MAX,
    // A proxy in front has one address for all clients.
    connectionsPerAddress: addressHeader
      ? CONNECTIONS_MAX
      : connectionsPerAddress,
    answer: async (request, address) =>
      relay?.answer(request) ?? await app.fetch(request, { address }),
    ...(relay && { upgrade: upgradeBy(relay, addressHeader) }),
    onTrouble: ({ message }) => report({ event: "warning", message }),
    onMisbehaviour,
    ...(tls && { tls }),
  };
}

/** What the directory says of relays: its own is where it is itself, unless it has another name. */
function namedRelays(
  { relay, relays = [] }: DirectoryOptions,
  origins: readonly string[] | undefined,
): string[] {
  const own = relay ? [relay.origin ?? origins?.[0] ?? "/"] : [];
  return [...own, ...relays.map((text) => checkOrigin(text, "relay"))];
}

/**
 * Runs a directory until SIGINT or SIGTERM comes, or `signal` fires: what the
 * command `peer directory` does.
 *
 * @param options Where it listens, and what it keeps names in.
 *
 * @example
 * ```ts
 * import { runDirectory } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * const stop = new AbortController();
 * const events: string[] = [];
 * await runDirectory({
 *   port: 0,
 *   signal: stop.signal,
 *   report({ event }) {
 *     events.push(event);
 *     if (event === "listening") stop.abort();
 *   },
 * });
 * assertEquals(events, ["listening", "closed"]);
 * ```
 */
export async function runDirectory(
  options: DirectoryOptions & { signal?: AbortSignal } = {},
): Promise<void> {
  await runUntilStopped(() => startDirectory(options), options.signal);
}

/** What whoever runs a directory should know about where it listens, or `undefined`. */
export function exposure(
  hostname: string,
  { tls, origins }: Pick<DirectoryOptions, "tls" | "origins">,
): string | undefined {
  if (isLoopback(hostname) && !isWildcard(hostname)) return undefined;
  // A proxy in front of it may have TLS: the origins tell.
  if (tls || origins?.every((text) => text.startsWith("https:"))) {
    return undefined;
  }
  return `the directory listens on ${hostname} without TLS: others on the way see who looks up whom, and can leave answers out`;
}

function reportFailures(
  report: (event: DirectoryReport) => void,
  clock: Clock,
): (error: unknown) => void {
  let reportedAt = -Infinity;
  return function reportFailure(error: unknown): void {
    if (clock.now() - reportedAt < REPORT_MS) return;
    reportedAt = clock.now();
    const message = messageOf(error);
    report({ event: "failure", message });
  };
}

/** The store that was given, or the one at an address. */
async function usableStore(
  store: string | DirectoryStore,
  clock: Clock,
): Promise<DirectoryStore> {
  if (typeof store === "string") return await openStore(store, clock);
  if (typeof store?.ping === "function") return store;
  throw new LektError(
    "INVALID_ARGUMENT",
    "Cannot start a directory with this store: expected an address, or a DirectoryStore",
  );
}

function warn(
  message: string | undefined,
  report: (event: DirectoryReport) => void,
): void {
  if (message !== undefined) report({ event: "warning", message });
}

/** Says so where the store cannot be used soon after the start: until somebody asks, nothing else would. */
async function tellOfStore(
  store: DirectoryStore,
  signal: AbortSignal,
  report: (event: DirectoryReport) => void,
): Promise<void> {
  const until = performance.now() + STORE_START_MS;
  while (!signal.aborted) {
    const fault = await store.ping().then(ignore, messageOf);
    if (fault === undefined || signal.aborted) return;
    if (performance.now() > until) {
      return warn(`${fault}; it is tried again until it succeeds`, report);
    }
    await SYSTEM_CLOCK.wait(STORE_PAUSE_MS, signal);
  }
}

/** Tells whether something was done in time; what was not ends with the process. */
async function settles(
  work: Promise<void>,
  milliseconds: number,
): Promise<boolean> {
  try {
    await withDeadline(work, milliseconds, () => new Error("too late"));
    return true;
  } catch {
    return false;
  }
}

function ignore(): void {}
