/**
 * How much may be sent: of each message and on the whole connection
 * (`PROTOCOL.md`, section 10). All counts are totals since the beginning, so
 * that nothing can drift.
 *
 * Messages of one packet need the connection's window alone. Those of many
 * leave some of it to them, and those of which the receiver has not asked for
 * more leave some to the others: so messages that nobody reads stop nobody.
 *
 * @module
 */
import { PACKET_COST, PART_SIZE_MAX } from "../../asm/wire.ts";
import type { LektError } from "../base/errors.ts";
import { controlError } from "../framing/control.ts";
import type { OutgoingMessage } from "./outgoing_message.ts";

/** What may be sent on a connection from its beginning. */
export const CONNECTION_WINDOW_START = 1024 * 1024;

/** What messages of many packets leave of the connection's window: the largest message of one packet. */
export const SHORT_RESERVE = PART_SIZE_MAX + PACKET_COST;

/** What they leave but for small begins and small parts, with which everyone goes on. */
export const LONG_RESERVE = SHORT_RESERVE + 128 * 1024;

/** Cost of such a begin: with less a message does not wait for somebody who reads it. */
export const SMALL_COST = 4 * 1024;

/** Of the largest window that there was, so much is left to others by messages of which no more was asked for. */
const UNREAD_FRACTION = 3 / 8;

/** They leave no more than this: with less than what sockets hold on their way, senders wait for announcements, which come when half of the window was used. */
const UNREAD_RESERVE_MAX = 4 * 1024 * 1024;

/** What one connection may send. */
export class SendWindows {
  /** The cost that may still be sent on the connection; without end in version 1.0. */
  credit: number;
  readonly #isLimited: boolean;
  readonly #open = new Map<number, OutgoingMessage>();
  #total = CONNECTION_WINDOW_START;
  #largest = CONNECTION_WINDOW_START;

  /** Begins with what may be sent unasked. */
  constructor(isLimited: boolean) {
    this.#isLimited = isLimited;
    this.credit = isLimited ? CONNECTION_WINDOW_START : Infinity;
  }

  /** Counts packets of a message. */
  spend(message: OutgoingMessage, size: number, packetCount: number): void {
    const cost = size + packetCount * PACKET_COST;
    message.cost += cost;
    this.credit -= cost;
  }

  /** The cost that may be sent of a message of many packets now. */
  budgetOf(message: OutgoingMessage): number {
    if (!this.#isLimited) return Infinity;
    const { credit } = this;
    const { isAskedFor } = message;
    const reserve = isAskedFor ? LONG_RESERVE : this.#unreadReserve();
    const smallCost = isAskedFor ? SMALL_COST : SMALL_COST - message.cost;
    const ofConnection = Math.max(
      credit - reserve,
      Math.min(smallCost, credit - SHORT_RESERVE),
    );
    return Math.min(ofConnection, message.allowed - message.cost);
  }

  #unreadReserve(): number {
    const share = Math.ceil(this.#largest * UNREAD_FRACTION);
    return Math.max(LONG_RESERVE, Math.min(share, UNREAD_RESERVE_MAX));
  }

  /** Whether it is the window of the message itself that is used up. */
  isSpent(message: OutgoingMessage): boolean {
    return message.allowed - message.cost <= PACKET_COST;
  }

  /** The message has got its id. */
  begin(message: OutgoingMessage): void {
    if (this.#isLimited) this.#open.set(message.id, message);
  }

  /** No more of the message is sent. */
  end(messageId: number): void {
    this.#open.delete(messageId);
  }

  /** The open message with this id. */
  openMessage(messageId: number): OutgoingMessage | undefined {
    return this.#open.get(messageId);
  }

  /** The other side allows so much on the connection; returns an error where that breaks a rule. */
  raise(total: number): LektError | undefined {
    if (total < this.#total) {
      return controlError("W-4", "the connection's window goes down");
    }
    this.credit += total - this.#total;
    this.#total = total;
    this.#largest = Math.max(this.#largest, this.credit);
    return undefined;
  }

  /** The same of an open message. */
  raiseMessage(message: OutgoingMessage, total: number): LektError | undefined {
    if (total < message.allowed) {
      const fault = `the window of message ${message.id} goes down`;
      return controlError("W-4", fault);
    }
    message.allowed = total;
    message.isAskedFor = true;
    return undefined;
  }
}

/** Bytes that fit, at a cost of at most `budget`, into packets with `partSize` bytes each. */
export function sizeWithin(budget: number, partSize: number): number {
  if (budget === Infinity) return Infinity;
  const whole = Math.floor(budget / (partSize + PACKET_COST));
  const rest = budget - whole * (partSize + PACKET_COST) - PACKET_COST;
  return whole * partSize + Math.max(0, rest);
}
