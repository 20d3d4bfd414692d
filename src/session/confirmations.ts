/**
 * Which messages one side wants to hear of that the other side's application
 * has taken them (`PROTOCOL.md`, section 10): those that it waits for, and
 * those that it owes.
 *
 * @module
 */
import { OPEN_COUNT_MAX } from "../../asm/wire.ts";
import type { LektError } from "../base/errors.ts";
import { controlError } from "../framing/control.ts";
import type { ControlQueue } from "./control_queue.ts";
import type { OutgoingMessage } from "./outgoing_message.ts";

/** Confirms that may be unanswered at once in one direction. */
export const UNANSWERED_COUNT_MAX = OPEN_COUNT_MAX;

/** This side's messages for which it waits. */
export class AwaitedConfirmations {
  readonly #messages = new Map<number, OutgoingMessage>();

  /** How many are waited for. */
  get count(): number {
    return this.#messages.size;
  }

  /** Waits for a message that has its id now. */
  add(message: OutgoingMessage): void {
    this.#messages.set(message.id, message);
  }

  /** The message was given up, so that no answer comes. */
  forget(messageId: number): void {
    this.#messages.delete(messageId);
  }

  /** The answer is there; of no effect where none is waited for. */
  settle(messageId: number, isTaken: boolean): void {
    const message = this.#messages.get(messageId);
    if (!message) return;
    this.#messages.delete(messageId);
    message.onConfirmed?.(isTaken);
  }

  /** No more answers come. */
  fail(error: LektError): void {
    const messages = [...this.#messages.values()];
    this.#messages.clear();
    for (const message of messages) message.fail(error);
  }
}

/** The other side's messages that it wants to hear of. */
export class OwedConfirmations {
  /** Ids, and how many messages had begun when it was asked. */
  readonly #ids = new Map<number, number>();
  readonly #control: ControlQueue;
  #abortedCount = 0;
  #isDropping = false;

  /** Answers go to `control`. */
  constructor(control: ControlQueue) {
    this.#control = control;
  }

  /** How many are owed. */
  get count(): number {
    return this.#ids.size;
  }

  /** The other side asks, of whose messages so many have begun and were not aborted; returns an error where it may not. */
  add(messageId: number, begunCount: number): LektError | undefined {
    if (this.#ids.has(messageId)) {
      const fault = `message ${messageId} is to be confirmed already`;
      return controlError("Q-4", fault);
    }
    const { confirmedCount } = this.#control;
    if (this.#ids.size + confirmedCount >= UNANSWERED_COUNT_MAX) {
      const fault = `${UNANSWERED_COUNT_MAX} Confirms are unanswered`;
      return controlError("Q-6", fault);
    }
    this.#ids.set(messageId, begunCount + this.#abortedCount);
    if (this.#isDropping) this.settle(messageId, false);
    return undefined;
  }

  /** The application has taken the whole message, or it was dropped; tells whether that is to be said. */
  settle(messageId: number, isTaken: boolean): boolean {
    if (!this.#ids.delete(messageId)) return false;
    this.#control.add({ type: "confirmed", messageId, isTaken });
    return true;
  }

  /** The other side has given the message up. */
  forget(messageId: number): void {
    this.#ids.delete(messageId);
    this.#control.drop("confirmed", messageId);
    this.#abortedCount++;
  }

  /** No more messages come: one that has not begun behind the question, of so many that have, never will. */
  dropUnbegun(begunCount: number): void {
    for (const [messageId, count] of this.#ids) {
      if (count === begunCount + this.#abortedCount) {
        this.settle(messageId, false);
      }
    }
  }

  /** All that comes from now on is dropped. */
  dropAll(): void {
    this.#isDropping = true;
  }
}
