/**
 * What every directory store must do: one suite, run on each of them.
 *
 * @module
 */
import { assert, assertEquals, assertExists } from "@std/assert";
import type {
  DirectoryEvent,
  DirectoryStore,
  Registration,
} from "../../src/directory/store.ts";

const HOUR_MS = 3_600_000;

/** Longer than any store takes for anything, in milliseconds. */
const DEADLINE_MS = 10_000;

/** One test of the suite; the store is empty at its start. */
export interface StoreTest {
  /** What the store does. */
  name: string;
  /** Asserts it. */
  run(store: DirectoryStore): Promise<void>;
}

/** A registration of bob's that lasts for an hour, but for what is given. */
export function registration(change: Partial<Registration> = {}): Registration {
  const { nickname = "bob", key = "key-1", seq = 1 } = change;
  return {
    nickname,
    key,
    seq,
    expires: Date.now() + HOUR_MS,
    token: `${nickname} ${key} ${seq}`,
    ...change,
  };
}

/** A claim of a day. */
export function claim(): number {
  return Date.now() + 24 * HOUR_MS;
}

/** The next event, within a deadline. */
export async function next(
  events: AsyncIterator<DirectoryEvent>,
): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error("No event came")),
      DEADLINE_MS,
    );
  });
  try {
    const { value, done } = await Promise.race([events.next(), late]);
    if (done) return "end";
    return value.type === "gone" ? "gone" : value.registration.token;
  } finally {
    clearTimeout(timer);
  }
}

function watched(
  store: DirectoryStore,
  nickname: string,
): { events: AsyncIterator<DirectoryEvent>; stop(): Promise<void> } {
  const controller = new AbortController();
  const events = store.watch(nickname, controller.signal)
    [Symbol.asyncIterator]();
  return {
    events,
    async stop(): Promise<void> {
      controller.abort();
      assertEquals(await next(events), "end");
    },
  };
}

/** The suite. */
export const STORE_TESTS: readonly StoreTest[] = [
  {
    name: "gives back what was registered, byte for byte",
    async run(store): Promise<void> {
      for (const nickname of ["bob", "ü ñ{}%/#:\u{1F600}", "__proto__"]) {
        const one = registration({ nickname, token: "a.b-c_d" });
        assertEquals(await store.register(one, claim()), "created");
        assertEquals(await store.lookup(nickname), one);
      }
      assertEquals(await store.lookup("nobody"), undefined);
    },
  },
  {
    name: "takes a higher seq of the same key as a refresh",
    async run(store): Promise<void> {
      await store.register(registration({ seq: 1 }), claim());
      const two = registration({ seq: Number.MAX_SAFE_INTEGER });
      assertEquals(await store.register(two, claim()), "ok");
      assertEquals(await store.lookup("bob"), two);
    },
  },
  {
    name: "takes the very same registration again, and no other with its seq",
    async run(store): Promise<void> {
      const one = registration({ seq: 5 });
      await store.register(one, claim());
      assertEquals(await store.register(one, claim()), "ok");
      const other = registration({ seq: 5, token: "other" });
      assertEquals(await store.register(other, claim()), "stale");
      assertEquals(await store.lookup("bob"), one);
    },
  },
  {
    name: "refuses a lower seq",
    async run(store): Promise<void> {
      const one = registration({ seq: 5 });
      await store.register(one, claim());
      const old = registration({ seq: 4 });
      assertEquals(await store.register(old, claim()), "stale");
      assertEquals(await store.lookup("bob"), one);
    },
  },
  {
    name: "refuses another key, whatever its seq",
    async run(store): Promise<void> {
      const one = registration({ seq: 5 });
      await store.register(one, claim());
      for (const seq of [4, 5, 6]) {
        const foreign = registration({ key: "key-2", seq });
        assertEquals(await store.register(foreign, claim()), "taken");
        assertEquals(await store.unregister("bob", "key-2", seq), "taken");
      }
      assertEquals(await store.lookup("bob"), one);
    },
  },
  {
    name: "unregisters, and keeps the nickname for its owner",
    async run(store): Promise<void> {
      const one = registration({ seq: 5 });
      await store.register(one, claim());
      assertEquals(await store.unregister("bob", "key-1", 5), "stale");
      assertEquals(await store.unregister("bob", "key-1", 6), "ok");
      assertEquals(await store.lookup("bob"), undefined);
      assertEquals(await store.unregister("bob", "key-1", 6), "absent");
      assertEquals(await store.unregister("bob", "key-1", 7), "absent");
      const foreign = registration({ key: "key-2", seq: 9 });
      assertEquals(await store.register(foreign, claim()), "taken");
      assertEquals(await store.register(one, claim()), "stale");
      assertEquals(
        await store.register(registration({ seq: 7, token: "x" }), claim()),
        "stale",
      );
      assertEquals(
        await store.register(registration({ seq: 8 }), claim()),
        "ok",
      );
      assertEquals(await store.unregister("nobody", "key-1", 1), "absent");
    },
  },
  {
    name: "does not serve a registration that has expired, but keeps its claim",
    async run(store): Promise<void> {
      const expired = registration({ expires: Date.now() - 1_000 });
      assertEquals(await store.register(expired, claim()), "created");
      assertEquals(await store.lookup("bob"), undefined);
      const foreign = registration({ key: "key-2" });
      assertEquals(await store.register(foreign, claim()), "taken");
    },
  },
  {
    name: "gives a nickname away when its claim has lapsed",
    async run(store): Promise<void> {
      const lapsed = Date.now() - 1_000;
      const old = registration({ seq: 9, expires: lapsed });
      assertEquals(await store.register(old, lapsed), "created");
      assertEquals(await store.unregister("bob", "key-1", 10), "absent");
      const foreign = registration({ key: "key-2", seq: 1 });
      assertEquals(await store.register(foreign, claim()), "created");
      assertEquals(await store.lookup("bob"), foreign);
      assertEquals(
        await store.register(registration({ seq: 11 }), claim()),
        "taken",
      );
    },
  },
  {
    name: "lets exactly one of 50 racing keys win",
    async run(store): Promise<void> {
      const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
      const outcomes = await Promise.all(
        keys.map((key) => store.register(registration({ key }), claim())),
      );
      assertEquals(outcomes.filter((one) => one === "created").length, 1);
      assertEquals(outcomes.filter((one) => one === "taken").length, 49);
      const winner = keys[outcomes.indexOf("created")];
      assertEquals((await store.lookup("bob"))?.key, winner);
    },
  },
  {
    name: "lets the highest of 50 racing seqs stay",
    async run(store): Promise<void> {
      const seqs = Array.from({ length: 50 }, (_, index) => (index * 7) % 50);
      await Promise.all(
        seqs.map((seq) => store.register(registration({ seq }), claim())),
      );
      assertEquals((await store.lookup("bob"))?.seq, 49);
    },
  },
  {
    name: "shows a watcher the present state first, then changes in order",
    async run(store): Promise<void> {
      const { events, stop } = watched(store, "bob");
      assertEquals(await next(events), "gone");
      for (let seq = 1; seq <= 5; seq++) {
        await store.register(registration({ seq }), claim());
      }
      for (let seq = 1; seq <= 5; seq++) {
        assertEquals(await next(events), `bob key-1 ${seq}`);
      }
      await store.register(registration({ nickname: "eve" }), claim());
      await store.unregister("bob", "key-1", 6);
      assertEquals(await next(events), "gone");

      await store.register(registration({ seq: 7 }), claim());
      const late = watched(store, "bob");
      assertEquals(await next(late.events), "bob key-1 7");
      await late.stop();
      assertEquals(await next(events), "bob key-1 7");
      await stop();
    },
  },
  {
    name: "tells a watcher when a registration expires",
    async run(store): Promise<void> {
      const { events, stop } = watched(store, "bob");
      assertEquals(await next(events), "gone");
      await store.register(
        registration({ expires: Date.now() + 300 }),
        claim(),
      );
      assertEquals(await next(events), "bob key-1 1");
      assertEquals(await next(events), "gone");
      await stop();
    },
  },
  {
    name: "shows a watcher the new owner of a nickname",
    async run(store): Promise<void> {
      const lapsed = Date.now() - 1;
      await store.register(registration({ expires: lapsed }), lapsed);
      const { events, stop } = watched(store, "bob");
      assertEquals(await next(events), "gone");
      await store.register(registration({ key: "key-2" }), claim());
      assertEquals(await next(events), "bob key-2 1");
      await stop();
    },
  },
  {
    name: "keeps only the latest changes for a slow watcher",
    async run(store): Promise<void> {
      const { events, stop } = watched(store, "bob");
      assertEquals(await next(events), "gone");
      for (let seq = 1; seq <= 200; seq++) {
        await store.register(registration({ seq }), claim());
      }
      let last = "";
      let count = 0;
      while (last !== "bob key-1 200") {
        last = await next(events);
        count++;
      }
      assert(count <= 200);
      await stop();
    },
  },
  {
    name: "ends its watchers when it is closed",
    async run(store): Promise<void> {
      const { events } = watched(store, "bob");
      assertEquals(await next(events), "gone");
      await store.close();
      assertEquals(await next(events), "end");
      await store.close();
    },
  },
  {
    name: "answers a ping",
    async run(store): Promise<void> {
      await store.ping();
      assertExists(store);
    },
  },
];
