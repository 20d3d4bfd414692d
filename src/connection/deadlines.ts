/**
 * Deadlines that are seldom reached: those of equal delay share one timer of
 * the system.
 *
 * A connection that is opened and closed sets four or five deadlines on each side and
 * meets them all within milliseconds. To set and clear a timer of the system
 * takes 1.2 µs at best, to set and clear a deadline 0.15 µs while another one of
 * the same delay waits (1.5 µs where none does).
 *
 * @module
 */
import { TIMER_MS_MAX } from "../base/limits.ts";

/** Deadlines of equal delay fall due in the order in which they were set. */
class Queue {
  readonly #delayMs: number;
  readonly #waiting = new Set<Deadline>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  add(run: () => void): Deadline {
    const atMs = performance.now() + this.#delayMs;
    const deadline = new Deadline(this, atMs, run);
    this.#waiting.add(deadline);
    if (this.#timer === undefined) this.#arm(this.#delayMs);
    return deadline;
  }

  delete(deadline: Deadline): void {
    if (this.#waiting.delete(deadline)) this.#stopIfEmpty();
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(
      () => this.#runDue(),
      Math.min(delayMs, TIMER_MS_MAX),
    );
  }

  /** Runs the first; what is due behind it has a turn of its own, so that one that throws stops no other. */
  #runDue(): void {
    const [first] = this.#waiting;
    const restMs = first!.atMs - performance.now();
    if (restMs > 0) return this.#arm(Math.ceil(restMs));
    this.#waiting.delete(first!);
    this.#timer = undefined;
    const [next] = this.#waiting;
    if (next) this.#arm(Math.max(0, Math.ceil(next.atMs - performance.now())));
    else this.#stopIfEmpty();
    first!.run();
  }

  /** No timer is left behind, for it would keep the program from ending. */
  #stopIfEmpty(): void {
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    queues.delete(this.#delayMs);
  }
}

const queues = new Map<number, Queue>();

/** A moment at which something is done, unless it is cleared before. */
export class Deadline {
  /** When, in milliseconds of `performance.now()`. */
  readonly atMs: number;
  /** What is done. */
  readonly run: () => void;
  readonly #queue: Queue;

  /** Made by {@linkcode setDeadline}. */
  constructor(queue: Queue, atMs: number, run: () => void) {
    this.#queue = queue;
    this.atMs = atMs;
    this.run = run;
  }

  /** Nothing is to be done any more; of no effect afterwards. */
  clear(): void {
    this.#queue.delete(this);
  }
}

/** Calls `run` after `delayMs` milliseconds, never before. Delays are best a few that come again and again: those that are equal share a timer. */
export function setDeadline(run: () => void, delayMs: number): Deadline {
  let queue = queues.get(delayMs);
  if (!queue) {
    queue = new Queue(delayMs);
    queues.set(delayMs, queue);
  }
  return queue.add(run);
}

/** A deadline at a moment that may move. */
export class Alarm {
  #run: () => void;
  #deadline: Deadline | undefined;
  #atMs: number | undefined;

  /** Calls `run` when the moment has come. */
  constructor(run: () => void) {
    this.#run = run;
  }

  /** Moves it to `atMs`, in milliseconds of `performance.now()`; `undefined`: to never. It may be late by `stepMs`, so that many that are of no hurry share a timer. */
  set(atMs: number | undefined, stepMs = 1): void {
    if (atMs === this.#atMs) return;
    this.#atMs = atMs;
    this.#deadline?.clear();
    if (atMs === undefined) return;
    this.#deadline = setDeadline(() => {
      this.#atMs = undefined;
      this.#run();
    }, Math.ceil(Math.max(0, atMs - performance.now()) / stepMs) * stepMs);
  }
}
