// Each bound of what one client may ask of a directory, one below it, at it, and one beyond.
import { assertEquals } from "@std/assert";
import { ConnectionTable } from "../../src/directory/connection_table.ts";
import {
  LEASE_MAX_S,
  LEASE_MIN_S,
  RECORD_METHODS_MAX,
  RECORD_SIZE_MAX,
} from "../../src/directory/limits.ts";
import {
  DEFAULT_DIRECTORY_LIMITS,
  RateGuard,
} from "../../src/directory/rate.ts";
import { createIdentity } from "../../src/directory/identity.ts";
import type { RecordClaims } from "../../src/directory/record.ts";
import {
  payload,
  put,
  signAnything,
  startTestDirectory,
} from "../helpers/directory.ts";
import { HeldClock } from "../helpers/held_clock.ts";

const COUNTED = {
  writesPerAddress: (guard: RateGuard) => guard.countWrite("192.0.2.7"),
  readsPerAddress: (guard: RateGuard) => guard.countRead("192.0.2.7"),
  writesPerKey: (guard: RateGuard) => guard.countKey("thumbprint"),
  slotsPerAddress: (guard: RateGuard) => guard.countSlot("192.0.2.7"),
};

for (const [name, count] of Object.entries(COUNTED)) {
  const bound = DEFAULT_DIRECTORY_LIMITS[name as keyof typeof COUNTED];
  Deno.test(`${name}: ${bound} in a minute, and not one more`, async () => {
    const clock = new HeldClock();
    const guard = new RateGuard(DEFAULT_DIRECTORY_LIMITS, clock);
    const outcomes: number[] = [];
    for (let i = 1; i <= bound + 1; i++) {
      try {
        count(guard);
        outcomes.push(i);
      } catch {
        outcomes.push(-i);
      }
    }
    assertEquals(outcomes.slice(-3), [bound - 1, bound, -(bound + 1)]);
    assertEquals(outcomes.filter((each) => each < 0).length, 1);
    await clock.advance(60_000);
    count(guard);
  });
}

Deno.test("connections of one address, and all of them: at the limit the one that has been silent for longest gives way", () => {
  const bound = 5;
  for (
    const limits of [
      { connections: bound, connectionsPerAddress: 100 },
      { connections: 100, connectionsPerAddress: bound },
    ]
  ) {
    const ended = [bound - 1, bound, bound + 1].map((count) => {
      const gone: number[] = [];
      const table = new ConnectionTable<number>(
        limits,
        (each) => gone.push(each),
      );
      for (let i = 0; i < count; i++) table.add(i, "192.0.2.7");
      return gone;
    });
    assertEquals(ended, [[], [], [0]]);
  }
});

Deno.test("a connection that has ended, or was never there, changes nothing", () => {
  const limits = { connections: 5, connectionsPerAddress: 5 };
  const table = new ConnectionTable<number>(limits, () => {});
  table.add(1, "192.0.2.7");
  table.add(2, "192.0.2.7");
  table.delete(2);
  for (const each of [2, 3]) {
    table.setSilent(each, true);
    table.delete(each);
  }
  assertEquals([table.size, [...table.all]], [1, [1]]);
});

Deno.test("a record has at most so many bytes and methods, and a lease within its bounds", async () => {
  await using directory = await startTestDirectory();
  let seq = 0;
  const register = async (change: Partial<RecordClaims>): Promise<number> => {
    const issuedAt = Math.floor(Date.now() / 1_000);
    const expiresAt = issuedAt + (change.expiresAt ?? 300);
    const token = await signAnything(
      identity,
      payload({ seq: ++seq, ...change, issuedAt, expiresAt }),
    );
    const { status, body } = await put(directory, "bob", token);
    await body?.cancel();
    return status;
  };
  const identity = await createIdentity();
  const statuses = async (
    bound: number,
    change: (value: number) => Partial<RecordClaims>,
  ): Promise<number[]> => {
    const found: number[] = [];
    for (const value of [bound - 1, bound, bound + 1]) {
      found.push(await register(change(value)));
    }
    return found;
  };
  const lease = (expiresAt: number) => ({ expiresAt });
  assertEquals(await statuses(LEASE_MIN_S, lease), [422, 201, 200]);
  assertEquals(await statuses(LEASE_MAX_S, lease), [200, 200, 422]);
  const methods = (count: number) => ({
    methods: Array.from({ length: count }, (_, i) => ({
      uri: `tcp://192.0.2.${i + 1}:15358`,
      priority: i,
    })),
  });
  assertEquals(await statuses(RECORD_METHODS_MAX, methods), [200, 200, 422]);
  const sizes: number[] = [];
  for (const size of [-1, 0, 1].map((extra) => RECORD_SIZE_MAX + extra)) {
    const { status, body } = await put(directory, "bob", "x".repeat(size));
    await body?.cancel();
    sizes.push(status);
  }
  assertEquals(sizes, [400, 400, 413]);
});
