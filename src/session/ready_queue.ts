/**
 * What is ready to be handed over, in order.
 *
 * @module
 */
import type { IncomingMessage } from "./incoming_message.ts";
import type { MessageBatch } from "./message_batch.ts";

/** Where a message is that can be handed over. */
export type MessageSource = MessageBatch | IncomingMessage;

/** Entries that were taken out before the array is cut. */
const TAKEN_COUNT_MAX = 4096;

/** Messages, and batches of them, that wait for the application. */
export class ReadyQueue {
  #entries: MessageSource[] = [];
  #head = 0;

  /** Whether nothing is ready. */
  get isEmpty(): boolean {
    return this.#head === this.#entries.length;
  }

  /** The next one. */
  get first(): MessageSource | undefined {
    return this.#entries[this.#head];
  }

  /** The last one, where it is not the next one too. */
  get last(): MessageSource | undefined {
    const index = this.#entries.length - 1;
    return index > this.#head ? this.#entries[index] : undefined;
  }

  /** Adds one behind the others. */
  push(source: MessageSource): void {
    this.#entries.push(source);
  }

  /** Takes the first one out. Taking from the front of a long array moves all the others, so the array is cut only now and then. */
  dropFirst(): void {
    this.#head++;
    if (this.isEmpty) this.clear();
    else if (this.#head === TAKEN_COUNT_MAX) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Takes {@linkcode last} out. */
  dropLast(): void {
    this.#entries.pop();
  }

  /** All that is ready. */
  toArray(): MessageSource[] {
    return this.#entries.slice(this.#head);
  }

  /** Drops all. */
  clear(): void {
    this.#entries = [];
    this.#head = 0;
  }
}
