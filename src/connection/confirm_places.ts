/**
 * How many messages may wait at once for the other side to say that it has
 * taken them.
 *
 * @module
 */

/** Places that are taken and given back, in order. */
export class ConfirmPlaces {
  #free: number;
  #waiting: (() => void)[] = [];

  /** Begins with `count` free places. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a place; `undefined` where one was free, else resolves when it is the caller's. */
  take(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a place back. */
  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
