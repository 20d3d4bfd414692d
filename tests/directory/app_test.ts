// What the directory answers at the edges of its time: bounds, its end, and a store that has ended.
import { assertEquals } from "@std/assert";
import { DirectoryApp } from "../../src/directory/app.ts";
import { createIdentity } from "../../src/directory/identity.ts";
import { CLOCK_SKEW_MAX_S, WATCHERS_MAX } from "../../src/directory/limits.ts";
import { DEFAULT_DIRECTORY_LIMITS } from "../../src/directory/rate.ts";
import { signRecord } from "../../src/directory/record.ts";
import { SqliteStore } from "../../src/directory/sqlite_store.ts";
import {
  type DirectoryEvent,
  type DirectoryStore,
  StoreError,
} from "../../src/directory/store.ts";
import { assertProblem, claims, ORIGIN } from "../helpers/directory.ts";
import { HeldClock } from "../helpers/held_clock.ts";

/** The interface of a directory over a store in memory, and what its owner is told. */
class TestApp {
  readonly clock = new HeldClock();
  readonly closing = new AbortController();
  readonly failures: unknown[] = [];
  readonly store = new SqliteStore(":memory:", this.clock);
  readonly #app: DirectoryApp;

  constructor(change: Partial<DirectoryStore> = {}) {
    const { clock, failures, closing, store } = this;
    this.#app = new DirectoryApp(Object.assign(store, change), {
      origins: [ORIGIN],
      relays: [],
      limits: DEFAULT_DIRECTORY_LIMITS,
      clock,
      closing: closing.signal,
      onFailure: (error) => failures.push(error),
      onMisbehaviour: () => {},
    });
  }

  ask(
    path: string,
    init: RequestInit = {},
    address = "192.0.2.7",
  ): Promise<Response> {
    return this.#app.fetch(new Request(ORIGIN + path, init), { address });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closing.abort();
    await this.store.close();
  }
}

Deno.test("a directory that ends answers who still asks with 503", async () => {
  await using app = new TestApp();
  assertEquals((await app.ask("/v1")).status, 200);
  app.closing.abort();
  await assertProblem(await app.ask("/v1"), 503, "closing");
});

Deno.test("a record may be as old as clocks may differ, and no second older", async () => {
  await using app = new TestApp();
  const identity = await createIdentity();
  const statuses: number[] = [];
  for (const age of [-1, 0, 1].map((extra) => CLOCK_SKEW_MAX_S + extra)) {
    const issuedAt = Math.floor(app.clock.now() / 1_000) - age;
    const token = await signRecord(
      identity,
      claims({ seq: 100 + age, issuedAt, expiresAt: issuedAt + 300 }),
    );
    const answer = await app.ask("/v1/peers/bob", {
      method: "PUT",
      headers: { "content-type": "application/jwt" },
      body: token,
    });
    await answer.body?.cancel();
    statuses.push(answer.status);
  }
  assertEquals(statuses, [201, 200, 422]);
});

Deno.test("who watches a nickname in a store that has ended is told to come again", async () => {
  await using app = new TestApp({
    watch: async function* (): AsyncGenerator<DirectoryEvent> {},
  });
  const answer = await app.ask("/v1/peers/bob/events");
  assertEquals(answer.headers.get("retry-after"), "1");
  await assertProblem(answer, 503, "store-unavailable");
  assertEquals(app.failures.map((each) => each instanceof StoreError), [true]);
});

Deno.test("so many watch a directory, and not one more, until one of them leaves", async () => {
  await using app = new TestApp({
    watch: async function* (): AsyncGenerator<DirectoryEvent> {
      yield { type: "gone" };
    },
  });
  const watch = (index: number): Promise<Response> =>
    app.ask("/v1/peers/bob/events", {}, `10.${index >> 8}.${index & 255}.1`);
  const first = await watch(0);
  for (let index = 1; index < WATCHERS_MAX; index++) {
    assertEquals((await watch(index)).status, 200);
  }
  await assertProblem(await watch(WATCHERS_MAX), 429, "too-many");
  await first.body!.cancel();
  assertEquals((await watch(WATCHERS_MAX)).status, 200);
});
