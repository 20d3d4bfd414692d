/**
 * Whose turn it is among the messages that need more than one packet. Those
 * that have nothing to send, may not begin yet, or wait for a window are not
 * asked: 16,000 of them cost the others nothing.
 *
 * ```text
 *   idle --offers--> waiting --an id is free--> ready --all it offered is taken--> idle
 *     \--offers, and has begun before--------->/    \--a window is used up--> blocked
 * ```
 *
 * @module
 */
import { OPEN_COUNT_MAX } from "../../asm/wire.ts";
import type { MessageIds } from "../framing/message_ids.ts";
import { LinkedQueue } from "./linked_queue.ts";
import {
  type OutgoingMessage,
  type Priority,
  sizeFrom,
} from "./outgoing_message.ts";

/** Turns of each priority in one round, while messages of all three are ready: of 21 parts a low one gets one at least. */
const TURNS: Readonly<Record<Priority, number>> = {
  high: 16,
  normal: 4,
  low: 1,
};

const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];

/** The messages of one priority that can have a turn. */
interface Lane {
  readonly queue: LinkedQueue<OutgoingMessage>;
  /** Turns that are left in this round. */
  turnsLeft: number;
}

/** The long messages of one connection. */
export class Turns {
  #ids: MessageIds;
  #idle = new LinkedQueue<OutgoingMessage>();
  #waiting = new LinkedQueue<OutgoingMessage>();
  /** Those of which the message's own window is used up. */
  #spent = new LinkedQueue<OutgoingMessage>();
  /** Those that wait for the connection's. */
  #held = new LinkedQueue<OutgoingMessage>();
  #lanes: Record<Priority, Lane> = {
    high: { queue: new LinkedQueue(), turnsLeft: TURNS.high },
    normal: { queue: new LinkedQueue(), turnsLeft: TURNS.normal },
    low: { queue: new LinkedQueue(), turnsLeft: TURNS.low },
  };
  /** Of those that are ready: how many have no id yet. */
  #beginningCount = 0;
  #size = 0;

  /** `ids` tells how many messages are open. */
  constructor(ids: MessageIds) {
    this.#ids = ids;
  }

  /** How many messages there are. */
  get size(): number {
    return this.#size;
  }

  /** How many can have a turn. */
  get readyCount(): number {
    this.#admit();
    return this.#readySize;
  }

  /** Whose turn it is. */
  get first(): OutgoingMessage | undefined {
    const { high, normal, low } = this.#lanes;
    // Most connections have messages of one priority alone.
    if (high.queue.size === 0 && low.queue.size === 0) {
      return normal.queue.first;
    }
    return this.#firstInTurn() ?? this.#firstOfNextRound();
  }

  /** Bytes that were offered and wait for a window. */
  get blockedSize(): number {
    return sizeFrom(this.#spent.first) + sizeFrom(this.#held.first);
  }

  /** Takes a message in. */
  add(message: OutgoingMessage): void {
    message.onOffered = this.#place;
    this.#size++;
    this.#place(message);
  }

  /** Lets the others have their turns before this one has the next. */
  rotate(message: OutgoingMessage): void {
    const { queue } = this.#lanes[message.priority];
    if (queue.first !== message) return;
    queue.remove(message);
    queue.push(message);
  }

  /** The message has had a turn. */
  noteTurn(message: OutgoingMessage): void {
    this.#lanes[message.priority].turnsLeft--;
  }

  /** The message has got its id. */
  noteBegun(): void {
    this.#beginningCount--;
  }

  /** All that the message offered is taken. */
  rest(message: OutgoingMessage): void {
    this.#takeOut(message);
    this.#idle.push(message);
  }

  /** The message has no more turns until its window grows, or that of the connection. */
  block(message: OutgoingMessage, isSpent: boolean): void {
    this.#takeOut(message);
    (isSpent ? this.#spent : this.#held).push(message);
  }

  /** The window of a message has grown. */
  unblock(message: OutgoingMessage): void {
    if (message.queue === this.#spent || message.queue === this.#held) {
      this.#place(message);
    }
  }

  /** The window of the connection has grown. */
  unblockHeld(): void {
    for (const message of this.#held.drain()) this.#place(message);
  }

  /** Takes a message out; of no effect where it is not in. */
  remove(message: OutgoingMessage): void {
    if (this.#takeOut(message)) this.#size--;
  }

  /** Takes all messages out. */
  drain(): OutgoingMessage[] {
    this.#beginningCount = 0;
    this.#size = 0;
    const lanes = PRIORITIES.map((priority) => this.#lanes[priority].queue);
    const queues = [
      ...lanes,
      this.#held,
      this.#spent,
      this.#waiting,
      this.#idle,
    ];
    return queues.flatMap((queue) => queue.drain());
  }

  get #readySize(): number {
    const { high, normal, low } = this.#lanes;
    return high.queue.size + normal.queue.size + low.queue.size;
  }

  #place = (message: OutgoingMessage): void => {
    if (message.isEnded) return;
    this.#takeOut(message);
    if (!message.hasOffer) this.#idle.push(message);
    else if (message.id < 0) this.#waiting.push(message);
    else this.#lanes[message.priority].queue.push(message);
  };

  /** Takes a message out of the queue that it is in; tells whether it was in one. */
  #takeOut(message: OutgoingMessage): boolean {
    const { queue } = message;
    if (!(queue instanceof LinkedQueue)) return false;
    const isReady = queue === this.#lanes[message.priority].queue;
    if (isReady && message.id < 0) this.#beginningCount--;
    queue.remove(message);
    return true;
  }

  #firstInTurn(): OutgoingMessage | undefined {
    for (const priority of PRIORITIES) {
      const { queue, turnsLeft } = this.#lanes[priority];
      if (queue.first && turnsLeft > 0) return queue.first;
    }
    return undefined;
  }

  #firstOfNextRound(): OutgoingMessage | undefined {
    for (const priority of PRIORITIES) {
      this.#lanes[priority].turnsLeft = TURNS[priority];
    }
    return this.#firstInTurn();
  }

  /** Lets as many begin as may be open. */
  #admit(): void {
    let free = OPEN_COUNT_MAX - this.#ids.openCount - this.#beginningCount;
    for (; free > 0 && this.#waiting.first; free--) {
      const message = this.#waiting.first;
      this.#waiting.remove(message);
      this.#lanes[message.priority].queue.push(message);
      this.#beginningCount++;
    }
  }
}
