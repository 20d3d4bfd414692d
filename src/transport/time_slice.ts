/**
 * Sharing the event loop. Whoever has little to do does it at once. Whoever has
 * used a slice of time up without a pause waits from then on behind the others
 * who have, and every few slices what has arrived at this machine is read: so
 * that those with little to do wait for one round at most.
 *
 * ```text
 *   | slice of A | slice of B | slice of C | arrivals | slice of D | slice of A | ...
 * ```
 *
 * @module
 */
import { onNextTurn, yieldToArrivals, yieldToOthers } from "./yield.ts";

/** How finely the event loop is shared, in milliseconds. */
interface Grain {
  /** So long one connection may keep it to itself. */
  readonly sliceMs: number;
  /** So long all of those who have much to do may, until what has arrived is read: a newcomer's wait. */
  readonly roundMs: number;
}

/** Where all have much to do: a look at what has arrived costs them 80 µs. */
const COARSE: Grain = { sliceMs: 0.5, roundMs: 1.5 };

/** Where somebody has little to do, whose every question waits for the rest of a round. */
const FINE: Grain = { sliceMs: 0.25, roundMs: 0.5 };

/** So long after somebody had little to do the grain stays fine, in milliseconds. */
const FINE_MS = 1_000;

/** So long after a slice that was used up the connection counts among those who have much to do, in milliseconds. */
const BUSY_MS = 5;

/** A slice is used up only where so much was done in it: who does little is not made to wait because the machine is slow. A piece of work is 1, so many bytes that were read are 1 more. */
const WEIGHT_MIN = 16;
const WEIGHT_SIZE = 4 * 1024;

/** Who does less has its turns not told apart: to be called in the next one takes the event loop some microseconds. */
const WEIGHT_LIGHT = 8;

/** So many bytes are enough for a slice. */
export const SLICE_SIZE = WEIGHT_MIN * WEIGHT_SIZE;

/** Things that are done between two looks at the clock, at most: a look takes 40 ns. */
const INTERVAL_MAX = 64;

let turn = 0;
let isTurnWatched = false;

/** The number of the event loop's turn: the same while nobody else had one. */
function currentTurn(): number {
  if (!isTurnWatched) {
    isTurnWatched = true;
    onNextTurn(endTurn);
  }
  return turn;
}

function endTurn(): void {
  isTurnWatched = false;
  turn++;
}

/** Whose slice was the last to be used up; 0 where none was. */
let busyOwner = 0;
let fineUntilMs = -Infinity;
let ownerCount = 0;

function grainAt(nowMs: number): Grain {
  return nowMs < fineUntilMs ? FINE : COARSE;
}

/** Those who have used their slices up, in order. */
const waiting: (() => void)[] = [];
let isServing = false;
let roundStartMs = 0;
let lastTurn = -1;

function untilServed(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (!isServing) serve();
  return promise;
}

async function serve(): Promise<void> {
  isServing = true;
  // Where somebody else had turns since, the loop has rested.
  if (currentTurn() > lastTurn + 1) roundStartMs = performance.now();
  while (waiting.length > 0) {
    const nowMs = performance.now();
    if (nowMs - roundStartMs > grainAt(nowMs).roundMs) {
      await yieldToArrivals();
      roundStartMs = performance.now();
    } else {
      await yieldToOthers();
    }
    lastTurn = currentTurn();
    waiting.shift()!();
  }
  isServing = false;
}

/** The time that one loop may take. */
export class TimeSlice {
  /** Whose loop it is: one connection may have several. */
  readonly owner: number;
  #turn = -1;
  #startMs = 0;
  #weight = 0;
  #lightWeight = 0;
  #busyUntilMs = -Infinity;
  #lookMs = 0;
  #interval = 1;
  #pieces = 1;
  #left = 1;

  /** Begins a slice for a loop of `owner`; by default for somebody new. */
  constructor(owner: number = ++ownerCount) {
    this.owner = owner;
  }

  /** Bytes of one read, at most: who reads much at once keeps the time for long, also where it is to be shared finely. */
  get readSize(): number {
    return performance.now() < fineUntilMs ? SLICE_SIZE : Infinity;
  }

  /** Whether others are to have their turns before it goes on, at this moment; {@linkcode next} is to follow then. To be asked before each piece of work, which is one of `size` bytes. */
  isOver(nowMs: number, size = 0): boolean {
    const weight = 1 + size / WEIGHT_SIZE;
    // In the same turn it goes on, and who is busy is to wait in the next one.
    if (turn === this.#turn || nowMs < this.#busyUntilMs) {
      return this.#isOver(nowMs, weight);
    }
    this.#lightWeight += weight;
    if (this.#lightWeight >= WEIGHT_LIGHT) {
      return this.#isOver(nowMs, this.#lightWeight);
    }
    this.#noteLittle(nowMs);
    return false;
  }

  /** The same, for work that comes in pieces so small that a look at the clock each time would cost too much. */
  isOverNow(): boolean {
    return --this.#left === 0 && this.#look();
  }

  /** Resolves when it may go on. */
  async next(): Promise<void> {
    await untilServed();
    this.#begin(currentTurn(), performance.now());
  }

  #begin(turn: number, nowMs: number): void {
    this.#turn = turn;
    this.#startMs = nowMs;
    this.#weight = 0;
    this.#lightWeight = 0;
  }

  #isOver(nowMs: number, weight: number): boolean {
    if (currentTurn() !== this.#turn) {
      this.#begin(turn, nowMs);
      this.#weight = weight;
      const isBusy = nowMs < this.#busyUntilMs;
      if (!isBusy) this.#noteLittle(nowMs);
      return isBusy;
    }
    this.#weight += weight;
    const isOver = nowMs - this.#startMs > grainAt(nowMs).sliceMs &&
      this.#weight >= WEIGHT_MIN;
    if (isOver) {
      this.#busyUntilMs = nowMs + BUSY_MS;
      busyOwner = this.owner;
    }
    return isOver;
  }

  /** Somebody has little to do at this moment. */
  #noteLittle(nowMs: number): void {
    // Who is alone with much to do is not made to look for others.
    const isBeside = busyOwner !== 0 && busyOwner !== this.owner;
    if (isBeside) fineUntilMs = nowMs + FINE_MS;
  }

  #look(): boolean {
    const nowMs = performance.now();
    const isQuick = nowMs - this.#lookMs < grainAt(nowMs).sliceMs / 4;
    this.#lookMs = nowMs;
    this.#interval = isQuick
      ? Math.min(2 * this.#interval, INTERVAL_MAX)
      : Math.max(this.#interval / 2, 1);
    const weight = this.#pieces;
    this.#pieces = this.#interval;
    this.#left = this.#interval;
    return this.#isOver(nowMs, weight);
  }
}
