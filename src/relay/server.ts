/**
 * A relay that runs by itself.
 *
 * @module
 */
import { answerJson } from "../directory/answer.ts";
import { HttpServer } from "../directory/http_server.ts";
import { CONNECTIONS_MAX, SHUTDOWN_MS } from "../directory/limits.ts";
import {
  type MisbehaviourReport,
  misbehaviourReporter,
} from "../directory/misbehaviour.ts";
import { defaultOrigins, originOf } from "../directory/origins.ts";
import { upgradeBy } from "../directory/relay_part.ts";
import { runUntilStopped } from "../directory/run_until_stopped.ts";
import { RELAY_PORT } from "./limits.ts";
import { Relay, type RelayOptions } from "./relay.ts";

/** How to run a relay; everything has a default. */
export interface RelayServerOptions extends RelayOptions {
  /** The address to listen on. Default: `127.0.0.1`. */
  hostname?: string;
  /** The port to listen on; 0 asks for a free one. Default: 15360. */
  port?: number;
  /** Certificate chain and private key, in PEM: the relay then speaks HTTPS, which `relay` methods need. */
  tls?: { cert: string; key: string };
  /** The request header in which a trusted proxy gives the client's address, such as `x-forwarded-for`. Default: none is trusted. */
  addressHeader?: string;
  /** Called when something happens to the relay. Default: nothing is called. */
  report?: (event: RelayServerReport) => void;
}

/** Something that happened to a relay, for a log. */
export type RelayServerReport =
  /** It relays now. */
  | { event: "listening"; url: string; origins: readonly string[] }
  /** Something that whoever runs it should know. */
  | { event: "warning"; message: string }
  /** A client broke a rule. */
  | MisbehaviourReport
  /** It has ended. */
  | { event: "closed" };

/**
 * A relay that runs.
 *
 * @example
 * ```ts
 * import { startRelay } from "@lekt/lekt/relay";
 * import { assertEquals } from "@std/assert";
 *
 * await using relay = await startRelay({ port: 0 });
 * const answer = await fetch(`${relay.url}/healthz`);
 * assertEquals((await answer.json()).status, "ok");
 * ```
 */
export class RelayServer {
  /** The origin that it listens on, such as `http://127.0.0.1:15360`. */
  readonly url: string;
  /** The origins that listeners may know it by. */
  readonly origins: readonly string[];
  /** Resolves when it has ended, for whatever reason; never rejects. */
  readonly finished: Promise<void>;
  readonly #server: HttpServer;
  readonly #relay: Relay;
  readonly #report: (event: RelayServerReport) => void;
  readonly #finish: () => void;
  #ended: Promise<void> | undefined;

  /** @ignore Takes a server that listens already: {@linkcode startRelay} makes it. */
  constructor(
    parts: {
      server: HttpServer;
      relay: Relay;
      url: string;
      origins: readonly string[];
      report: (event: RelayServerReport) => void;
    },
  ) {
    this.url = parts.url;
    this.origins = parts.origins;
    this.#server = parts.server;
    this.#relay = parts.relay;
    this.#report = parts.report;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#finish = resolve;
  }

  /** Ends all calls, and everything else. May be called again. */
  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Calls {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(): Promise<void> {
    const closed = this.#relay.close();
    await this.#server.close(SHUTDOWN_MS);
    await closed;
    this.#report({ event: "closed" });
    this.#finish();
  }
}

/**
 * Starts a relay.
 *
 * @param options Where it listens, and how much it does.
 * @returns The relay, which listens.
 * @throws {LektError} `INVALID_ARGUMENT` where an option is unusable, or the address is taken.
 *
 * @example Two who cannot reach each other
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { makeCertificate } from "@lekt/lekt/certificate";
 * import { startRelay } from "@lekt/lekt/relay";
 * import { assertEquals } from "@std/assert";
 *
 * await using relay = await startRelay({ port: 0 });
 * const tls = await makeCertificate();
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: [],
 *   relay: relay.url,
 *   tls,
 *   accept: () => true,
 * });
 * listener.serve(async (alice) => void await alice.receive());
 * await using bob = await connect(listener.methods, {
 *   nickname: "alice",
 *   tls: { pinnedKey: tls.spki },
 * });
 * assertEquals(bob.remote.key, tls.spki);
 * ```
 */
export async function startRelay(
  options: RelayServerOptions = {},
): Promise<RelayServer> {
  const {
    hostname = "127.0.0.1",
    port = RELAY_PORT,
    report = ignore,
    addressHeader,
    tls,
  } = options;
  const relay = new Relay(options);
  const onMisbehaviour = misbehaviourReporter(report);
  const server = await HttpServer.listen({
    hostname,
    port,
    connections: CONNECTIONS_MAX,
    connectionsPerAddress: CONNECTIONS_MAX,
    answer: (request) => Promise.resolve(answerFor(relay, request)),
    upgrade: upgradeBy(relay, addressHeader),
    onTrouble: ({ message }) => report({ event: "warning", message }),
    onMisbehaviour,
    ...(tls && { tls }),
  });
  const scheme = tls ? "https" : "http";
  const url = originOf(scheme, hostname, server.port);
  const origins = relay.origins.length > 0
    ? relay.origins
    : defaultOrigins(scheme, hostname, server.port);
  relay.begin(origins, onMisbehaviour);
  report({ event: "listening", url, origins });
  return new RelayServer({ server, relay, url, origins, report });
}

/**
 * Runs a relay until SIGINT or SIGTERM comes, or `signal` fires: what the
 * command `peer relay` does.
 *
 * @param options Where it listens, and how much it does.
 *
 * @example
 * ```ts
 * import { runRelay } from "@lekt/lekt/relay";
 * import { assertEquals } from "@std/assert";
 *
 * const stop = new AbortController();
 * const events: string[] = [];
 * await runRelay({
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
export async function runRelay(
  options: RelayServerOptions & { signal?: AbortSignal } = {},
): Promise<void> {
  await runUntilStopped(() => startRelay(options), options.signal);
}

function answerFor(relay: Relay, request: Request): Response {
  const { pathname } = new URL(request.url);
  const isHealth = pathname === "/healthz" || pathname === "/readyz";
  if (isHealth) return answerJson({ status: "ok" });
  return relay.answer(request) ?? answerJson({ status: 404 }, 404);
}

function ignore(): void {}
