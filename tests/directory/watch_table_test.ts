// What watchers of a nickname get, and in which order.
import { assertEquals } from "@std/assert";
import { WATCH_BACKLOG_MAX } from "../../src/directory/limits.ts";
import type {
  DirectoryEvent,
  Registration,
} from "../../src/directory/store.ts";
import { put, WatchTable } from "../../src/directory/watch.ts";
import { isSettled, within } from "../helpers/deadline.ts";
import { HeldClock, settle } from "../helpers/held_clock.ts";

const BEGIN_MS = 1_000_000;

/** The registration of bob with this number, good for one minute. */
function bob(seq: number): Registration {
  const expires = BEGIN_MS + 60_000;
  return { nickname: "bob", key: "k", seq, expires, token: `token ${seq}` };
}

function seqOf(event: DirectoryEvent): number | "gone" {
  return event.type === "put" ? event.registration.seq : "gone";
}

/** A watcher of bob's, whose state when it begins is `first`. */
class Seen {
  readonly clock = new HeldClock(BEGIN_MS);
  readonly table = new WatchTable(this.clock);
  #events: AsyncGenerator<DirectoryEvent>;

  constructor(
    first: Promise<Registration | undefined> = Promise.resolve(bob(1)),
  ) {
    const { signal } = new AbortController();
    this.#events = this.table.watch("bob", signal, () => first);
  }

  async next(): Promise<number | "gone"> {
    const { value } = await within(this.#events.next(), "a change");
    return seqOf(value);
  }

  publish(...seqs: (number | "gone")[]): void {
    for (const seq of seqs) {
      const event = seq === "gone" ? { type: seq } as const : put(bob(seq));
      this.table.publish("bob", event);
    }
  }

  /** What is there to take by now. */
  async rest(): Promise<(number | "gone")[]> {
    const all: (number | "gone")[] = [];
    for (;;) {
      const next = this.#events.next();
      if (!await isSettled(next)) break;
      all.push(seqOf((await next).value));
    }
    this.table.close();
    return all;
  }
}

Deno.test("a watcher is told once what is said twice in a row", async () => {
  const seen = new Seen();
  assertEquals(await seen.next(), 1);
  seen.publish(1, 2, 2, "gone", "gone", 2);
  assertEquals(await seen.rest(), [2, "gone", 2]);
});

Deno.test("a slow watcher gets all changes as long as few wait, and else the latest", async () => {
  for (const count of [WATCH_BACKLOG_MAX, WATCH_BACKLOG_MAX + 1]) {
    const seen = new Seen();
    assertEquals(await seen.next(), 1);
    const changes = Array.from({ length: count }, (_, index) => index + 2);
    seen.publish(...changes);
    const isMany = count > WATCH_BACKLOG_MAX;
    assertEquals(await seen.rest(), isMany ? changes.slice(-1) : changes);
  }
});

Deno.test("a watcher hears that a registration is gone in the moment in which it expires", async () => {
  const seen = new Seen();
  assertEquals(await seen.next(), 1);
  const next = seen.next();
  await settle();
  await seen.clock.advance(59_999);
  assertEquals(await isSettled(next), false);
  await seen.clock.advance(1);
  assertEquals(await next, "gone");
  seen.table.close();
});

Deno.test("a change that comes while a watcher's first state is looked up is not followed by that state", async () => {
  for (const change of [2, "gone"] as const) {
    const first = Promise.withResolvers<Registration | undefined>();
    const seen = new Seen(first.promise);
    const next = seen.next();
    seen.publish(change);
    first.resolve(bob(1));
    assertEquals(await next, change);
    assertEquals(await seen.rest(), []);
  }
});
