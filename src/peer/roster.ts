/**
 * The conversations that are open, in the order in which they were connected.
 *
 * @module
 */
import type { Conversation } from "./conversation.ts";

/** Who is here. */
export class Roster {
  /** Called when somebody has come or gone. */
  onChange: () => void = () => {};
  readonly #open: Conversation[] = [];
  #arrival = Promise.withResolvers<void>();

  /** All conversations that are open. */
  get all(): readonly Conversation[] {
    return [...this.#open];
  }

  /**
   * Who gets what is said here: the one that was connected first and is still
   * open. One whose other side has ended comes behind all those that talk.
   */
  get addressee(): Conversation | undefined {
    return this.#open.find(({ hasOtherEnded }) => !hasOtherEnded) ??
      this.#open[0];
  }

  /** The same, as soon as there is one. */
  async waitForAddressee(): Promise<Conversation> {
    for (;;) {
      const { addressee } = this;
      if (addressee) return addressee;
      await this.#arrival.promise;
    }
  }

  /** Adds a conversation that begins. */
  add(conversation: Conversation): void {
    this.#open.push(conversation);
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
    this.onChange();
  }

  /** Removes one that has ended. */
  remove(conversation: Conversation): void {
    this.#open.splice(this.#open.indexOf(conversation), 1);
    this.onChange();
  }
}
