/**
 * What became of those who came to a listener.
 *
 * @module
 */
import type { Connection, Remote } from "../connection/connection.ts";
import type { ConnectionEnd } from "../connection/ending.ts";
import { LektError, type LektErrorCode } from "../base/errors.ts";
import { tell } from "../base/tell.ts";
import {
  isMisbehaviour,
  publishMisbehaviour,
  publishRefused,
} from "../diagnostics/channels.ts";

/** Counts of a listener, since its beginning, and what it is busy with now. */
export interface ListenerStats {
  /** Connections that are live, now. */
  open: number;
  /** Clients who have one of the places for those who are not let in yet, now: a handshake of TLS, WebSocket or lekt is under way, or this side's decision, or the application has not taken the connection yet. */
  pending: number;
  /** Clients who wait for such a place, now. */
  waiting: number;
  /** Clients who became a connection. */
  accepted: number;
  /** Clients who did not, by the code of the error that `onFailure` got; a code that is not there stands for none. `CLOSED` also counts those who were given up when the listener was closed. */
  refused: Partial<Record<LektErrorCode, number>>;
  /** Clients who broke a rule of the protocol, before or after they were accepted, or took a place and did not use it while others waited. */
  misbehaved: number;
}

/** Counts, and tells whoever wants to know. */
export class ListenerCounts {
  #acceptedCount = 0;
  #misbehavedCount = 0;
  #refusedCounts = new Map<LektErrorCode, number>();
  #onFailure: ((error: LektError, remote: Remote) => void) | undefined;

  /** Nobody has come yet. */
  constructor(onFailure?: (error: LektError, remote: Remote) => void) {
    this.#onFailure = onFailure;
  }

  /** One became a connection. */
  noteAccepted({ closed }: Connection): void {
    this.#acceptedCount++;
    closed.then((end) => this.#noteEnd(end));
  }

  /** One did not. The application is told, unless that `isByClosing` the listener; what goes wrong there is no reason to stop listening. */
  noteRefused(
    error: unknown,
    remote: Remote,
    attempt: number,
    isByClosing = false,
  ): void {
    const code = error instanceof LektError ? error.code : "CLOSED";
    this.#refusedCounts.set(code, (this.#refusedCounts.get(code) ?? 0) + 1);
    if (isMisbehaviour(error, "handshake")) this.#misbehavedCount++;
    const about = { attempt, role: "responder" } as const;
    publishMisbehaviour(error, "handshake", about, remote);
    publishRefused(error, about, remote);
    if (!isByClosing) tell(this.#onFailure, error as LektError, remote);
  }

  /** What is counted, with what the listener is busy with now. */
  stats(
    now: Pick<ListenerStats, "open" | "pending" | "waiting">,
  ): ListenerStats {
    return {
      ...now,
      accepted: this.#acceptedCount,
      refused: Object.fromEntries(this.#refusedCounts),
      misbehaved: this.#misbehavedCount,
    };
  }

  #noteEnd({ error }: ConnectionEnd): void {
    if (isMisbehaviour(error, "connection")) this.#misbehavedCount++;
  }
}
