/**
 * Time that passes only when a simulation says so: `setTimeout`, `setInterval`,
 * `setImmediate`, `performance.now()` and `Date.now()` of everything that runs
 * in it. Who of several that are ready comes first is chance, from a seed.
 *
 * Import it before what takes these functions for itself.
 *
 * @module
 */
import type { Prng } from "../helpers/prng.ts";

/** Numbers of virtual timers begin here; those of real ones stay below. */
const FIRST_ID = 2 ** 40;

/** So many turns of the event loop are taken in a row at most while something has arrived, so that all of it is read within one `yieldToArrivals`. */
const TURNS_IN_A_ROW_MAX = 8;

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  now: performance.now.bind(performance),
  dateNow: Date.now,
};

/** The milliseconds of a clock of this machine. */
export function realNow(): number {
  return real.now();
}

interface Appointment {
  atMs: number;
  /** Orders those of one moment. */
  tie: number;
  run: () => void;
  everyMs: number | undefined;
}

/** A clock, and what waits for it. */
export class VirtualTime {
  #nowMs: number;
  #prng: Prng;
  #nextId = FIRST_ID;
  #appointments = new Map<number, Appointment>();
  #turns: (() => void)[] = [];
  #turnsInARow = 0;
  #isCatchingUp = false;

  /** Begins at `nowMs`. */
  constructor(prng: Prng, nowMs = 1_000_000) {
    this.#prng = prng;
    this.#nowMs = nowMs;
  }

  /** The present moment, in milliseconds. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** What waits for a moment, or for a turn. */
  get pendingCount(): number {
    return this.#appointments.size + this.#turns.length;
  }

  /** Calls `run` in `delayMs`; the number is for {@linkcode cancel}. */
  schedule(run: () => void, delayMs: number, everyMs?: number): number {
    const id = this.#nextId++;
    const tie = this.#prng.next();
    const atMs = this.#nowMs + Math.max(0, delayMs);
    this.#appointments.set(id, { atMs, tie, run, everyMs });
    return id;
  }

  /** It is not called any more. */
  cancel(id: number): void {
    this.#appointments.delete(id);
  }

  /** Calls `run` in the next turn of the event loop. */
  nextTurn(run: () => void): void {
    this.#turns.push(run);
  }

  /** The machine sleeps: time passes, and nothing runs in it. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Runs all that comes, until `isDone`, or the moment `untilMs`, or nothing waits any more. */
  async run(isDone: () => boolean, untilMs = Infinity): Promise<void> {
    while (true) {
      await drain();
      if (isDone()) return;
      const id = this.#first();
      const next = id === undefined ? undefined : this.#appointments.get(id)!;
      const isDue = next !== undefined && next.atMs <= this.#nowMs;
      // As an event loop does, which takes all that is ready at once.
      this.#isCatchingUp = isDue &&
        (this.#isCatchingUp || this.#turnsInARow >= TURNS_IN_A_ROW_MAX);
      if (this.#turns.length > 0 && !(isDue && this.#mayWaitForTurn())) {
        this.#turnsInARow++;
        this.#turns.shift()!();
        continue;
      }
      if (!next || next.atMs > untilMs) return;
      this.#turnsInARow = 0;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#appointments.delete(id!);
      if (next.everyMs !== undefined) {
        const { everyMs, tie, run } = next;
        const atMs = this.#nowMs + everyMs;
        this.#appointments.set(id!, { atMs, tie, run, everyMs });
      }
      next.run();
    }
  }

  #mayWaitForTurn(): boolean {
    return this.#isCatchingUp || this.#prng.below(2) === 0;
  }

  #first(): number | undefined {
    let firstId: number | undefined;
    let first: Appointment | undefined;
    // Those that are due are all the same: chance decides.
    const nowMs = this.#nowMs;
    for (const [id, each] of this.#appointments) {
      const atMs = Math.max(each.atMs, nowMs);
      const firstAtMs = first ? Math.max(first.atMs, nowMs) : Infinity;
      const isBefore = atMs < firstAtMs ||
        atMs === firstAtMs && each.tie < first!.tie;
      if (!isBefore) continue;
      firstId = id;
      first = each;
    }
    return firstId;
  }
}

/** Resolves when no promise of this process that can settle is left. */
function drain(): Promise<void> {
  return new Promise((resolve) => void real.setImmediate(resolve));
}

let active: VirtualTime | undefined;

/** From now on `time` is everybody's; `undefined`: the machine's own again. */
export function useTime(time: VirtualTime | undefined): void {
  active = time;
}

type Callback = (...args: unknown[]) => void;

function virtualTimer(every: boolean) {
  return (run: Callback, delayMs = 0, ...args: unknown[]): unknown => {
    if (!active) {
      const start = every ? real.setInterval : real.setTimeout;
      return start(run, delayMs, ...args);
    }
    const call = (): void => run(...args);
    return active.schedule(call, delayMs, every ? delayMs : undefined);
  };
}

function clearAny(id: unknown): void {
  if (typeof id === "number" && id >= FIRST_ID) active?.cancel(id);
  else real.clearTimeout(id as number);
}

Object.assign(globalThis, {
  setTimeout: virtualTimer(false),
  setInterval: virtualTimer(true),
  clearTimeout: clearAny,
  clearInterval: clearAny,
  setImmediate: (run: Callback, ...args: unknown[]): unknown => {
    if (!active) return real.setImmediate(run, ...args);
    active.nextTurn(() => run(...args));
    return undefined;
  },
});
performance.now = (): number => active ? active.nowMs : real.now();
Date.now = (): number => active ? Math.floor(active.nowMs) : real.dateNow();
