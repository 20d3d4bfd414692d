/**
 * The ids of the messages that one side sends (`PROTOCOL.md`, section 5).
 *
 * @module
 */

/** A counter that wraps round and steps over the ids that are open. */
export class MessageIds {
  #first: number;
  #next: number;
  #skippedCount = 0;
  #open: Set<number>;

  /** Starts to count at `first`, while the ids in `open` are in use. */
  constructor(first = 0, open: Iterable<number> = []) {
    this.#first = first;
    this.#next = first;
    this.#open = new Set(open);
  }

  /** How many ids are open. */
  get openCount(): number {
    return this.#open.size;
  }

  /** How many ids were given, modulo 2^32; to count them one by one would cost each short message some time. */
  get takenCount(): number {
    return (this.#next - this.#first - this.#skippedCount) >>> 0;
  }

  /** Whether an id is open. */
  isOpen(messageId: number): boolean {
    return this.#open.has(messageId);
  }

  /** An id for a message that fits one packet. */
  take(): number {
    if (this.#open.size > 0) {
      while (this.#open.has(this.#next)) {
        this.#next = (this.#next + 1) >>> 0;
        this.#skippedCount++;
      }
    }
    const messageId = this.#next;
    this.#next = (messageId + 1) >>> 0;
    return messageId;
  }

  /** An id for a message of many packets, open until {@linkcode close}. */
  open(): number {
    const messageId = this.take();
    this.#open.add(messageId);
    return messageId;
  }

  /** Ends the use of an open id. */
  close(messageId: number): void {
    this.#open.delete(messageId);
  }
}
