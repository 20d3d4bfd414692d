import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  createIdentity,
  type DirectoryStore,
  StoreError,
} from "../../src/directory/mod.ts";
import {
  DEFAULT_DIRECTORY_LIMITS,
  RateGuard,
} from "../../src/directory/rate.ts";
import { COUNTED_CLIENTS_MAX } from "../../src/directory/rate_window.ts";
import { signRecord, UNREGISTRATION_TYPE } from "../../src/directory/record.ts";
import {
  assertProblem,
  claims,
  payload,
  peerUrl,
  put,
  registerBob,
  registered,
  signAnything,
  startTestDirectory,
} from "../helpers/directory.ts";
import { HeldClock } from "../helpers/held_clock.ts";

Deno.test("writes of one address are limited before their signature is looked at", async () => {
  const clock = new HeldClock();
  await using directory = await startTestDirectory({
    clock,
    limits: { writesPerAddress: 3 },
  });
  for (let count = 0; count < 3; count++) {
    await assertProblem(await put(directory, "bob", "x"), 400, "malformed");
  }
  const refused = await put(directory, "bob", "x".repeat(9_000));
  assertMatch(refused.headers.get("retry-after")!, /^\d+$/);
  await assertProblem(refused, 429, "too-many");
  assertEquals(await registered(directory), "404");
  await clock.advance(60_000);
  await assertProblem(await put(directory, "bob", "x"), 400, "malformed");
});

Deno.test("reads of one address are limited, its health checks are not", async () => {
  await using directory = await startTestDirectory({
    clock: new HeldClock(),
    limits: { readsPerAddress: 2 },
  });
  assertEquals(await registered(directory), "404");
  assertEquals(await registered(directory), "404");
  await assertProblem(await fetch(`${directory.url}/v1`), 429, "too-many");
  const health = await fetch(`${directory.url}/healthz`);
  assertEquals(await health.json(), { status: "ok" });
});

Deno.test("what one key signs is limited, and strangers cannot use its share up", async () => {
  await using directory = await startTestDirectory({
    clock: new HeldClock(),
    limits: { writesPerKey: 2 },
  });
  const identity = await createIdentity();
  const jwk = { kty: "OKP", crv: "Ed25519", x: identity.publicKey };
  const forged = await signAnything(await createIdentity(), payload(), { jwk });
  for (let count = 0; count < 5; count++) {
    await assertProblem(
      await put(directory, "bob", forged),
      403,
      "bad-signature",
    );
  }
  await registerBob(directory, identity, { seq: 1 });
  const { token } = await registerBob(directory, identity, { seq: 2 });
  const third = await signRecord(identity, claims({ seq: 3 }));
  await assertProblem(await put(directory, "bob", third), 429, "too-many");
  assertEquals(await registered(directory), token);
  await registerBob(directory, undefined, { nickname: "alice" });
});

Deno.test("counting remembers a bounded number of clients, and forgets those who came first", () => {
  const limits = { ...DEFAULT_DIRECTORY_LIMITS, readsPerAddress: 1 };
  const guard = new RateGuard(limits, new HeldClock());
  for (let count = 0; count < COUNTED_CLIENTS_MAX; count++) {
    guard.countRead(`client ${count}`);
  }
  assertThrows(() => guard.countRead("client 0"));
  assertThrows(() => guard.countRead(`client ${COUNTED_CLIENTS_MAX - 1}`));
  guard.countRead("one more");
  guard.countRead("client 0");
  assertThrows(() => guard.countRead("one more"));
});

/** A store that cannot be reached. */
class DeadStore implements DirectoryStore {
  #fail(): Promise<never> {
    return Promise.reject(new StoreError("do anything", "it is dead"));
  }
  register = this.#fail;
  unregister = this.#fail;
  lookup = this.#fail;
  ping = this.#fail;
  // deno-lint-ignore require-yield
  async *watch(): AsyncGenerator<never> {
    await this.#fail();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

Deno.test("a store that cannot be reached gives 503 with Retry-After, told to whoever runs the directory", async () => {
  const messages: string[] = [];
  await using directory = await startTestDirectory({
    store: new DeadStore(),
    report: (event) => {
      if (event.event === "failure") messages.push(event.message);
    },
  });
  const identity = await createIdentity();
  const token = await signRecord(identity, claims());
  const unregistration = await signRecord(
    identity,
    claims({ seq: 2 }),
    UNREGISTRATION_TYPE,
  );
  const answers = [
    await put(directory, "bob", token),
    await fetch(peerUrl(directory, "bob"), {
      method: "DELETE",
      headers: { authorization: `Bearer ${unregistration}` },
    }),
    await fetch(peerUrl(directory, "bob")),
    await fetch(`${peerUrl(directory, "bob")}/events`),
    await fetch(`${directory.url}/readyz`),
  ];
  for (const answer of answers) {
    assertEquals(answer.headers.get("retry-after"), "1");
    await assertProblem(answer, 503, "store-unavailable");
  }
  assertEquals(messages, ["Cannot do anything: it is dead"]);
  const health = await fetch(`${directory.url}/healthz`);
  assertEquals(health.status, 200);
  await health.body?.cancel();
});
