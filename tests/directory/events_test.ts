import { assert, assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { readEvents } from "../../src/directory/event_stream.ts";
import { EVENT_COMMENT_MS } from "../../src/directory/limits.ts";
import { DEADLINE_MS, until, within } from "../helpers/deadline.ts";
import {
  peerUrl,
  registerBob,
  startTestDirectory,
} from "../helpers/directory.ts";
import { HeldClock, settle } from "../helpers/held_clock.ts";

/** The lease of the registrations here. */
const LEASE_MS = 300_000;

/** Whether a pause is that of a watcher who waits for the end of a registration. */
function isLease(pauseMs: number): boolean {
  return pauseMs > LEASE_MS / 2 && pauseMs <= LEASE_MS;
}

/** As `fetch`, but not for ever. */
function ask(url: string): Promise<Response> {
  return within(fetch(url), `the answer of ${url}`);
}

/** What a stream of events says next, as text. */
class EventReader {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  private constructor(answer: Response) {
    this.#reader = answer.body!.getReader();
  }

  /** Reads the comment that each stream begins with. */
  static async begin(answer: Response): Promise<EventReader> {
    const events = new EventReader(answer);
    assertEquals(await events.next(), ":\n\n");
    return events;
  }

  /** The next event or comment; several may arrive in one piece. */
  async next(): Promise<string> {
    while (!this.#text.includes("\n\n")) {
      const reading = this.#reader.read();
      const { value, done } = await within(reading, "the next event");
      if (done) return "end";
      this.#text += new TextDecoder().decode(value);
    }
    const end = this.#text.indexOf("\n\n") + 2;
    const event = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return event;
  }

  async close(): Promise<void> {
    await within(this.#reader.cancel(), "the end of the stream");
  }
}

Deno.test("GET /events begins with a comment, and asks proxies to hold nothing back", async () => {
  await using directory = await startTestDirectory();
  const answer = await ask(`${peerUrl(directory, "bob")}/events`);
  assertEquals(answer.headers.get("x-accel-buffering"), "no");
  const events = await EventReader.begin(answer);
  await events.close();
});

Deno.test("GET /events gives the present state, then changes, then gone", async () => {
  const clock = new HeldClock();
  await using directory = await startTestDirectory({ clock });
  const answer = await ask(`${peerUrl(directory, "bob")}/events`);
  assertEquals(answer.headers.get("content-type"), "text/event-stream");
  assertEquals(answer.headers.get("access-control-allow-origin"), "*");
  const events = await EventReader.begin(answer);
  assertEquals(await events.next(), "event: gone\ndata:\n\n");
  // By the clock that is held: by the system's, it may end after LEASE_MS.
  const issuedAt = Math.floor(clock.now() / 1_000);
  const expiresAt = issuedAt + LEASE_MS / 1_000;
  const { token } = await within(
    registerBob(directory, undefined, { issuedAt, expiresAt }),
    "the registration",
  );
  assertEquals(
    await events.next(),
    `event: put\nid: 1\ndata: ${token}\n\n`,
  );
  const late = await EventReader.begin(
    await ask(`${peerUrl(directory, "bob")}/events`),
  );
  assertEquals(await late.next(), `event: put\nid: 1\ndata: ${token}\n\n`);
  await until(
    () => clock.pauses.filter(isLease).length === 2,
    "both streams wait for the end of the registration",
  );
  await clock.advance(LEASE_MS);
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
  const events = await EventReader.begin(
    await ask(`${peerUrl(directory, "bob")}/events`),
  );
  assertEquals(await events.next(), "event: gone\ndata:\n\n");
  for (let count = 0; count < 3; count++) {
    const comment = events.next();
    await until(
      () => clock.pauses.includes(EVENT_COMMENT_MS),
      "the stream waits for its next comment",
    );
    await clock.advance(EVENT_COMMENT_MS);
    assertEquals(await comment, ":\n\n");
  }
  await events.close();
});

Deno.test("GET /events answers 404 to a nickname that cannot be", async () => {
  await using directory = await startTestDirectory();
  for (const segment of ["%FF", "%00", "x".repeat(256)]) {
    const answer = await ask(`${directory.url}/v1/peers/${segment}/events`);
    assertEquals(answer.status, 404);
    await answer.body?.cancel();
  }
});

Deno.test("the streams that one address holds open are limited, and freed when they end", async () => {
  await using directory = await startTestDirectory({
    limits: { watchesPerAddress: 2 },
  });
  const url = `${peerUrl(directory, "bob")}/events`;
  const first = await EventReader.begin(await ask(url));
  const second = await EventReader.begin(await ask(url));
  const refused = await ask(url);
  assertEquals(refused.status, 429);
  await refused.body?.cancel();
  await first.close();
  const deadline = performance.now() + DEADLINE_MS;
  while (true) {
    const answer = await ask(url);
    await answer.body?.cancel();
    if (answer.status === 200) break;
    assert(performance.now() < deadline, "the stream was not freed");
    await settle();
  }
  await second.close();
});

Deno.test("the end of the directory ends its streams of events", async () => {
  const directory = await startTestDirectory();
  const events = await EventReader.begin(
    await ask(`${peerUrl(directory, "bob")}/events`),
  );
  assertEquals(await events.next(), "event: gone\ndata:\n\n");
  await within(directory.close(), "the end of the directory", 5_000);
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
