/**
 * A registration that is kept up.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { tell } from "../base/tell.ts";
import { shown } from "../base/text.ts";
import type { Clock } from "./clock.ts";
import {
  type DirectoryAnswer,
  type DirectoryRequest,
  isTaken,
  isTransient,
  readProblem,
  retryAfterMs,
} from "./http.ts";
import type { Identity } from "./identity.ts";
import { LEASE_DEFAULT_S } from "./limits.ts";
import { isDigest, nicknameFault } from "./names.ts";
import {
  readRecord,
  type RecordClaims,
  RecordError,
  type RegisteredMethod,
  signRecord,
  UNREGISTRATION_TYPE,
} from "./record.ts";
import { checkMethods } from "./registered_methods.ts";

/** What to register. */
export interface RegisterOptions {
  /** The nickname. */
  nickname: string;
  /**
   * How this client can be reached, at most 16 ways, best first; none for one
   * that only dials. A bare URI has the priority of its place in the list
   * (0, 10, 20, …).
   */
  methods: readonly (string | RegisteredMethod)[];
  /**
   * Asked before each refresh how this client can be reached then, as `methods`
   * says it: addresses change. Where it rejects, what
   * was registered last stays. Default: nothing is
   * asked, and `methods` holds.
   */
  currentMethods?: () => Promise<readonly (string | RegisteredMethod)[]>;
  /** base64url SHA-256 of the SubjectPublicKeyInfo of the certificate that this client shows when it dials. */
  spki?: string;
  /** How long a registration holds without a refresh, in seconds, 30 to 3600. Default: 300. */
  leaseSeconds?: number;
  /** Called after each refresh, with how it went. What it throws is ignored. Default: nothing is called. */
  report?: (report: LeaseReport) => void;
  /** Gives the first registration up. Later on, use {@linkcode Lease.unregister}. */
  signal?: AbortSignal;
}

/** How a lease goes. */
export type LeaseReport =
  /** The registration was taken; it holds until `expires`, in milliseconds since 1970. */
  | { event: "registered"; expires: number }
  /** It was not; it is tried again in so many milliseconds. */
  | { event: "failing"; error: Error; retryInMs: number };

/** The directory, as a lease sees it. */
export interface LeaseEndpoint {
  /** What records are signed for. */
  audience: string;
  /** Tells the time. */
  clock: Clock;
  /**
   * Asks the directory about a nickname.
   *
   * @param nickname The nickname that is registered.
   * @param request What to do with it: the method, and a signed record.
   */
  ask(
    nickname: string,
    request: Omit<DirectoryRequest, "timeoutMs">,
  ): Promise<DirectoryAnswer>;
}

/** A registration is refreshed after this share of its lease. */
const REFRESH_SHARE = 1 / 3;

/** The pause before the second attempt after a failure, in milliseconds; it doubles from there to that of a refresh. */
const RETRY_MS = 1_000;

/** An unregistration holds for so many seconds: long enough to arrive. */
const UNREGISTRATION_S = 60;

/** Between the priorities of methods that have none of their own. */
const PRIORITY_STEP = 10;

/** A refused registration, and how long the directory asks to wait. */
class Refusal extends Error {
  readonly error: LektError;
  readonly waitMs: number;

  constructor(error: LektError, waitMs: number) {
    super();
    this.error = error;
    this.waitMs = waitMs;
  }
}

/**
 * A registration that is refreshed until it is taken back: `DirectoryClient`'s
 * `register` makes it.
 *
 * @example
 * ```ts
 * import { createIdentity, DirectoryClient, startDirectory } from "@lekt/lekt/directory";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await using directory = await startDirectory({ port: 0 });
 * const client = new DirectoryClient(directory.url);
 * const events: string[] = [];
 * await using lease = await client.register(await createIdentity(), {
 *   nickname: "bob",
 *   methods: ["tls://192.0.2.7:15358", "tcp://192.0.2.7:15358"],
 *   leaseSeconds: 60,
 *   report: ({ event }) => events.push(event),
 * });
 * assertEquals(events, ["registered"]);
 * assert(lease.expires > Date.now());
 * ```
 */
export class Lease {
  /** The nickname that is registered. */
  readonly nickname: string;
  /** The identity that it is registered for. */
  readonly thumbprint: string;
  #endpoint: LeaseEndpoint;
  #identity: Identity;
  #options: RegisterOptions;
  #methods: RegisteredMethod[];
  #leaseSeconds: number;
  #seq = 0;
  #expires = 0;
  #stop = new AbortController();
  #wake = new AbortController();
  #kept: Promise<void> = Promise.resolve();
  /** The registration is taken back, or is to hold until it expires. */
  #ended: Promise<void> | undefined;

  /**
   * Checks what is to be registered; nothing is sent yet.
   *
   * @ignore Made by {@linkcode DirectoryClient.register}.
   * @throws {LektError} `INVALID_ARGUMENT` where it cannot be registered.
   */
  constructor(
    endpoint: LeaseEndpoint,
    identity: Identity,
    options: RegisterOptions,
  ) {
    this.nickname = options?.nickname;
    const fault = nicknameFault(this.nickname);
    if (fault !== undefined) throw this.#invalid(`its nickname ${fault}`);
    if (!Array.isArray(options.methods)) {
      throw this.#invalid("its methods are not a list");
    }
    if (!isDigest(identity?.thumbprint)) {
      throw this.#invalid("there is no identity");
    }
    this.thumbprint = identity.thumbprint;
    this.#endpoint = endpoint;
    this.#identity = identity;
    this.#options = options;
    this.#methods = options.methods.map(withPriority);
    this.#leaseSeconds = options.leaseSeconds ?? LEASE_DEFAULT_S;
  }

  /** Until when the last registration that was taken holds, in milliseconds since 1970. */
  get expires(): number {
    return this.#expires;
  }

  /** Registers for the first time, and begins to refresh. Called once. */
  async begin(): Promise<void> {
    try {
      await this.#submit(this.#options.signal);
    } catch (error) {
      throw error instanceof Refusal ? error.error : error;
    }
    this.#kept = this.#keep();
  }

  /**
   * Ends the refreshes and takes the registration back, unless another program
   * with this identity has registered the nickname meanwhile: that one's stays.
   * The nickname stays this identity's. May be called again, also where it failed.
   *
   * @throws {LektError} `UNREACHABLE` where the directory could not be told: the registration then ends when it expires.
   */
  unregister(): Promise<void> {
    this.#ended ??= this.#takeBack().catch((error) => {
      this.#ended = undefined;
      throw error;
    });
    return this.#ended;
  }

  async #takeBack(): Promise<void> {
    this.#stop.abort();
    await this.#kept;
    // Where that cannot be told, the unregistration says why.
    if (await this.#registeredSeq().catch(() => 0) > this.#seq) return;
    const token = await this.#sign(UNREGISTRATION_S, UNREGISTRATION_TYPE);
    const answer = await this.#endpoint.ask(this.nickname, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });
    if (answer.status !== 204) throw this.#refusal(answer).error;
  }

  /** Registers again now instead of at the next refresh, such as where the registration was taken back by another program with this identity. */
  refresh(): void {
    this.#wake.abort();
  }

  /** Ends the refreshes without a word to the directory: the registration holds until it expires. */
  abandon(): void {
    this.#stop.abort();
    this.#ended ??= Promise.resolve();
  }

  /** Calls {@linkcode unregister}; a directory that cannot be told is no error here. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.unregister();
    } catch (error) {
      if (!(error instanceof LektError)) throw error;
    }
  }

  async #keep(): Promise<void> {
    const { clock } = this.#endpoint;
    const { signal } = this.#stop;
    let pause = this.#refreshPause();
    let failures = 0;
    while (true) {
      await clock.wait(pause, AbortSignal.any([signal, this.#wake.signal]));
      if (signal.aborted) return;
      this.#wake = new AbortController();
      await this.#lookAround();
      try {
        await this.#submit(signal);
        failures = 0;
        pause = this.#refreshPause();
      } catch (error) {
        if (signal.aborted) return;
        pause = this.#retryPause(failures++, error);
        this.#report({
          event: "failing",
          error: error instanceof Refusal ? error.error : error as Error,
          retryInMs: pause,
        });
      }
    }
  }

  /** Asks how this client can be reached now. */
  async #lookAround(): Promise<void> {
    try {
      const methods = await this.#options.currentMethods?.();
      if (methods) this.#methods = methods.map(withPriority);
    } catch {
      // Without a network, say: the refresh tells of it.
    }
  }

  /** Registers, once more with a higher `seq` where the directory has seen a higher one. */
  async #submit(signal: AbortSignal | undefined): Promise<void> {
    let answer = await this.#put(signal);
    if (readProblem(answer).code === "stale-seq") {
      // The clock went back, or the same identity registers elsewhere too.
      this.#seq = Math.max(this.#seq, await this.#registeredSeq(signal));
      answer = await this.#put(signal);
    }
    if (!isTaken(answer)) throw this.#refusal(answer);
    this.#report({ event: "registered", expires: this.#expires });
  }

  async #put(signal: AbortSignal | undefined): Promise<DirectoryAnswer> {
    const token = await this.#sign(this.#leaseSeconds);
    const issued = this.#endpoint.clock.now();
    const answer = await this.#endpoint.ask(this.nickname, {
      method: "PUT",
      headers: { "content-type": "application/jwt" },
      body: token,
      signal,
    });
    if (isTaken(answer)) {
      this.#expires = issued + this.#leaseSeconds * 1_000;
    }
    return answer;
  }

  /** The `seq` of what is registered now for this identity; 0 where nothing is. */
  async #registeredSeq(signal?: AbortSignal): Promise<number> {
    const endpoint = this.#endpoint;
    const { status, text } = await endpoint.ask(this.nickname, { signal });
    if (status !== 200) return 0;
    const now = endpoint.clock.now() / 1_000;
    const { thumbprint, seq } = await readRecord(text, now);
    return thumbprint === this.thumbprint ? seq : 0;
  }

  async #sign(seconds: number, type?: string): Promise<string> {
    const now = Math.floor(this.#endpoint.clock.now());
    this.#seq = Math.max(now, this.#seq + 1);
    const issuedAt = Math.floor(now / 1_000);
    const claims: RecordClaims = {
      nickname: this.nickname,
      audience: this.#endpoint.audience,
      seq: this.#seq,
      issuedAt,
      expiresAt: issuedAt + seconds,
      methods: this.#methods,
      spki: this.#options.spki,
    };
    try {
      checkMethods(this.#methods);
      return await signRecord(this.#identity, claims, type);
    } catch (cause) {
      if (!(cause instanceof RecordError)) throw cause;
      throw this.#invalid(cause.message, cause);
    }
  }

  #refusal(answer: DirectoryAnswer): Refusal {
    const { code, detail } = readProblem(answer);
    const who = shown(this.nickname);
    if (code === "nickname-taken") {
      const error = new LektError(
        "REJECTED",
        `Cannot register ${who}: the nickname belongs to another key`,
        { by: "remote", reason: "nickname taken" },
      );
      return new Refusal(error, this.#refreshPause());
    }
    if (isTransient(answer.status) || code === "stale-seq") {
      const error = new LektError(
        "UNREACHABLE",
        `Cannot register ${who}: ${detail}`,
      );
      return new Refusal(error, retryAfterMs(answer));
    }
    return new Refusal(this.#invalid(detail), this.#refreshPause());
  }

  #invalid(state: string, cause?: unknown): LektError {
    return new LektError(
      "INVALID_ARGUMENT",
      `Cannot register ${shown(this.nickname)}: ${state}`,
      cause === undefined ? {} : { cause },
    );
  }

  /** A tenth more or less, so that clients that began together do not stay together. */
  #refreshPause(): number {
    const share = this.#leaseSeconds * 1_000 * REFRESH_SHARE;
    return Math.round(share * (0.9 + Math.random() * 0.2));
  }

  #retryPause(failures: number, error: unknown): number {
    const asked = error instanceof Refusal ? error.waitMs : 0;
    const pause = Math.min(RETRY_MS * 2 ** failures, this.#refreshPause());
    return Math.max(Math.round(pause * (0.5 + Math.random() / 2)), asked);
  }

  #report(report: LeaseReport): void {
    tell(this.#options.report, report);
  }
}

function withPriority(
  method: string | RegisteredMethod,
  index: number,
): RegisteredMethod {
  return typeof method === "string"
    ? { uri: method, priority: index * PRIORITY_STEP }
    : method;
}
