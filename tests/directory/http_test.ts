import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import {
  createIdentity,
  type DirectoryServer,
  type Identity,
} from "../../src/directory/mod.ts";
import { signRecord, UNREGISTRATION_TYPE } from "../../src/directory/record.ts";
import {
  assertProblem,
  claims,
  ORIGIN,
  payload,
  peerUrl,
  put,
  registerBob,
  registered,
  signAnything,
  startTestDirectory,
} from "../helpers/directory.ts";
import { HeldClock } from "../helpers/held_clock.ts";

async function unregister(
  directory: DirectoryServer,
  identity: Identity,
  seq: number,
): Promise<Response> {
  const token = await signRecord(
    identity,
    claims({ seq }),
    UNREGISTRATION_TYPE,
  );
  return await fetch(peerUrl(directory, "bob"), {
    method: "DELETE",
    headers: { authorization: `Bearer ${token}` },
  });
}

Deno.test("GET /v1 describes the directory", async () => {
  await using directory = await startTestDirectory();
  const answer = await fetch(`${directory.url}/v1`);
  assertEquals(answer.status, 200);
  const document = await answer.json();
  assertEquals(document.audience, ORIGIN);
  assertEquals(document.version, 1);
  assertEquals(document.lease, { min: 30, default: 300, max: 3600 });
  assertEquals(document.claim, 30 * 24 * 3600);
  assertEquals(document.limits.recordSize, 8192);
  assertEquals(document.limits.methods, 16);
  assertEquals(document.limits.uriSize, 512);
  assertEquals(document.limits.writesPerAddress, 600);
  assertEquals(typeof document.name, "string");
});

Deno.test("PUT answers 201 to the first registration and 200 to later ones", async () => {
  await using directory = await startTestDirectory();
  const identity = await createIdentity();
  const first = await signRecord(identity, claims());
  const created = await put(directory, "bob", first);
  assertEquals(created.status, 201);
  const { expires, refreshAfter, claimUntil, observed } = await created.json();
  const now = Date.now() / 1_000;
  assert(expires > now + 290 && expires <= now + 300);
  assertEquals(refreshAfter, 100);
  assert(claimUntil > now + 29 * 24 * 3600);
  assertEquals(observed, "127.0.0.1");

  const again = await put(directory, "bob", first);
  assertEquals(again.status, 200);
  await again.body?.cancel();
  const second = await signRecord(identity, claims({ seq: 2 }));
  const later = await put(directory, "bob", second);
  assertEquals(later.status, 200);
  await later.body?.cancel();
  assertEquals(await registered(directory), second);
});

Deno.test("PUT takes any nickname, percent-encoded", async () => {
  await using directory = await startTestDirectory();
  for (
    const nickname of ["a/b", "%41", "%2F", "ü ñ", "?", "a#b", "constructor"]
  ) {
    const { token } = await registerBob(directory, undefined, { nickname });
    assertEquals(await registered(directory, nickname), token);
  }
  assertEquals(await registered(directory, "A"), "404");
});

Deno.test("PUT takes a registration without methods, and lets unknown claims and schemes be", async () => {
  await using directory = await startTestDirectory();
  const identity = await createIdentity();
  const spki = identity.thumbprint;
  const token = await signAnything(
    identity,
    payload({ methods: [] }, { spki, colour: "blue" }),
  );
  assertEquals(
    (await (await put(directory, "bob", token)).json()).refreshAfter,
    100,
  );
  const methods = [{ uri: "carrier-pigeon:coop-7", priority: 1, speed: "low" }];
  const strange = await signAnything(
    identity,
    payload({ seq: 2 }, { methods }),
  );
  assertEquals(
    (await (await put(directory, "bob", strange)).json()).refreshAfter,
    100,
  );
  assertEquals(await registered(directory), strange);
});

Deno.test("PUT refuses a nickname that its path cannot hold, or that looks like an identity", async () => {
  await using directory = await startTestDirectory();
  const identity = await createIdentity();
  for (
    const nickname of [`bob#${identity.thumbprint}`, "x".repeat(256), "\u0007"]
  ) {
    const token = await signAnything(identity, payload({}, { sub: nickname }));
    await assertProblem(
      await put(directory, nickname, token),
      422,
      "bad-nickname",
    );
  }
  const answer = await fetch(`${directory.url}/v1/peers/%FF`);
  await assertProblem(answer, 404, "not-found");
});

Deno.test("PUT refuses another content type", async () => {
  await using directory = await startTestDirectory();
  const token = await signRecord(await createIdentity(), claims());
  for (
    const type of ["text/plain", "application/jwt-like", "application/json"]
  ) {
    const answer = await put(directory, "bob", token, { "content-type": type });
    await assertProblem(answer, 415, "wrong-type");
  }
  const fine = await put(directory, "bob", token, {
    "content-type": "Application/JWT; a=b",
  });
  assertEquals(fine.status, 201);
  await fine.body?.cancel();
});

Deno.test("PUT refuses a body that says it is too large, and one that is without saying so", async () => {
  await using directory = await startTestDirectory();
  await assertProblem(
    await put(directory, "bob", "x".repeat(8_193)),
    413,
    "too-large",
  );
  const chunk = new TextEncoder().encode("x".repeat(1_000));
  let chunkCount = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller): void {
      if (chunkCount++ < 100) controller.enqueue(chunk);
      else controller.close();
    },
  });
  const answer = await fetch(peerUrl(directory, "bob"), {
    method: "PUT",
    headers: { "content-type": "application/jwt" },
    body,
  });
  await assertProblem(answer, 413, "too-large");
});

Deno.test("PUT of 8192 bytes is judged, and 8193 are not", async () => {
  await using directory = await startTestDirectory();
  const identity = await createIdentity();
  async function token(fillerSize: number): Promise<string> {
    return await signAnything(
      identity,
      payload({}, { filler: "x".repeat(fillerSize) }),
    );
  }
  const base = (await token(0)).length;
  let fillerSize = Math.floor((8_192 - base) * 3 / 4);
  while ((await token(fillerSize + 1)).length <= 8_192) fillerSize++;
  const largest = await token(fillerSize);
  const answer = await put(directory, "bob", largest);
  assertEquals(answer.status, 201);
  await answer.body?.cancel();
  await assertProblem(
    await put(directory, "bob", await token(fillerSize + 1)),
    413,
    "too-large",
  );
});

Deno.test("GET gives the bytes, an ETag, and 304 where nothing changed", async () => {
  await using directory = await startTestDirectory();
  const { identity, token } = await registerBob(directory);
  const answer = await fetch(peerUrl(directory, "bob"));
  assertEquals(await answer.text(), token);
  assertEquals(answer.headers.get("content-type"), "application/jwt");
  assertEquals(answer.headers.get("cache-control"), "no-cache");
  const etag = answer.headers.get("etag")!;
  assertMatch(etag, /^"[\w-]+"$/);
  for (const header of [etag, `"x", W/${etag}`, "*"]) {
    const same = await fetch(peerUrl(directory, "bob"), {
      headers: { "if-none-match": header },
    });
    assertEquals([same.status, await same.text()], [304, ""]);
    assertEquals(same.headers.get("etag"), etag);
  }
  const { token: next } = await registerBob(directory, identity, { seq: 2 });
  const changed = await fetch(peerUrl(directory, "bob"), {
    headers: { "if-none-match": etag },
  });
  assertEquals(await changed.text(), next);
  const head = await fetch(peerUrl(directory, "bob"), { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
});

Deno.test("GET answers the same 404 to never known, expired and taken back", async () => {
  const clock = new HeldClock();
  await using directory = await startTestDirectory({ clock });
  const answers: string[] = [];
  async function note(): Promise<void> {
    const answer = await fetch(peerUrl(directory, "bob"));
    assertEquals(answer.status, 404);
    answers.push(await answer.text());
  }
  await note();
  const issuedAt = Math.floor(clock.now() / 1_000);
  const times = { issuedAt, expiresAt: issuedAt + 300 };
  const { identity } = await registerBob(directory, undefined, times);
  assertEquals((await unregister(directory, identity, 2)).status, 204);
  await note();
  await registerBob(directory, identity, { seq: 3, ...times });
  await clock.advance(299_000);
  assertNotEquals(await registered(directory), "404");
  await clock.advance(1_000);
  await note();
  assertEquals(answers.length, 3);
  assertEquals(new Set(answers).size, 1);
});

Deno.test("DELETE takes a registration back, also when there is none", async () => {
  await using directory = await startTestDirectory();
  const { identity, token } = await registerBob(directory, undefined, {
    seq: 5,
  });
  await assertProblem(
    await unregister(directory, identity, 5),
    409,
    "stale-seq",
  );
  await assertProblem(
    await unregister(directory, await createIdentity(), 9),
    409,
    "nickname-taken",
  );
  assertEquals(await registered(directory), token);
  for (const seq of [6, 6, 7]) {
    assertEquals((await unregister(directory, identity, seq)).status, 204);
    assertEquals(await registered(directory), "404");
  }
  await assertProblem(await put(directory, "bob", token), 409, "stale-seq");
  assertEquals(await registered(directory), "404");
});

Deno.test("DELETE wants a signed unregistration, not a registration", async () => {
  await using directory = await startTestDirectory();
  const { identity, token } = await registerBob(directory);
  const bare = await fetch(peerUrl(directory, "bob"), { method: "DELETE" });
  assertEquals(bare.headers.get("www-authenticate"), "Bearer");
  await assertProblem(bare, 401, "unauthorized");
  const later = await signRecord(identity, claims({ seq: 2 }));
  for (
    const [credentials, status, code] of [
      [`Bearer ${later}`, 400, "malformed"],
      [`Basic ${later}`, 401, "unauthorized"],
      ["Bearer x", 400, "malformed"],
    ] as const
  ) {
    const answer = await fetch(peerUrl(directory, "bob"), {
      method: "DELETE",
      headers: { authorization: credentials },
    });
    await assertProblem(answer, status, code);
  }
  assertEquals(await registered(directory), token);
});

Deno.test("requests that nothing answers get problem documents too", async () => {
  await using directory = await startTestDirectory();
  await assertProblem(await fetch(`${directory.url}/`), 404, "not-found");
  await assertProblem(
    await fetch(`${directory.url}/v1/peers`),
    404,
    "not-found",
  );
  await assertProblem(
    await fetch(`${directory.url}/v1/peers/`),
    404,
    "not-found",
  );
  for (
    const [path, allow] of [
      ["/v1", "GET, HEAD"],
      ["/v1/peers/bob", "GET, HEAD, PUT, DELETE"],
      ["/v1/peers/bob/events", "GET, HEAD"],
      ["/healthz", "GET, HEAD"],
      ["/readyz", "GET, HEAD"],
    ] as const
  ) {
    const answer = await fetch(directory.url + path, { method: "POST" });
    assertEquals(answer.headers.get("allow"), allow);
    await assertProblem(answer, 405, "method-not-allowed");
  }
});

Deno.test("a page of any origin may ask, without credentials", async () => {
  await using directory = await startTestDirectory();
  const answer = await fetch(peerUrl(directory, "bob"), {
    method: "OPTIONS",
    headers: {
      origin: "https://page.example",
      "access-control-request-method": "PUT",
      "access-control-request-headers": "content-type",
    },
  });
  assertEquals(answer.status, 204);
  const { headers } = answer;
  assertEquals(headers.get("access-control-allow-origin"), "*");
  assertEquals(headers.get("access-control-allow-credentials"), null);
  assertMatch(headers.get("access-control-allow-methods")!, /PUT/);
  assertMatch(headers.get("access-control-allow-headers")!, /If-None-Match/);
  const get = await fetch(`${directory.url}/v1`);
  assertMatch(get.headers.get("access-control-expose-headers")!, /ETag/);
  await get.body?.cancel();
});

Deno.test("a proxy's header gives the address where it is trusted, and only there", async () => {
  await using trusting = await startTestDirectory({
    addressHeader: "x-forwarded-for",
  });
  await using plain = await startTestDirectory();
  const token = await signRecord(await createIdentity(), claims());
  const headers = {
    "content-type": "application/jwt",
    "x-forwarded-for": "198.51.100.1, 203.0.113.9",
  };
  const seen = await (await put(trusting, "bob", token, headers)).json();
  assertEquals(seen.observed, "203.0.113.9");
  const unseen = await (await put(plain, "bob", token, headers)).json();
  assertEquals(unseen.observed, "127.0.0.1");
});

Deno.test("GET /readyz answers 200 while the store answers", async () => {
  await using directory = await startTestDirectory();
  const answer = await fetch(`${directory.url}/readyz`);
  assertEquals([answer.status, await answer.json()], [200, { status: "ok" }]);
});
