/**
 * The conversations that are open, in the order in which they were connected.
 *
 * @module
 */
import type { Conversation } from "./conversation.ts";

/** Who is here. */
export class Roster {
  readonly #open: Conversation[] = [];
  #arrival = Promise.withResolvers<void>();

  /** All conversations that are open. */
  get all(): readonly Conversation[] {
    return [...this.#open];
  }

  /** The one that was connected first and is still open: what is said here goes to it. */
  get first(): Conversation | undefined {
    return this.#open[0];
  }

  /** The same, as soon as there is one. */
  async waitForFirst(): Promise<Conversation> {
    for (;;) {
      if (this.#open[0]) return this.#open[0];
      await this.#arrival.promise;
    }
  }

  /** Adds a conversation that begins. */
  add(conversation: Conversation): void {
    this.#open.push(conversation);
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }

  /** Removes one that has ended. */
  remove(conversation: Conversation): void {
    this.#open.splice(this.#open.indexOf(conversation), 1);
  }
}
