// Slots: where somebody can be reached by the number of a code, for a while.
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  DirectoryClient,
  type DirectoryServer,
  LektError,
  openStore,
} from "../../src/directory/mod.ts";
import { SlotClient } from "../../src/directory/slot_client.ts";
import {
  assertProblem,
  peerUrl,
  put,
  startTestDirectory,
  withAnswers,
} from "../helpers/directory.ts";
import { HeldClock } from "../helpers/held_clock.ts";

const SPKI = "k".repeat(43);
const CLAIMS = {
  nickname: "bob",
  methods: [{ uri: "tls://127.0.0.1:15358", priority: 10, spki: SPKI }],
};
const TEN_MINUTES_MS = 600_000;
const NEVER = new AbortController().signal;

function post(
  directory: DirectoryServer,
  body: string,
  type = "application/json",
): Promise<Response> {
  const headers = { "content-type": type };
  return fetch(`${directory.url}/v1/slots`, { method: "POST", headers, body });
}

function get(directory: DirectoryServer, number: unknown): Promise<Response> {
  return fetch(`${directory.url}/v1/slots/${number}`);
}

function giveBack(
  directory: DirectoryServer,
  number: unknown,
  token: string,
): Promise<Response> {
  return fetch(`${directory.url}/v1/slots/${number}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${token}` },
  });
}

async function statusOf(asking: Promise<Response>): Promise<number> {
  const answer = await asking;
  await answer.body?.cancel();
  return answer.status;
}

Deno.test("a slot is found by its number, and given back by its token alone", async () => {
  await using directory = await startTestDirectory();
  const opened = await post(directory, JSON.stringify({ ...CLAIMS, new: 1 }));
  assertEquals(opened.status, 201);
  const { number, expires, token } = await opened.json();
  assert(Number.isInteger(number) && number >= 1 && number <= 99, number);
  const inSeconds = expires - Date.now() / 1_000;
  assert(inSeconds > 590 && inSeconds <= 600, String(inSeconds));

  const found = await get(directory, number);
  assertEquals(found.headers.get("cache-control"), "no-store");
  assertEquals(await found.json(), { ...CLAIMS, expires });

  const wrong = await giveBack(directory, number, "guessed");
  await assertProblem(wrong, 401, "unauthorized");
  assertEquals(await statusOf(get(directory, number)), 200);
  for (let count = 0; count < 2; count++) {
    assertEquals(await statusOf(giveBack(directory, number, token)), 204);
    await assertProblem(await get(directory, number), 404, "not-found");
  }
});

Deno.test("a slot ends after ten minutes, and nobody else gets its number before", async () => {
  const clock = new HeldClock();
  const store = await openStore("memory", clock);
  await using directory = await startTestDirectory({ clock, store });
  const opened = await post(directory, JSON.stringify(CLAIMS));
  const { number, token } = await opened.json();
  await giveBack(directory, number, token);
  const again = await post(directory, JSON.stringify(CLAIMS));
  const { number: later } = await again.json();
  const name = `\u001fslot ${number}`;
  const claim = { nickname: name, key: "k", seq: 1, expires: 0, token: "{}" };
  await clock.advance(TEN_MINUTES_MS - 1);
  const until = clock.now() * 2;
  assertEquals(await store.register(claim, until), "taken");
  assertEquals(await statusOf(get(directory, later)), 200);
  await clock.advance(1);
  await assertProblem(await get(directory, later), 404, "not-found");
  assertEquals(await store.register(claim, until), "created");
});

Deno.test("a slot is given back where the clock was set back since, or is another process's", async () => {
  const clock = new HeldClock();
  await using directory = await startTestDirectory({ clock });
  const opened = await post(directory, JSON.stringify(CLAIMS));
  const { number, token } = await opened.json();
  await clock.advance(-30_000);
  assertEquals(await statusOf(giveBack(directory, number, token)), 204);
  await assertProblem(await get(directory, number), 404, "not-found");
});

Deno.test("numbers of slots become longer when the short ones are taken", async () => {
  await using directory = await startTestDirectory({
    limits: { slotsPerAddress: 1_000 },
  });
  const numbers = new Set<number>();
  for (let count = 0; count < 150; count++) {
    const opened = await post(directory, JSON.stringify(CLAIMS));
    numbers.add((await opened.json()).number);
  }
  assertEquals(numbers.size, 150);
  assert(Math.max(...numbers) > 99);
});

Deno.test("a slot is refused for what is wrong with it", async () => {
  await using directory = await startTestDirectory({
    limits: { slotsPerAddress: 1_000 },
  });
  const method = CLAIMS.methods[0]!;
  const faults: [unknown, number, string][] = [
    ["{", 400, "malformed"],
    ["null", 422, "bad-nickname"],
    [{ nickname: "bob" }, 400, "malformed"],
    [{ ...CLAIMS, methods: [] }, 400, "malformed"],
    [{ ...CLAIMS, methods: {} }, 400, "malformed"],
    [{ ...CLAIMS, nickname: "" }, 422, "bad-nickname"],
    [{ ...CLAIMS, nickname: 7 }, 422, "bad-nickname"],
    [{ ...CLAIMS, methods: Array(17).fill(method) }, 422, "bad-method"],
    [{ ...CLAIMS, methods: [{ uri: "tls://" }] }, 422, "bad-method"],
    [{ ...CLAIMS, methods: [{ ...method, spki: "k" }] }, 422, "bad-method"],
    [{ ...CLAIMS, nickname: "b".repeat(9_000) }, 413, "too-large"],
  ];
  for (const [body, status, code] of faults) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    await assertProblem(await post(directory, text), status, code);
  }
  const typed = await post(directory, JSON.stringify(CLAIMS), "text/plain");
  await assertProblem(typed, 415, "wrong-type");
  const methods = [["PUT", "/1"], ["GET", ""], ["POST", "/1"]] as const;
  for (const [method, path] of methods) {
    const answer = await fetch(`${directory.url}/v1/slots${path}`, { method });
    await assertProblem(answer, 405, "method-not-allowed");
  }
  for (const number of ["0", "07", "1000000", "-1", "x", "%1F", "1/events"]) {
    await assertProblem(await get(directory, number), 404, "not-found");
  }
});

Deno.test("who guesses numbers of slots is held up, and nicknames are no way to them", async () => {
  const clock = new HeldClock();
  await using directory = await startTestDirectory({
    clock,
    limits: { slotsPerAddress: 3 },
  });
  const { number } = await (await post(directory, JSON.stringify(CLAIMS)))
    .json();
  assertEquals(await statusOf(get(directory, 1_000)), 404);
  assertEquals(await statusOf(get(directory, number)), 200);
  await assertProblem(await get(directory, number), 429, "too-many");
  await assertProblem(await giveBack(directory, number, "t"), 429, "too-many");
  const body = JSON.stringify(CLAIMS);
  await assertProblem(await post(directory, body), 429, "too-many");
  const name = `\u001fslot ${number}`;
  const asNickname = await fetch(peerUrl(directory, name));
  await assertProblem(asNickname, 404, "not-found");
  await assertProblem(await put(directory, name, "x"), 400, "malformed");
  await clock.advance(60_000);
  assertEquals(await statusOf(get(directory, number)), 200);
});

Deno.test("SlotClient opens, finds and gives back, and says who is at fault", async () => {
  await using directory = await startTestDirectory({
    limits: { slotsPerAddress: 5 },
  });
  const slots = new SlotClient(new DirectoryClient(directory.url));
  const slot = await slots.open(CLAIMS, NEVER);
  assertEquals(await slots.find(slot.number, NEVER), CLAIMS);
  await slot.withdraw();
  assertEquals(await slots.find(slot.number, NEVER), undefined);
  const bad = { ...CLAIMS, methods: [] };
  const refused = await assertRejects(() => slots.open(bad, NEVER), LektError);
  assertEquals(refused.code, "INVALID_ARGUMENT");
  const held = await assertRejects(() => slots.open(CLAIMS, NEVER), LektError);
  assertEquals(held.code, "UNREACHABLE");
});

Deno.test("SlotClient believes no directory that is none, is old, or points at this machine", async () => {
  const answers: [unknown, number, string][] = [
    ["hello", 200, "PROTOCOL"],
    [{ nickname: "b\n", methods: [] }, 200, "PROTOCOL"],
    [{ nickname: "bob", methods: 7 }, 200, "PROTOCOL"],
    [{ code: "not-here" }, 404, "PROTOCOL"],
    [CLAIMS, 410, "PROTOCOL"],
    [{ code: "internal" }, 500, "UNREACHABLE"],
  ];
  for (const [body, status, code] of answers) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    await withAnswers(() => new Response(text, { status }), async (url) => {
      const slots = new SlotClient(new DirectoryClient(url));
      const error = await assertRejects(() => slots.find(7, NEVER), LektError);
      assertEquals(error.code, code, text);
    });
  }
  await withAnswers(() => Response.json(CLAIMS), async (url) => {
    const far = new DirectoryClient(url, { allowLocal: false });
    assertEquals((await new SlotClient(far).find(7, NEVER))?.methods, []);
  });
});
