/**
 * All conversations of one run.
 *
 * @module
 */
import type { Connection, Remote } from "../../mod.ts";
import {
  Conversation,
  type ConversationBeginning,
  type ConversationOptions,
} from "./conversation.ts";
import { Roster } from "./roster.ts";

/** Numbers conversations, begins them, and knows those that live. */
export class Conversations {
  /** Those that live. */
  readonly roster: Roster = new Roster();
  readonly #options: ConversationOptions;
  readonly #stopping: AbortSignal;
  readonly #numbers = new WeakMap<object, number>();
  #count = 0;

  /** There are none yet; from `stopping` on, those that begin are stopped at once. */
  constructor(options: ConversationOptions, stopping: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
  }

  /** The number of somebody, in the order in which they came. */
  numberOf(remote: Remote): number {
    const known = this.#numbers.get(remote);
    if (known) return known;
    this.#numbers.set(remote, ++this.#count);
    return this.#count;
  }

  /** Begins a conversation. */
  begin(
    connection: Connection,
    beginning?: ConversationBeginning,
  ): Conversation {
    const conversation = new Conversation(
      this.numberOf(connection.remote),
      connection,
      this.#options,
      beginning,
    );
    this.roster.add(conversation);
    if (this.#stopping.aborted) conversation.stop();
    return conversation;
  }

  /** Lives through a conversation; this side may end as soon as the promise of `mayEnd` resolves. */
  async live(
    conversation: Conversation,
    mayEnd: () => Promise<void>,
  ): Promise<void> {
    await conversation.run(mayEnd);
    this.roster.remove(conversation);
  }

  /** Stops all. */
  stop(): void {
    for (const conversation of this.roster.all) conversation.stop();
  }

  /** Breaks all off, so that none looks as if it had ended in order. */
  abort(): void {
    for (const conversation of this.roster.all) conversation.abort();
  }
}
