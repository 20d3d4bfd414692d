import {
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { SqliteStore } from "../../src/directory/sqlite_store.ts";
import { StoreError } from "../../src/directory/store.ts";
import { claim, registration, STORE_TESTS } from "./store_compliance.ts";
import { HeldClock, settle } from "../helpers/held_clock.ts";

for (const { name, run } of STORE_TESTS) {
  Deno.test(`SqliteStore, in memory, ${name}`, async () => {
    const store = new SqliteStore(":memory:");
    try {
      await run(store);
    } finally {
      await store.close();
    }
  });

  Deno.test(`SqliteStore, in a file, ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    const store = new SqliteStore(`${folder}/directory.db`);
    try {
      await run(store);
    } finally {
      await store.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("SqliteStore keeps its registrations when it is opened again", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/directory.db`;
  const bob = registration();
  const before = new SqliteStore(path);
  await before.register(bob, claim());
  await before.close();
  const after = new SqliteStore(path);
  assertEquals(await after.lookup("bob"), bob);
  assertEquals(
    await after.register(registration({ key: "key-2" }), claim()),
    "taken",
  );
  await after.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("SqliteStore keeps the log of its file short", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/directory.db`;
  const store = new SqliteStore(path);
  try {
    for (let index = 0; index < 3_000; index++) {
      const bob = registration({ nickname: `peer-${index}` });
      await store.register(bob, claim());
    }
    // SQLite empties it at 4 MB.
    assertLess((await Deno.stat(`${path}-wal`)).size, 6_000_000);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("SqliteStore refuses a file that is open already, or is none of its own", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/directory.db`;
  const store = new SqliteStore(path);
  const open = assertThrows(() => new SqliteStore(path), LektError);
  assertEquals(open.code, "INVALID_ARGUMENT");
  await store.close();
  await Deno.writeTextFile(path, "this is no database, ".repeat(100));
  assertThrows(() => new SqliteStore(path), LektError, "not a database");
  assertThrows(() => new SqliteStore(`${folder}/no/such`), LektError);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("SqliteStore sweeps lapsed claims in slices and leaves the others", async () => {
  const clock = new HeldClock(1_000);
  const store = new SqliteStore(":memory:", clock);
  for (let index = 0; index < 1_700; index++) {
    const nickname = `peer-${index}`;
    const until = index < 1_600 ? 2_000 : 900_000;
    await store.register(registration({ nickname, expires: until }), until);
  }
  await clock.advance(60_000);
  for (let slice = 0; slice < 4; slice++) await clock.advance(1);
  const kept = await Promise.all(
    Array.from(
      { length: 100 },
      (_, index) => store.lookup(`peer-${1_600 + index}`),
    ),
  );
  assertEquals(kept.filter((one) => one !== undefined).length, 100);
  const freed = registration({ nickname: "peer-0", key: "key-2" });
  assertEquals(await store.register(freed, 900_000), "created");
  assertEquals(store.count(), 101);
  await store.close();
});

Deno.test("SqliteStore frees a nickname in the millisecond in which its claim lapses, and sweeps it then", async () => {
  const clock = new HeldClock();
  const store = new SqliteStore(":memory:", clock);
  // It has swept once then.
  await settle();
  const other = registration({ key: "key-2" });
  await store.register(registration(), clock.now() + 1_000);
  await clock.advance(999);
  assertEquals(await store.register(other, clock.now() + 1_000), "taken");
  await clock.advance(1);
  assertEquals(await store.register(other, clock.now() + 59_000), "created");
  await clock.advance(58_999);
  assertEquals(store.count(), 1);
  await clock.advance(1);
  assertEquals(store.count(), 0);
  await store.close();
});

Deno.test("SqliteStore expires a registration by its clock", async () => {
  const clock = new HeldClock(1_000);
  const store = new SqliteStore(":memory:", clock);
  await store.register(registration({ expires: 31_000 }), 61_000);
  await clock.advance(29_999);
  assertEquals((await store.lookup("bob"))?.nickname, "bob");
  await clock.advance(1);
  assertEquals(await store.lookup("bob"), undefined);
  await store.close();
});

Deno.test("SqliteStore reports a failure of its file as StoreError", async () => {
  const store = new SqliteStore(":memory:");
  await store.close();
  await assertRejects(() => store.lookup("bob"), StoreError);
  await assertRejects(() => store.ping(), StoreError);
});
