/**
 * Those who come back to a conversation whose connection was lost.
 *
 * @module
 */
import type { Connection, Remote } from "../../../mod.ts";
import { encodeResume, type ResumeAsk } from "../../talk/resume.ts";
import type { Conversation } from "../conversation.ts";
import type { FirstMessage } from "../exchange.ts";
import type { Continuity } from "./continuity.ts";
import { isSame, type ProvenIdentity } from "./identity.ts";
import { firstMessage } from "./redial.ts";

/** How long the first message of somebody who may be back is waited for, in milliseconds. */
const FIRST_MESSAGE_MS = 4_000;

/** By how much the two sides may differ about when a conversation began, in milliseconds. */
const AGE_TOLERANCE_MS = 10_000;

/** So much nearer than any other must the one be that is meant, in milliseconds: more than a way there and back, or a clock that is set, makes of it. */
const AGE_MARGIN_MS = 2_000;

/** Conversations that are over and whose other side may still ask for them. */
const OVER_COUNT_MAX = 1_000;

/** What tells a conversation from others of the same person. */
interface Known {
  readonly identity: ProvenIdentity;
  readonly beganMs: number;
}

/** Finds the conversation that somebody wants to go on with. */
export class Comebacks {
  readonly #alive = new Map<Known, Conversation>();
  readonly #expected = new WeakSet<Remote>();
  #over: Known[] = [];

  /** A conversation has begun. */
  add(conversation: Conversation): void {
    const { continuity } = conversation;
    if (continuity) this.#alive.set(continuity, conversation);
  }

  /** A conversation is over. */
  remove({ continuity }: Conversation): void {
    if (!continuity || !this.#alive.delete(continuity)) return;
    const { identity, beganMs } = continuity;
    this.#over = [...this.#over, { identity, beganMs }].slice(-OVER_COUNT_MAX);
  }

  /** Whether somebody is talked with already, so that they may be back on a new connection: who they are is proved. */
  expect(remote: Remote): boolean {
    const isKnown = this.#of(remote).length > 0;
    if (isKnown) this.#expected.add(remote);
    return isKnown;
  }

  /** Whether {@linkcode expect} said so. */
  isExpected(remote: Remote): boolean {
    return this.#expected.has(remote);
  }

  /**
   * Leads somebody who is {@linkcode isExpected} to their conversation.
   *
   * @return Whether they were; otherwise they want a new one, whose first message may have been read.
   * @throws {LektError} Where the connection ends before that is known.
   */
  async lead(
    connection: Connection,
    signal: AbortSignal,
  ): Promise<{ isBack: boolean; first?: FirstMessage }> {
    const first = await firstMessage(connection, FIRST_MESSAGE_MS, signal);
    if (first?.talk.kind !== "resume") {
      // Their program has begun anew: it will not come back to what was before.
      for (const each of this.#of(connection.remote)) each.abandon();
      return first ? { isBack: false, first } : { isBack: false };
    }
    const { resume } = first.talk;
    if (resume.kind !== "ask") return { isBack: false };
    const conversation = this.#find(connection.remote, resume);
    if (!conversation) {
      await connection.send(encodeResume({ kind: "unknown" }));
      return { isBack: false };
    }
    conversation.continuity!.arrive(connection, resume);
    conversation.supersede();
    return { isBack: true };
  }

  #of(remote: Remote): Continuity[] {
    return [...this.#alive.values()].flatMap(({ continuity }) =>
      continuity && isSame(continuity.identity, remote) ? [continuity] : []
    );
  }

  /** The conversation with this person that began at that time, where no other one may be meant. */
  #find(remote: Remote, { ageMs }: ResumeAsk): Conversation | undefined {
    const beganMs = Date.now() - ageMs;
    const [nearest, next] = [...this.#alive.keys(), ...this.#over]
      .filter(({ identity }) => isSame(identity, remote))
      .map((known) => ({ known, offMs: Math.abs(known.beganMs - beganMs) }))
      .sort((one, other) => one.offMs - other.offMs);
    if (!nearest || nearest.offMs > AGE_TOLERANCE_MS) return undefined;
    const isClear = !next || next.offMs - nearest.offMs >= AGE_MARGIN_MS;
    return isClear ? this.#alive.get(nearest.known) : undefined;
  }
}
