import { assert, assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../src/errors.ts";
import { readEvents } from "../src/directory/event_stream.ts";
import {
  peerUrl,
  registerBob,
  startTestDirectory,
} from "./helpers/directory.ts";
import { HeldClock, settle } from "./helpers/held_clock.ts";

/** What a stream of events says next, as text. */
class EventReader {
  #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(answer: Response) {
    this.#reader = answer.body!.getReader();
  }

  async next(): Promise<string> {
    const { value, done } = await this.#reader.read();
    return done ? "end" : new TextDecoder().decode(value);
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}

Deno.test("GET /events gives the present state, then changes, then gone", async () => {
  const clock = new HeldClock();
  await using directory = await startTestDirectory({ clock });
  const answer = await fetch(`${peerUrl(directory, "bob")}/events`);
  assertEquals(answer.headers.get("content-type"), "text/event-stream");
  assertEquals(answer.headers.get("access-control-allow-origin"), "*");
  const events = new EventReader(answer);
  assertEquals(await events.next(), "event: gone\ndata:\n\n");
  const { token } = await registerBob(directory);
  assertEquals(
    await events.next(),
    `event: put\nid: 1\ndata: ${token}\n\n`,
  );
  const late = new EventReader(
    await fetch(`${peerUrl(directory, "bob")}/events`),
  );
  assertEquals(await late.next(), `event: put\nid: 1\ndata: ${token}\n\n`);
  await clock.advance(300_000);
  let said = "";
  while (!said.includes("event")) said += await events.next();
  // A comment was due at the same time.
  assertEquals(said.replace(":\n\n", ""), "event: gone\ndata:\n\n");
  await events.close();
  await late.close();
});

Deno.test("GET /events gives a comment every 20 s", async () => {
  const clock = new HeldClock();
  await using directory = await startTestDirectory({ clock });
  const events = new EventReader(
    await fetch(`${peerUrl(directory, "bob")}/events`),
  );
  assertEquals(await events.next(), "event: gone\ndata:\n\n");
  for (let count = 0; count < 3; count++) {
    const comment = events.next();
    while (!clock.pauses.includes(20_000)) await settle();
    await clock.advance(20_000);
    assertEquals(await comment, ":\n\n");
  }
  await events.close();
});

Deno.test("GET /events answers 404 to a nickname that cannot be", async () => {
  await using directory = await startTestDirectory();
  for (const segment of ["%FF", "%00", "x".repeat(256)]) {
    const answer = await fetch(`${directory.url}/v1/peers/${segment}/events`);
    assertEquals(answer.status, 404);
    await answer.body?.cancel();
  }
});

Deno.test("the streams that one address holds open are limited, and freed when they end", async () => {
  await using directory = await startTestDirectory({
    limits: { watchesPerAddress: 2 },
  });
  const url = `${peerUrl(directory, "bob")}/events`;
  const first = new EventReader(await fetch(url));
  const second = new EventReader(await fetch(url));
  const refused = await fetch(url);
  assertEquals(refused.status, 429);
  await refused.body?.cancel();
  await first.close();
  const deadline = performance.now() + 10_000;
  while (true) {
    const answer = await fetch(url);
    if (answer.status === 200) {
      await answer.body?.cancel();
      break;
    }
    await answer.body?.cancel();
    assert(performance.now() < deadline, "the stream was not freed");
    await settle();
  }
  await second.close();
});

Deno.test("the end of the directory ends its streams of events", async () => {
  const directory = await startTestDirectory();
  const events = new EventReader(
    await fetch(`${peerUrl(directory, "bob")}/events`),
  );
  assertEquals(await events.next(), "event: gone\ndata:\n\n");
  const start = performance.now();
  await directory.close();
  assert(performance.now() - start < 5_000);
  assertEquals(await events.next(), "end");
});

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.subarray(offset, offset + size);
  }
}

Deno.test("readEvents() reads events in all cuts, with any line ends", async () => {
  const text = "event: put\nid: 1\ndata: a.b.c\n\n:\n\nevent:gone\ndata:\n\n" +
    "event: other\r\ndata: one\r\ndata: two\r\n\r\n";
  for (let size = 1; size <= text.length; size++) {
    const events = await Array.fromAsync(readEvents(cut(text, size)));
    assertEquals(events, [
      { type: "put", data: "a.b.c" },
      { type: "", data: "" },
      { type: "gone", data: "" },
      { type: "other", data: "onetwo" },
    ]);
  }
});

Deno.test("readEvents() refuses an event without end", async () => {
  const error = await assertRejects(
    () => Array.fromAsync(readEvents(cut("x".repeat(100_000), 1_000))),
    LektError,
  );
  assertEquals(error.code, "PROTOCOL");
});
