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

/** So long one connection may keep the event loop to itself, in milliseconds. */
const SLICE_MS = 0.5;

/** So long after a slice that was used up the connection counts among those who have much to do, in milliseconds. */
const BUSY_MS = 5;

/** So long all of them together may, until what has arrived is read: a newcomer's wait. */
const ROUND_MS = 1.5;

/** And it must have done so much: who does little is not made to wait because the machine is slow. A piece of work is 1, so many bytes that were read are 1 more. */
const WEIGHT_MIN = 16;
const WEIGHT_SIZE = 16 * 1024;

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
    if (performance.now() - roundStartMs > ROUND_MS) {
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
  #turn = -1;
  #startMs = 0;
  #weight = 0;
  #busyUntilMs = -Infinity;
  #lookMs = 0;
  #interval = 1;
  #pieces = 1;
  #left = 1;

  /** Whether others are to have their turns before it goes on, at this moment; {@linkcode next} is to follow then. To be asked before each piece of work, which is one of `size` bytes. */
  isOver(nowMs: number, size = 0): boolean {
    return this.#isOver(nowMs, 1 + size / WEIGHT_SIZE);
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
  }

  #isOver(nowMs: number, weight: number): boolean {
    const turn = currentTurn();
    if (turn !== this.#turn) {
      this.#begin(turn, nowMs);
      this.#weight = weight;
      return nowMs < this.#busyUntilMs;
    }
    this.#weight += weight;
    const isOver = nowMs - this.#startMs > SLICE_MS &&
      this.#weight >= WEIGHT_MIN;
    if (isOver) this.#busyUntilMs = nowMs + BUSY_MS;
    return isOver;
  }

  #look(): boolean {
    const nowMs = performance.now();
    const isQuick = nowMs - this.#lookMs < SLICE_MS / 4;
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
