/**
 * From a transport to a connection: runs the handshake and asks the
 * application.
 *
 * @module
 */
import {
  type Connection,
  makeConnection,
  type Remote,
} from "../connection/connection.ts";
import { Driver } from "../connection/driver.ts";
import { LektError } from "../base/errors.ts";
import { nextAttempt, publish, publishEnd } from "../diagnostics/channels.ts";
import type { PeerEvent } from "../diagnostics/events.ts";
import { explainFault } from "./handshake_fault.ts";
import type {
  HandshakeEvent,
  HandshakeRemote,
  Role,
} from "../handshake/mod.ts";
import type { Limits } from "../base/limits.ts";
import { Session } from "../session/session.ts";
import type { Transport } from "../transport/transport.ts";
import { yieldToArrivals } from "../transport/yield.ts";

/**
 * Decides whether to talk to someone: `true`, `false`, or a text, which is the
 * reason of a rejection. `signal` fires when the decision is of no use any
 * more, because the other side went away or the time is up.
 */
export type Accept = (
  remote: Remote,
  context: { signal: AbortSignal },
) => boolean | string | Promise<boolean | string>;

/** What a connection is established with. */
export interface EstablishOptions {
  /** The number under which it is published. Default: a new one. */
  attempt?: number;
  /** Which side this is. */
  role: Role;
  /** This side's nickname. */
  nickname: string;
  /** The connection method, as a URI. */
  method: string;
  /** The application's decision. */
  accept: Accept;
  /** All limits. */
  limits: Limits;
  /** Cancels the attempt. */
  signal?: AbortSignal | undefined;
}

/** A handshake under way. */
export interface Attempt {
  /** Who is on the other side; filled in as it becomes known. */
  remote: Remote;
  /** Resolves in connected state; rejects where the handshake failed, when the transport is closed. */
  connection: Promise<Connection>;
  /** Ends it; `connection` rejects with `reason`, or ends where it has come about already. */
  abandon(reason: unknown): void;
}

/** Runs the handshake over `transport`, which it owns from now on. */
export function establish(
  transport: Transport,
  options: EstablishOptions,
): Attempt {
  const attempt = new Establishing(transport, options);
  return {
    remote: attempt.remote,
    connection: attempt.run(),
    abandon: (reason) => attempt.abandon(reason),
  };
}

class Establishing {
  readonly remote: Remote;
  #options: EstablishOptions;
  #attempt: number;
  #transport: Transport;
  #driver: Driver;
  #outcome = Promise.withResolvers<void>();
  #deciding = new AbortController();
  /** What `accept` has thrown, which may be `undefined`. */
  #localFault: { cause: unknown } | undefined;
  #abandoned: { reason: unknown } | undefined;

  constructor(transport: Transport, options: EstablishOptions) {
    this.#options = options;
    this.#transport = transport;
    const { role, nickname, limits, method } = options;
    const { address, remoteKey } = transport;
    this.remote = {
      nickname: "",
      version: "",
      method,
      address,
      verified: false,
      ...(remoteKey === undefined ? {} : { key: remoteKey }),
    };
    const nowMs = performance.now();
    this.#attempt = options.attempt ?? nextAttempt();
    publish("lekt:handshake", () => ({
      attempt: this.#attempt,
      role,
      method,
      address,
    }));
    const session = new Session({ role, nickname, limits, nowMs });
    this.#driver = new Driver(
      session,
      transport,
      limits,
      (event) => this.#handle(event),
    );
  }

  async run(): Promise<Connection> {
    const { limits, signal } = this.#options;
    const onAbort = (): void => this.abandon(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    try {
      await this.#outcome.promise;
      if (this.#abandoned) throw this.#abandoned.reason;
    } catch (error) {
      const abandoned = this.#abandoned;
      // A Reject that is on its way must not be lost when the program ends now.
      await this.#driver.closed;
      throw abandoned ? abandoned.reason : this.#withCause(error);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
    this.#publish();
    return makeConnection(this.#driver, this.remote, limits);
  }

  abandon(reason: unknown): void {
    this.#abandoned ??= { reason };
    const error = new LektError("CLOSED", "The handshake was given up", {
      cause: reason,
    });
    this.#driver.abandon(error);
  }

  #handle(event: HandshakeEvent): void {
    switch (event.kind) {
      case "decisionNeeded":
        this.#learn(event.remote);
        // Not now: the driver is amid its own work.
        queueMicrotask(() => this.#decide());
        break;
      case "decisionCancelled":
        this.#deciding.abort(event.error);
        break;
      case "connected":
        this.#learn(event.remote);
        this.#outcome.resolve();
        break;
      case "failed":
        this.#outcome.reject(event.error);
        break;
    }
  }

  #publish(): void {
    const { remote } = this;
    const attempt = this.#attempt;
    const { role } = this.#options;
    const about = (): PeerEvent => ({ ...remote, attempt, role });
    publish("lekt:connection", about);
    publishWhenClosed(this.#driver, about);
  }

  #learn({ nickname, version }: HandshakeRemote): void {
    this.remote.nickname = nickname;
    this.remote.version = version;
  }

  async #decide(): Promise<void> {
    const { signal } = this.#deciding;
    let decision: true | string;
    try {
      decision = judge(await this.#options.accept(this.remote, { signal }));
    } catch (cause) {
      this.#localFault = { cause };
      decision = "";
    }
    // What has arrived behind the other side's packet by now makes the answer void.
    await yieldToArrivals();
    if (signal.aborted) return;
    // The other side may send its Accept and messages as one.
    if (decision === true) this.#transport.admit?.();
    this.#driver.decide(decision);
  }

  #withCause(error: unknown): unknown {
    if (!(error instanceof LektError)) return error;
    const { role, method } = this.#options;
    if (!this.#localFault) {
      return explainFault(error, role, { method, remote: this.remote });
    }
    const { code, reason, by } = error;
    return new LektError(code, "Cannot connect: `accept` failed", {
      ...this.#localFault,
      reason,
      by,
    });
  }
}

/** Out here, for the callback must not hold the connection. */
function publishWhenClosed(driver: Driver, about: () => PeerEvent): void {
  const { session } = driver;
  const sinceMs = performance.now();
  driver.closed.then((end) =>
    publishEnd({
      ...about(),
      ...end,
      durationMs: performance.now() - sinceMs,
      messagesSent: session.sentCount,
      messagesReceived: session.receivedCount,
      bytesSent: driver.sentBytes,
      bytesReceived: session.receivedBytes,
    })
  );
}

function judge(decision: unknown): true | string {
  if (decision === true || typeof decision === "string") return decision;
  if (decision === false) return "";
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot use what \`accept\` returned: expected true, false or a string, got ${typeof decision}`,
  );
}
