/**
 * A client of a listener, from its byte stream to its connection.
 *
 * @module
 */
import type { Connection, Remote } from "../connection/connection.ts";
import { type Deadline, setDeadline } from "../connection/deadlines.ts";
import { LektError } from "../base/errors.ts";
import { nextAttempt } from "../diagnostics/channels.ts";
import { type Accept, type Attempt, establish } from "./establish.ts";
import type { Limits } from "../base/limits.ts";
import type { Place, Places } from "../transport/places.ts";
import type { Transport } from "../transport/transport.ts";

/** What a newcomer is let in with. */
export interface NewcomerOptions {
  /** This side's nickname. */
  nickname: string;
  /** The application's decision. */
  accept: Accept;
  /** All limits. */
  limits: Limits;
}

/** Waits for a place, runs the handshake there, and gives the place back. */
export class Newcomer {
  /** The number under which it is published. */
  readonly attempt = nextAttempt();
  readonly #transport: Transport;
  readonly #method: string;
  readonly #options: NewcomerOptions;
  readonly #places: Places;
  readonly #place: Place;
  readonly #onOver: () => void;
  #attempt: Attempt | undefined;
  #reason: unknown;
  #isAsked = false;
  #isIn = false;
  #desertion: Deadline | undefined;

  /** Owns `transport` from now on; `onOver` is called when its place is free again. */
  constructor(
    transport: Transport,
    method: string,
    options: NewcomerOptions,
    places: Places,
    onOver: () => void,
  ) {
    this.#transport = transport;
    this.#method = method;
    this.#options = options;
    this.#places = places;
    this.#onOver = onOver;
    this.#place = places.take(
      transport.address,
      () => this.abandon(gaveWayError()),
    );
  }

  /** Who it is, as far as that is known. */
  get remote(): Remote {
    return this.#attempt?.remote ?? strangerAt(
      this.#transport.address,
      this.#method,
    );
  }

  /** Resolves in connected state, when {@linkcode release} is to follow; rejects where the handshake failed, when the transport is closed. */
  async connect(): Promise<Connection> {
    if (!await this.#place.taken) {
      this.#transport.close();
      this.release();
      throw this.#reason;
    }
    const { nickname, limits } = this.#options;
    this.#attempt = establish(this.#transport, {
      attempt: this.attempt,
      role: "responder",
      nickname,
      method: this.#method,
      accept: (remote, context) => this.#ask(remote, context),
      limits,
    });
    try {
      const connection = await this.#attempt.connection;
      this.#isIn = true;
      this.#places.setTurn(this.#place, "none");
      return connection;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Ends it with `reason`, unless it is in. */
  abandon(reason: unknown): void {
    if (this.#isIn) return;
    this.#reason ??= reason;
    this.#attempt?.abandon(reason);
    if (!this.#attempt || this.#desertion) this.release();
  }

  /** Gives its place back. */
  release(): void {
    this.#desertion?.clear();
    this.#places.release(this.#place);
    this.#onOver();
  }

  /** Asks the application, unless too many who came from there have left while it was asked about them. */
  async #ask(
    remote: Remote,
    context: { signal: AbortSignal },
  ): Promise<boolean | string> {
    await this.#places.untilDecidable(this.#place, context.signal);
    this.#places.setTurn(this.#place, "decision");
    this.#isAsked = true;
    try {
      return await this.#options.accept(remote, context);
    } finally {
      this.#isAsked = false;
      if (this.#desertion) this.release();
      else this.#places.setTurn(this.#place, "client");
    }
  }

  /** Keeps the place while the application is still busy with who has left: only so the number of its calls is bounded. */
  #leave(): void {
    if (!this.#isAsked || this.#places.isClosed) return this.release();
    this.#places.setTurn(this.#place, "deserted");
    this.#desertion = setDeadline(
      () => this.release(),
      this.#options.limits.decisionTimeoutMs,
    );
  }
}

/** Somebody who did not get as far as a nickname. */
export function strangerAt(address: string, method: string): Remote {
  return { nickname: "", version: "", method, address, verified: false };
}

/** What is told of a client who had to leave for another. */
function gaveWayError(): LektError {
  return new LektError(
    "LIMIT",
    "Cannot complete the handshake: all places are taken, and this client kept its own for longest without a word",
  );
}
