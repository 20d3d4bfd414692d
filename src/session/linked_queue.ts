/**
 * A queue from which anything can be taken out at once, wherever it is: with
 * 100,000 members, to search an array for each takes half a minute.
 *
 * @module
 */

/** A member of a queue, of one at a time. */
export interface Linked<T> {
  /** The queue that it is in. */
  queue: object | undefined;
  /** The member before it. */
  previous: T | undefined;
  /** The member behind it. */
  next: T | undefined;
}

/** Members in order; each step takes the same time, however many there are. */
export class LinkedQueue<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  /** Whose turn it is. */
  get first(): T | undefined {
    return this.#first;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Puts a member, which is in no queue, behind all others. */
  push(member: T): void {
    member.queue = this;
    member.previous = this.#last;
    member.next = undefined;
    if (this.#last) this.#last.next = member;
    else this.#first = member;
    this.#last = member;
    this.#size++;
  }

  /** Takes a member out; of no effect where it is not in this queue. */
  remove(member: T): void {
    if (member.queue !== this) return;
    const { previous, next } = member;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    member.queue = undefined;
    member.previous = undefined;
    member.next = undefined;
    this.#size--;
  }

  /** Takes all members out, in order. */
  drain(): T[] {
    const members: T[] = [];
    for (let member = this.#first; member; member = this.#first) {
      this.remove(member);
      members.push(member);
    }
    return members;
  }
}
