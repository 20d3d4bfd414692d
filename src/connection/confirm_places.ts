/**
 * How many messages may wait at once for the other side to say that it has
 * taken them.
 *
 * @module
 */
import { type Linked, LinkedQueue } from "../session/linked_queue.ts";
import { addAbortListener, removeAbortListener } from "./abort_listeners.ts";

/** Who waits for a place. */
class Waiting implements Linked<Waiting> {
  queue: object | undefined;
  previous: Waiting | undefined;
  next: Waiting | undefined;
  /** Called when the place is there. */
  onPlace: () => void = () => {};
}

/** Places that are taken and given back, in order. */
export class ConfirmPlaces {
  #free: number;
  #waiting = new LinkedQueue<Waiting>();

  /** Begins with `count` free places. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a place; `undefined` where one was free, else resolves when it is the caller's, or rejects with the reason of `signal` where that fires before. */
  take(signal?: AbortSignal): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    const waiting = new Waiting();
    this.#waiting.push(waiting);
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiting.remove(waiting);
        if (signal) removeAbortListener(signal, onAbort);
      };
      const onAbort = (): void => {
        stop();
        reject(signal!.reason);
      };
      waiting.onPlace = (): void => {
        stop();
        resolve();
      };
      if (signal) addAbortListener(signal, onAbort);
    });
  }

  /** Gives a place back. */
  give(): void {
    const next = this.#waiting.first;
    if (next) next.onPlace();
    else this.#free++;
  }
}
