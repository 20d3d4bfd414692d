/**
 * Who waits for the next message.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";
import type { MessageMaker } from "../session/inbox.ts";
import type { Message } from "./message.ts";

/** Makes a message for the application. */
export type MakeMessage = MessageMaker<Message>;

/** Someone who waits for a message, or for the end of the other side's stream: `null`. */
export interface PendingReceive {
  make: MakeMessage;
  /** The iterator that waits, where one does. */
  owner: object | undefined;
  /** Waits no more, and gets nothing. */
  isGivenUp: boolean;
  /** This side has closed the connection. */
  close(): void;
  resolve(message: Message | null): void;
  reject(error: LektError): void;
}

/** Those who wait for a message, in the order in which they came. */
export class PendingReceives {
  // None at the end is given up: so those that are given up again and again do not add up.
  #waiting: PendingReceive[] = [];
  /** They wait for their turn, although there may be messages. */
  isPaused = false;

  /** Whether nobody waits who would have to be first. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && !this.isPaused;
  }

  /** Whether somebody waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Adds one behind the others. */
  add(receive: PendingReceive): void {
    this.#waiting.push(receive);
  }

  /** The one whose turn is next; there must be one. */
  first(): PendingReceive {
    while (this.#waiting[0]!.isGivenUp) this.#waiting.shift();
    return this.#waiting[0]!;
  }

  /** Takes out the one whose turn is next; there must be one. */
  shift(): PendingReceive {
    const first = this.first();
    this.#waiting.shift();
    return first;
  }

  /** Passes one over, who waits no more. */
  giveUp(receive: PendingReceive): void {
    receive.isGivenUp = true;
    while (this.#waiting.at(-1)?.isGivenUp) this.#waiting.pop();
  }

  /** Tells all, or all of one iterator, that there is nothing more for them. */
  dismiss(owner?: object): void {
    for (const receive of [...this.#waiting]) {
      if (receive.isGivenUp || owner && receive.owner !== owner) continue;
      this.giveUp(receive);
      receive.resolve(null);
    }
  }
}
