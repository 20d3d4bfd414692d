/**
 * Counting what clients ask for.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** The limits count from one full minute to the next, in milliseconds. */
const WINDOW_MS = 60_000;

/** Clients that are counted at once, 100 bytes each; whoever has more addresses than that is not held up by counting them. */
export const COUNTED_CLIENTS_MAX = 100_000;

/** Counts within the present minute; what earlier ones counted is dropped whole, so no timer is held for each client. */
export class RateWindow {
  readonly #points: number;
  readonly #clock: Clock;
  #ends = 0;
  #used = new Map<string, number>();

  /** `points` are what one client has in a minute. */
  constructor(points: number, clock: Clock) {
    this.#points = points;
    this.#clock = clock;
  }

  /** Counts one for a client, unless there are too many already: then the seconds until it may go on. */
  count(key: string): number | undefined {
    const waitS = this.check(key);
    if (waitS !== undefined) return waitS;
    const used = this.#used.get(key);
    this.#used.set(key, (used ?? 0) + 1);
    if (used !== undefined || this.#used.size <= COUNTED_CLIENTS_MAX) {
      return undefined;
    }
    // A map goes through its keys in the order in which they came.
    const [oldest] = this.#used.keys();
    this.#used.delete(oldest!);
    return undefined;
  }

  /** As {@linkcode count}, without counting. */
  check(key: string): number | undefined {
    this.#begin();
    if ((this.#used.get(key) ?? 0) < this.#points) return undefined;
    const left = Math.max(this.#ends - this.#clock.now(), 1);
    return Math.ceil(left / 1_000);
  }

  #begin(): void {
    const now = this.#clock.now();
    // A clock that was set back must not make a window last.
    if (now < this.#ends && now >= this.#ends - WINDOW_MS) return;
    this.#ends = (Math.floor(now / WINDOW_MS) + 1) * WINDOW_MS;
    this.#used = new Map();
  }
}
