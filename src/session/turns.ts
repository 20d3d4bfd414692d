/**
 * Whose turn it is among the messages that need more than one packet. Those
 * that have nothing to send, or may not begin yet, are not asked: 16,000 of
 * them cost the others nothing.
 *
 * ```text
 *   idle --offers--> waiting --an id is free--> ready --all it offered is taken--> idle
 *     \--offers, and has begun before--------->/
 * ```
 *
 * @module
 */
import { OPEN_COUNT_MAX } from "../../asm/wire.ts";
import type { MessageIds } from "../framing/message_ids.ts";
import { LinkedQueue } from "./linked_queue.ts";
import type { OutgoingMessage } from "./outgoing_message.ts";

/** The long messages of one connection. */
export class Turns {
  #ids: MessageIds;
  #idle = new LinkedQueue<OutgoingMessage>();
  #waiting = new LinkedQueue<OutgoingMessage>();
  #ready = new LinkedQueue<OutgoingMessage>();
  /** Of those that are ready: how many have no id yet. */
  #beginningCount = 0;

  /** `ids` tells how many messages are open. */
  constructor(ids: MessageIds) {
    this.#ids = ids;
  }

  /** How many messages there are. */
  get size(): number {
    return this.#idle.size + this.#waiting.size + this.#ready.size;
  }

  /** How many can have a turn. */
  get readyCount(): number {
    this.#admit();
    return this.#ready.size;
  }

  /** Whose turn it is. */
  get first(): OutgoingMessage | undefined {
    return this.#ready.first;
  }

  /** Takes a message in. */
  add(message: OutgoingMessage): void {
    message.onOffered = this.#place;
    this.#place(message);
  }

  /** Lets the others have their turns before this one has the next. */
  rotate(message: OutgoingMessage): void {
    if (this.#ready.first !== message) return;
    this.#ready.remove(message);
    this.#ready.push(message);
  }

  /** The message has got its id. */
  noteBegun(): void {
    this.#beginningCount--;
  }

  /** All that the message offered is taken. */
  rest(message: OutgoingMessage): void {
    this.#ready.remove(message);
    this.#idle.push(message);
  }

  /** Takes a message out. */
  remove(message: OutgoingMessage): void {
    if (message.queue === this.#ready && message.id < 0) this.#beginningCount--;
    this.#idle.remove(message);
    this.#waiting.remove(message);
    this.#ready.remove(message);
  }

  /** Takes all messages out. */
  drain(): OutgoingMessage[] {
    this.#beginningCount = 0;
    const queues = [this.#ready, this.#waiting, this.#idle];
    return queues.flatMap((queue) => queue.drain());
  }

  #place = (message: OutgoingMessage): void => {
    if (message.isEnded) return;
    this.remove(message);
    if (!message.hasOffer) this.#idle.push(message);
    else if (message.id < 0) this.#waiting.push(message);
    else this.#ready.push(message);
  };

  /** Lets as many begin as may be open. */
  #admit(): void {
    let free = OPEN_COUNT_MAX - this.#ids.openCount - this.#beginningCount;
    for (; free > 0 && this.#waiting.first; free--) {
      const message = this.#waiting.first;
      this.#waiting.remove(message);
      this.#ready.push(message);
      this.#beginningCount++;
    }
  }
}
