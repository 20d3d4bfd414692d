/**
 * Places for clients who are not let in yet, and who gives way where all are
 * taken: strangers who take places and say nothing must keep nobody out.
 *
 * @module
 */
import type { Limits } from "../base/limits.ts";
import { hostKey } from "./address_key.ts";
import { yieldToArrivals } from "./yield.ts";

/** How many places there are. */
export type PlaceLimits = Pick<
  Limits,
  "maxPendingHandshakes" | "maxPendingPerAddress"
>;

/** Whose turn it is may give way only after so long, in milliseconds: an honest answer takes its way. */
export const LEAST_SILENT_MS = 250;

/**
 * Where no more wait than so many times those who get in within
 * {@linkcode LEAST_SILENT_MS}, all have a place within 10 s, and nobody need
 * give way: many who come at once from one busy machine are slow, not silent.
 */
const PROGRESS_FACTOR = 40;

/** So long after one look at who has to give way comes the next, at least, in milliseconds. */
const LOOK_MIN_MS = 50;

/** So long some must have waited for places without a pause before one gives way to a client who is not owed a place, in milliseconds. */
const SHORTAGE_MS = 1_000;

/** Clients who wait for a place: a socket each, and no more. Further ones wait in the system's queue, where nobody sees from where they come. */
export const WAITING_MAX = 4_096;

/** Whose turn it is: the client's, this side's to decide, this side's although the client has left, or nobody's, for the client is in. */
export type Turn = "client" | "decision" | "deserted" | "none";

/** The clients of one address. */
interface Neighbours {
  readonly key: string;
  /** Places that they have. */
  count: number;
  /** Those of them whose turn it is, the longest first. */
  readonly silent: Set<Place>;
  /** Those of them about whom this side decides, the longest first. */
  readonly deciding: Set<Place>;
  /** Decisions about clients who have left. */
  desertedCount: number;
  /** Those without a place, the longest first. */
  readonly waiting: Set<Place>;
  /** Told when one decision about somebody who left is no longer under way. */
  readonly onDecided: Set<() => void>;
}

/** One client's place, or its wish for one. */
export class Place {
  /** The clients of the same address. */
  readonly neighbours: Neighbours;
  /** Ends the client, whose place somebody else gets. */
  readonly giveWay: () => void;
  /** Resolves to whether it got a place. */
  readonly taken: Promise<boolean>;
  /** Says whether it got a place. */
  readonly setTaken: (isTaken: boolean) => void;
  /** Whether it has a place. */
  isTaken = false;
  /** Whose turn it is. */
  turn: Turn = "client";
  /** Since when, in milliseconds. */
  sinceMs = 0;

  /** Made by {@linkcode Places.take}. */
  constructor(neighbours: Neighbours, giveWay: () => void) {
    this.neighbours = neighbours;
    this.giveWay = giveWay;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.taken = promise;
    this.setTaken = resolve;
  }
}

/** How many got in lately. */
class Progress {
  #sinceMs = 0;
  #count = 0;
  #lastCount = 0;

  /** One got in. */
  note(nowMs: number): void {
    this.#turnPage(nowMs);
    this.#count++;
  }

  /** How many did within {@linkcode LEAST_SILENT_MS}. */
  count(nowMs: number): number {
    this.#turnPage(nowMs);
    return Math.max(this.#count, this.#lastCount);
  }

  #turnPage(nowMs: number): void {
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < LEAST_SILENT_MS) return;
    this.#lastCount = elapsedMs < 2 * LEAST_SILENT_MS ? this.#count : 0;
    this.#count = 0;
    this.#sinceMs = nowMs;
  }
}

/**
 * Hands out places. Where all are taken newcomers wait, and those of the
 * address that has fewest go first. For who waits, the client gives way that has
 * been silent for longest: of the address with the most places where one has
 * more than its share, else of all. What has arrived from it is read before.
 * Where the newcomer's address has not got its share, that happens at once, else
 * only where the shortage lasts and few get in.
 * A client whom this side decides about gives way only where its address has
 * more than its share, to one of another that has not; then the latest does.
 */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #addresses = new Map<string, Neighbours>();
  readonly #silent = new Set<Place>();
  readonly #progress = new Progress();
  #count = 0;
  #waitingCount = 0;
  /** Since when somebody has waited, in milliseconds. */
  #shortSinceMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #isClosed = false;
  #room: PromiseWithResolvers<void> | undefined;

  /** All places are free. */
  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** Whether {@linkcode close} was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many are taken. */
  get count(): number {
    return this.#count;
  }

  /** How many clients wait for one. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /**
   * Takes a place for a client of `address` (as in `Transport.address`), now or
   * as soon as there is one, see {@linkcode Place.isTaken} and
   * {@linkcode Place.taken}. It is the client's turn then.
   */
  take(address: string, giveWay: () => void): Place {
    const neighbours = this.#neighboursOf(hostKey(address));
    const place = new Place(neighbours, giveWay);
    neighbours.waiting.add(place);
    if (this.#waitingCount++ === 0) this.#shortSinceMs = performance.now();
    if (this.#isClosed) this.release(place);
    else this.#settle();
    return place;
  }

  /** Notes whose turn it is from now on. */
  setTurn(place: Place, turn: Turn): void {
    if (!place.isTaken) return;
    this.#forgetTurn(place);
    const { neighbours } = place;
    place.turn = turn;
    place.sinceMs = performance.now();
    if (turn === "client") {
      this.#silent.add(place);
      neighbours.silent.add(place);
    } else if (turn === "decision") {
      neighbours.deciding.add(place);
    } else if (turn === "deserted") {
      neighbours.desertedCount++;
    } else {
      this.#progress.note(place.sinceMs);
    }
    this.#settle();
  }

  /** Waits while as many decisions about clients of its address who have left are under way as an address may have places; rejects where `signal` fires. */
  async untilDecidable(place: Place, signal: AbortSignal): Promise<void> {
    const { neighbours } = place;
    while (neighbours.desertedCount >= this.#limits.maxPendingPerAddress) {
      signal.throwIfAborted();
      const changed = Promise.withResolvers<void>();
      neighbours.onDecided.add(changed.resolve);
      signal.addEventListener("abort", () => changed.resolve());
      await changed.promise;
      neighbours.onDecided.delete(changed.resolve);
    }
    signal.throwIfAborted();
  }

  /** Gives the place back, or waits for one no longer; of no effect afterwards. */
  release(place: Place): void {
    const { neighbours } = place;
    if (neighbours.waiting.delete(place)) {
      this.#waitingCount--;
      place.setTaken(false);
    } else if (place.isTaken) {
      this.#forgetTurn(place);
      place.isTaken = false;
      neighbours.count--;
      this.#count--;
    } else {
      return;
    }
    if (neighbours.count + neighbours.waiting.size === 0) {
      this.#addresses.delete(neighbours.key);
    }
    this.#settle();
  }

  /** Resolves when another client may wait for a place. */
  async untilRoom(): Promise<void> {
    if (this.#waitingCount < WAITING_MAX || this.#isClosed) return;
    this.#room ??= Promise.withResolvers();
    await this.#room.promise;
  }

  /** Nobody waits any more, and no timer is left. Places that are taken can be given back. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#room?.resolve();
    for (const { waiting } of [...this.#addresses.values()]) {
      for (const place of [...waiting]) this.release(place);
    }
  }

  #neighboursOf(key: string): Neighbours {
    let neighbours = this.#addresses.get(key);
    if (!neighbours) {
      neighbours = {
        key,
        count: 0,
        silent: new Set(),
        deciding: new Set(),
        desertedCount: 0,
        waiting: new Set(),
        onDecided: new Set(),
      };
      this.#addresses.set(key, neighbours);
    }
    return neighbours;
  }

  #forgetTurn(place: Place): void {
    const { neighbours } = place;
    this.#silent.delete(place);
    neighbours.silent.delete(place);
    neighbours.deciding.delete(place);
    if (place.turn !== "deserted") return;
    neighbours.desertedCount--;
    place.turn = "none";
    for (const tell of neighbours.onDecided) tell();
  }

  /** Gives out what is free, and looks when the next one may have to give way. */
  #settle(): void {
    if (this.#isClosed) return;
    const { maxPendingHandshakes } = this.#limits;
    while (this.#waitingCount > 0 && this.#count < maxPendingHandshakes) {
      this.#handOut(this.#next());
    }
    if (this.#room && this.#waitingCount < WAITING_MAX) {
      this.#room.resolve();
      this.#room = undefined;
    }
    const isPending = this.#timer !== undefined || this.#isLooking;
    if (this.#waitingCount === 0 || isPending) return;
    const worst = this.#worst();
    if (worst === undefined) return;
    const restMs = worst.sinceMs + LEAST_SILENT_MS - performance.now();
    this.#timer = setTimeout(
      () => this.#look(),
      Math.max(LOOK_MIN_MS, restMs),
    );
  }

  /** Has those who have been silent for long enough give way, behind what has arrived from them. */
  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#isLooking = true;
    await yieldToArrivals();
    const nowMs = performance.now();
    const isShort = nowMs - this.#shortSinceMs >= SHORTAGE_MS;
    const slowCount = PROGRESS_FACTOR * this.#progress.count(nowMs);
    while (this.#waitingCount > 0) {
      const worst = this.#worst();
      if (!worst || worst.sinceMs > nowMs - LEAST_SILENT_MS) break;
      const isPressing = isShort && this.#waitingCount > slowCount;
      if (!isPressing && !this.#isOwed(worst)) break;
      worst.giveWay();
      this.release(worst);
    }
    this.#isLooking = false;
    this.#settle();
  }

  #handOut(place: Place): void {
    const { neighbours } = place;
    neighbours.waiting.delete(place);
    this.#waitingCount--;
    neighbours.count++;
    this.#count++;
    place.isTaken = true;
    this.setTurn(place, "client");
    place.setTaken(true);
  }

  /** Whether who is next is owed the place of `worst`: that one's address has more than its share, and its own has less. */
  #isOwed(worst: Place): boolean {
    const share = this.#limits.maxPendingPerAddress;
    return worst.neighbours.count > share &&
      this.#next().neighbours.count < share;
  }

  /** Who has waited for longest at the address with the fewest places. */
  #next(): Place {
    let fewest: Neighbours | undefined;
    for (const neighbours of this.#addresses.values()) {
      if (neighbours.waiting.size === 0) continue;
      if (!fewest || neighbours.count < fewest.count) fewest = neighbours;
    }
    const [first] = fewest!.waiting;
    return first!;
  }

  /** Who has to give way to who is next, as soon as it has been its turn for long enough. */
  #worst(): Place | undefined {
    const share = this.#limits.maxPendingPerAddress;
    let most: Neighbours | undefined;
    let mostSilent: Neighbours | undefined;
    for (const neighbours of this.#addresses.values()) {
      const { count, silent } = neighbours;
      if (count <= share) continue;
      if (!most || count > most.count) most = neighbours;
      if (silent.size === 0) continue;
      if (!mostSilent || count > mostSilent.count) mostSilent = neighbours;
    }
    const [oldest] = mostSilent?.silent ?? this.#silent;
    if (oldest || !most || this.#next().neighbours.count >= share) {
      return oldest;
    }
    return [...most.deciding].at(-1);
  }
}
