import {
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import {
  createIdentity,
  DirectoryClient,
  LektError,
  type PeerEvent,
  startDirectory,
} from "../../src/directory/mod.ts";
import { signRecord } from "../../src/directory/record.ts";
import { claims, withAnswers } from "../helpers/directory.ts";
import { until, within } from "../helpers/deadline.ts";
import { freePort } from "../helpers/free_port.ts";
import { HeldClock, settle } from "../helpers/held_clock.ts";

const METHODS = ["tcp://192.0.2.7:15358"];

Deno.test("watch() follows registrations, and goes on when the directory comes back", async () => {
  const identity = await createIdentity();
  const port = freePort();
  let directory = await startDirectory({ port });
  const client = new DirectoryClient(directory.url);
  const controller = new AbortController();
  const events = client.watch("bob", { signal: controller.signal });
  async function next(): Promise<string> {
    const { value, done } = await events.next();
    const event = value as PeerEvent;
    if (done) return "end";
    return event.type === "put" ? event.peer.thumbprint : event.type;
  }
  assertEquals(await next(), "gone");
  const lease = await client.register(identity, {
    nickname: "bob",
    methods: METHODS,
  });
  assertEquals(await next(), identity.thumbprint);
  await directory.close();
  directory = await startDirectory({ port });
  assertEquals(await next(), "gone");
  await lease[Symbol.asyncDispose]();
  await using _ = await client.register(identity, {
    nickname: "bob",
    methods: METHODS,
  });
  assertEquals(await next(), identity.thumbprint);
  controller.abort();
  assertEquals(await next(), "end");
  await directory.close();
});

function eventsOf(body: BodyInit): Response {
  return new Response(body, {
    headers: { "content-type": "text/event-stream" },
  });
}

Deno.test("watch() ends with an error at a record that is not theirs, and at a refusal", async () => {
  const others = await signRecord(
    await createIdentity(),
    claims({ nickname: "eve" }),
  );
  for (
    const answer of [
      (): Response => eventsOf(`event: put\ndata: ${others}\n\n`),
      (): Response => eventsOf("event: put\ndata: nonsense\n\n"),
      (): Response => eventsOf("x".repeat(100_000)),
      (): Response => new Response("no", { status: 404 }),
      // Of a web server that answers everything with a page.
      (): Response => new Response("<p>Welcome", { status: 200 }),
      (): Response => new Response(null, { status: 204 }),
    ]
  ) {
    await withAnswers(answer, async (url) => {
      const error = await assertRejects(
        () => new DirectoryClient(url).watch("bob").next(),
        LektError,
      );
      assertEquals(error.code, "PROTOCOL");
    });
  }
});

Deno.test("watch() begins anew when nothing is heard for 45 s", async () => {
  const clock = new HeldClock();
  const token = await signRecord(await createIdentity(), claims());
  let requestCount = 0;
  await withAnswers(() => {
    const isFirst = requestCount++ === 0;
    const text = isFirst
      ? "event: gone\ndata:\n\n"
      : `event: put\ndata: ${token}\n\n`;
    return eventsOf(
      new ReadableStream({
        start(controller): void {
          controller.enqueue(new TextEncoder().encode(text));
        },
      }),
    );
  }, async (url) => {
    const controller = new AbortController();
    const client = new DirectoryClient(url, { clock });
    const events = client.watch("bob", { signal: controller.signal });
    assertEquals((await events.next()).value?.type, "gone");
    const next = events.next();
    await settle();
    await clock.advance(45_000);
    // The pause before the next attempt is 250 ms at most.
    while (requestCount === 1) {
      await settle();
      await clock.advance(250);
    }
    assertEquals((await next).value?.type, "put");
    controller.abort();
    assertEquals((await events.next()).done, true);
    assertGreater(requestCount, 1);
  });
});

Deno.test("watch() asks again behind a refusal that may pass, in pauses that grow to 10 s and begin anew behind an answer", async () => {
  const clock = new HeldClock();
  const controller = new AbortController();
  const pauses = [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000];
  let requestCount = 0;
  await withAnswers(() => {
    requestCount++;
    return requestCount === pauses.length + 1
      ? eventsOf("event: gone\ndata:\n\n")
      : new Response("later", { status: requestCount % 2 ? 503 : 429 });
  }, async (url) => {
    const client = new DirectoryClient(url, { clock });
    const events = client.watch("bob", { signal: controller.signal });
    const next = events.next();

    /** Awaits the pause behind so many requests, and lets it pass. */
    async function pass(count: number, longestMs: number): Promise<void> {
      await until(
        () =>
          requestCount === count &&
          clock.pauses.length === 1 && clock.pauses[0]! <= 10_000,
        `the pause behind request ${count}`,
      );
      const [pause] = clock.pauses;
      assertLessOrEqual(pause!, longestMs);
      assertGreaterOrEqual(pause!, longestMs / 2);
      await clock.advance(pause!);
    }

    for (const [index, longestMs] of pauses.entries()) {
      await pass(index + 1, longestMs);
    }
    assertEquals((await within(next, "an answer")).value?.type, "gone");
    const end = events.next();
    await pass(pauses.length + 1, 250);
    await pass(pauses.length + 2, 500);
    controller.abort();
    assertEquals((await within(end, "the end")).done, true);
  });
});
