/**
 * Who watches which nickname, in this process.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { WATCH_BACKLOG_MAX } from "./limits.ts";
import type { DirectoryEvent, Registration } from "./store.ts";

/** One watcher's queue of changes. */
class Watcher {
  #queue: DirectoryEvent[] = [];
  #last: DirectoryEvent | undefined;
  #wake: (() => void) | undefined;

  /** Takes the state of the beginning; a change that came while it was looked up is newer. */
  begin(state: DirectoryEvent): void {
    if (!this.#last) this.push(state);
  }

  /** Takes a change, unless it says what the last one said. */
  push(event: DirectoryEvent): void {
    if (this.#last && isSame(this.#last, event)) return;
    this.#last = event;
    if (this.#queue.length >= WATCH_BACKLOG_MAX) this.#queue.length = 0;
    this.#queue.push(event);
    this.#wake?.();
  }

  /** Hands the changes out, and says `gone` when a registration expires. */
  async *events(
    clock: Clock,
    signal: AbortSignal,
  ): AsyncGenerator<DirectoryEvent> {
    while (!signal.aborted) {
      const event = this.#queue.shift();
      if (event) yield event;
      else await this.#wait(clock, signal);
    }
  }

  async #wait(clock: Clock, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    this.#wake = () => stop.abort();
    const either = AbortSignal.any([signal, stop.signal]);
    const last = this.#last;
    const until = last?.type === "put" ? last.registration.expires : Infinity;
    await clock.wait(until - clock.now(), either);
    this.#wake = undefined;
    if (!either.aborted && clock.now() >= until) this.push({ type: "gone" });
  }
}

/** Hands changes to the watchers of each nickname. */
export class WatchTable {
  #clock: Clock;
  #watchers = new Map<string, Set<Watcher>>();
  #closed = new AbortController();

  /** Makes a table without watchers. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The nicknames that are watched. */
  get nicknames(): string[] {
    return [...this.#watchers.keys()];
  }

  /** Tells whether somebody watches a nickname. */
  has(nickname: string): boolean {
    return this.#watchers.has(nickname);
  }

  /** Hands a change to all who watch the nickname. */
  publish(nickname: string, event: DirectoryEvent): void {
    for (const watcher of this.#watchers.get(nickname) ?? []) {
      watcher.push(event);
    }
  }

  /**
   * Watches a nickname: `first` gives the present state once the watcher is
   * in its place, so that no change falls between the two.
   */
  async *watch(
    nickname: string,
    signal: AbortSignal,
    first: () => Promise<Registration | undefined>,
  ): AsyncGenerator<DirectoryEvent> {
    const watcher = new Watcher();
    const watchers = this.#watchers.get(nickname) ?? new Set();
    this.#watchers.set(nickname, watchers.add(watcher));
    try {
      const registration = await first();
      watcher.begin(registration ? put(registration) : { type: "gone" });
      const either = AbortSignal.any([signal, this.#closed.signal]);
      yield* watcher.events(this.#clock, either);
    } finally {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(nickname);
    }
  }

  /** Ends all watching. */
  close(): void {
    this.#closed.abort();
  }
}

/** The event that says that a registration came. */
export function put(registration: Registration): DirectoryEvent {
  return { type: "put", registration };
}

function isSame(one: DirectoryEvent, other: DirectoryEvent): boolean {
  if (one.type === "gone" || other.type === "gone") {
    return one.type === other.type;
  }
  return one.registration.token === other.registration.token;
}
