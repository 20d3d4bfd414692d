/**
 * Picking the connection method: several are tried, one becomes a connection.
 *
 * Attempts start one after the other, best first, and side by side (RFC 8305):
 * the next one when the last has failed, or has not come to its Handshake for a
 * while. Only one Handshake is under way at a time, because the person on the
 * other side must not be asked twice; who is ready meanwhile waits, and nothing
 * new is started. A method that says nothing to its Handshake for 2 s, while
 * others are left, is asked on a byte stream of its own whether it answers at
 * all, which nobody is asked for; if it does not within 2 s, the next one is tried.
 *
 * Whose turn it is goes by rank, not by who is ready first. `tls` and `wss` may
 * prove who is there, and take longer to open than what proves nothing: while a
 * better one of them is dialling, and started less than 250 ms ago, a worse
 * method waits for it.
 *
 * ```text
 *   dialling --opened--> waiting --turn--> shaking hands --> won: all others are closed
 *      |                    |                   |
 *      +----- failed -------+------ failed -----+-- rejected: the search ends
 * ```
 *
 * @module
 */
import { setDeadline } from "../connection/deadlines.ts";
import { LektError, messageOf, type MethodFailure } from "../base/errors.ts";
import type { Method } from "../transport/method.ts";
import type { Transport } from "../transport/transport.ts";
import type { PickingClock, PickingOptions } from "./picking_options.ts";
import { mayProve, STAGGER_MS, staggerMs } from "./stagger.ts";

/** A byte stream that has waited longer than this for its turn is dialled again: responders wait 10 s for a Handshake. In milliseconds. */
export const WAITING_MS_MAX = 5_000;

/** How long a method that has taken the byte stream may say nothing before it is asked whether it answers at all, where others are left to try. In milliseconds. */
export const SILENCE_MS = 2_000;

/** How long that question may take; without an answer the next method is tried. In milliseconds. */
export const PROBE_MS = 2_000;

export type { PickingClock, PickingOptions } from "./picking_options.ts";
export { STAGGER_MS, STAGGER_NEAR_MS } from "./stagger.ts";

/**
 * Tries connection methods, best first, until one has become a connection.
 *
 * @throws {LektError} `REJECTED` as soon as one side has decided not to talk;
 * `UNREACHABLE` when all methods have failed, with each one's failure; of a
 * single method its own error, where that says more than `UNREACHABLE`;
 * `INVALID_ARGUMENT` without methods. Where `signal` fired: the signal's reason.
 */
export async function pickAndDial<T>(
  methods: readonly Method[],
  options: PickingOptions<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  if (methods.length === 0) {
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot connect: there is no connection method",
    );
  }
  return await new Search(methods, options).run();
}

/** One method on its way; `failure` is set when it has come to its end. */
interface Attempt {
  readonly method: Method;
  readonly controller: AbortController;
  startedAt: number;
  transport?: Transport | undefined;
  openedAt: number;
  hasShakenHands: boolean;
  hasAnswered: boolean;
  failure?: Error;
  elapsedMs: number;
}

/** All attempts of one call. */
class Search<T> {
  readonly #options: PickingOptions<T>;
  readonly #clock: PickingClock;
  readonly #attempts: Attempt[];
  readonly #outcome = Promise.withResolvers<T>();
  /** How many attempts were begun; the others follow in order. */
  #startedCount = 0;
  #shaking: Attempt | undefined;
  #hasEnded = false;
  #cancelStagger: (() => void) | undefined;
  #cancelTurn: (() => void) | undefined;
  #cancelSilence: (() => void) | undefined;

  constructor(methods: readonly Method[], options: PickingOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#attempts = methods.map((method) => ({
      method,
      controller: new AbortController(),
      startedAt: 0,
      openedAt: 0,
      hasShakenHands: false,
      hasAnswered: false,
      elapsedMs: 0,
    }));
  }

  async run(): Promise<T> {
    const { signal } = this.#options;
    const onAbort = () => this.#end(() => Promise.reject(signal?.reason));
    signal?.addEventListener("abort", onAbort);
    this.#startNext();
    try {
      return await this.#outcome.promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Begins the next attempt, unless a Handshake is under way: what it says may end the search. */
  #startNext(): void {
    this.#cancelStagger?.();
    this.#cancelStagger = undefined;
    const attempt = this.#attempts[this.#startedCount];
    if (this.#hasEnded || this.#shaking || attempt === undefined) return;
    this.#startedCount += 1;
    attempt.startedAt = this.#clock.now();
    const fault = this.#options.dialFault(attempt.method);
    if (fault !== undefined) {
      const text = `Cannot reach ${attempt.method.uri}: ${fault}`;
      return this.#fail(attempt, new LektError("UNREACHABLE", text));
    }
    if (this.#startedCount < this.#attempts.length) {
      const next = this.#attempts[this.#startedCount]!;
      this.#cancelStagger = this.#clock.schedule(
        () => this.#startNext(),
        staggerMs(attempt.method, next.method),
      );
    }
    this.#open(attempt);
  }

  /** Dials; the byte stream then waits for its turn. */
  async #open(attempt: Attempt): Promise<void> {
    const { method, controller } = attempt;
    const { dialTimeoutMs } = this.#options;
    const cancelTimeout = this.#clock.schedule(() => {
      const text = `Cannot reach ${method.uri}: no answer within ${
        dialTimeoutMs / 1000
      } s; is the machine on, no firewall in between, and the method right?`;
      const error = new LektError("TIMEOUT", text);
      controller.abort(error);
      this.#fail(attempt, error);
    }, dialTimeoutMs);
    try {
      const transport = await this.#options.dial(method, controller.signal);
      if (controller.signal.aborted) return transport.close();
      attempt.transport = transport;
      attempt.openedAt = this.#clock.now();
      this.#shakeNext();
    } catch (error) {
      this.#fail(attempt, asError(error));
    } finally {
      cancelTimeout();
    }
  }

  /** Gives the best byte stream that waits its turn, at once or when no better one is to be waited for. */
  #shakeNext(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
    if (this.#hasEnded || this.#shaking !== undefined) return;
    const attempt = this.#attempts.find(({ transport, failure }) =>
      transport !== undefined && failure === undefined
    );
    if (attempt === undefined) return;
    if (this.#clock.now() - attempt.openedAt > WAITING_MS_MAX) {
      attempt.transport?.close();
      attempt.transport = undefined;
      this.#open(attempt);
      return this.#shakeNext();
    }
    const leftMs = this.#leftToBetterMs(attempt);
    if (leftMs > 0) {
      this.#cancelTurn = this.#clock.schedule(() => this.#shakeNext(), leftMs);
      return;
    }
    this.#cancelStagger?.();
    this.#cancelStagger = undefined;
    this.#shaking = attempt;
    this.#shake(attempt, attempt.transport!);
  }

  /** How long the turn is still left to better methods that are dialling and may prove who is there, in milliseconds. */
  #leftToBetterMs(attempt: Attempt): number {
    const left = this.#attempts.slice(0, this.#attempts.indexOf(attempt))
      .filter(({ method, transport, failure }) =>
        mayProve(method) && transport === undefined && failure === undefined
      )
      .map(({ startedAt }) => startedAt + STAGGER_MS - this.#clock.now());
    return Math.max(0, ...left);
  }

  async #shake(attempt: Attempt, transport: Transport): Promise<void> {
    attempt.hasShakenHands = true;
    this.#cancelSilence = this.#clock.schedule(
      () => this.#suspect(attempt),
      SILENCE_MS,
    );
    try {
      const { handshake } = this.#options;
      const { method, controller } = attempt;
      const made = await handshake(transport, method, controller.signal, () => {
        attempt.hasAnswered = true;
      });
      // What was made after the end of the search belongs to nobody: its byte stream is closed already.
      this.#end(() => made, attempt);
    } catch (error) {
      if (isFinal(error)) {
        this.#end(() => Promise.reject(error));
      } else {
        this.#fail(attempt, asError(error));
      }
    }
  }

  /** Leaves a method whose program hangs for the next one; where a person is being asked, goes on waiting. */
  async #suspect(attempt: Attempt): Promise<void> {
    const { isAnswering } = this.#options;
    const hasOthers = this.#attempts.some((other) =>
      other !== attempt && other.failure === undefined
    );
    if (isAnswering === undefined || !hasOthers || attempt.hasAnswered) return;
    const { method, controller } = attempt;
    const asking = new AbortController();
    const cancelTimeout = this.#clock.schedule(() => asking.abort(), PROBE_MS);
    const signal = AbortSignal.any([asking.signal, controller.signal]);
    const answers = await isAnswering(method, signal).catch(() => false);
    cancelTimeout();
    if (answers || attempt.hasAnswered) return;
    const error = new LektError(
      "TIMEOUT",
      `Cannot reach ${method.uri}: it takes connections and does not answer`,
    );
    controller.abort(error);
    this.#fail(attempt, error);
  }

  /** Ends one attempt; another one is next at once. */
  #fail(attempt: Attempt, error: Error): void {
    if (this.#hasEnded || attempt.failure !== undefined) return;
    attempt.failure = error;
    attempt.elapsedMs = this.#clock.now() - attempt.startedAt;
    attempt.transport?.close();
    if (this.#shaking === attempt) {
      this.#shaking = undefined;
      this.#cancelSilence?.();
    }
    if (this.#attempts.every(({ failure }) => failure !== undefined)) {
      return this.#end(() => Promise.reject(this.#allFailed()));
    }
    this.#shakeNext();
    this.#startNext();
  }

  /** Ends the search; all byte streams but the winner's are closed. */
  #end(outcome: () => T | Promise<T>, winner?: Attempt): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cancelStagger?.();
    this.#cancelTurn?.();
    this.#cancelSilence?.();
    for (const attempt of this.#attempts) {
      if (attempt === winner) continue;
      attempt.controller.abort(
        new LektError("CLOSED", "Cannot connect: the search is over"),
      );
      attempt.transport?.close();
    }
    this.#outcome.resolve(outcome());
  }

  #allFailed(): Error {
    const [only] = this.#attempts;
    const isReached = only?.hasShakenHands ||
      only?.failure instanceof LektError && only.failure.code !== "UNREACHABLE";
    if (this.#attempts.length === 1 && isReached) return only.failure!;
    const failures = this.#attempts.map(({ method, elapsedMs, failure }) => ({
      method: method.uri,
      elapsedMs,
      error: failure!,
    }));
    return new LektError(
      "UNREACHABLE",
      failures.length === 1
        ? `Cannot reach ${listOf(failures)}`
        : `Cannot reach the other side by any of ${failures.length} methods: ` +
          listOf(failures),
      { failures, cause: failures[0]?.error },
    );
  }
}

const SYSTEM_CLOCK: PickingClock = {
  now: () => performance.now(),
  schedule(callback, delayMs) {
    const deadline = setDeadline(callback, delayMs);
    return () => deadline.clear();
  },
};

/** An answer of one of the two sides, or a fault of the caller's: no other method would change it. */
function isFinal(error: unknown): boolean {
  return error instanceof LektError &&
    (error.code === "REJECTED" || error.code === "INVALID_ARGUMENT");
}

function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new Error(messageOf(error), { cause: error });
}

/** `METHOD: REASON; METHOD: REASON`. */
function listOf(failures: readonly MethodFailure[]): string {
  return failures.map(({ method, error }) => {
    const reason = error.message
      .replace(
        /^Cannot (?:reach|complete the handshake with) (\S+): /,
        (all, at) => at === method ? "" : all,
      );
    return `${method}: ${reason}`;
  }).join("; ");
}
