// What stats() tells of a connection.
import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
} from "@std/assert";
import {
  NEW_VERSIONS,
  OLD_VERSIONS,
  withPair,
} from "../helpers/connection_pair.ts";
import { listen } from "../../mod.ts";
import { until, within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";
import {
  AGREED,
  header,
  hello,
  RawPeer,
  welcome,
} from "../helpers/raw_peer.ts";

Deno.test("stats() counts", () =>
  withPair(
    async ({ alice, bob }) => {
      await alice.send("hello");
      await alice.send(pattern(600_000));
      await receive(bob);
      const long = await receive(bob);
      await long.bytes();
      const sent = alice.stats();
      assertEquals(sent.messagesSent, 2);
      assertEquals(bob.stats().messagesReceived, 2);
      assertEquals(bob.stats().bytesReceived, 5 + 600_000 + 12 * 4);
      assertEquals(bob.stats().bytesBuffered, 0);
      assertEquals(sent.bytesReceived, 0);
      // Handshake and Accept count as bytes that were written.
      assertEquals(sent.bytesSent, bob.stats().bytesReceived + 14 + 8);
    },
    {},
    OLD_VERSIONS,
  ));

Deno.test("stats() tells what is held back, what is open, and how long an answer takes", () =>
  withPair(async ({ alice, bob }) => {
    assertEquals(alice.stats().roundTripMs, undefined);
    const sending = alice.send(pattern(3_000_000));
    const long = await receive(bob);
    await until(() => alice.stats().bytesHeldBack > 0, "it waits for a window");
    const { bytesHeldBack, messagesSending } = alice.stats();
    assertEquals(messagesSending, 1);
    assertEquals(bob.stats().messagesReceiving, 1);
    assertGreater(bytesHeldBack, 800_000);
    assertEquals((await within(long.bytes(), "it")).length, 3_000_000);
    await sending;
    const { messagesReceiving } = bob.stats();
    assertEquals([alice.stats().messagesSending, messagesReceiving], [0, 0]);
    assertEquals(alice.stats().bytesHeldBack, 0);
    await until(() => alice.stats().roundTripMs !== undefined, "an answer");
    const { roundTripMs, silentMs } = alice.stats();
    assert(roundTripMs! >= 0 && roundTripMs! < 8_000, `${roundTripMs}`);
    assert(silentMs >= 0 && silentMs < 8_000, `${silentMs}`);
  }, {
    limits: { pingIntervalMs: 20, silenceTimeoutMs: 60_000 },
  }, NEW_VERSIONS));

Deno.test("of a connection that is over stats() has no message under way, however it ended", () =>
  withPair(async ({ alice, bob }) => {
    const halting = () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(pattern(300_000)),
      });
    const failing = [
      alice.send(halting()),
      alice.send(pattern(8_000_000)),
      alice.send(new ReadableStream<Uint8Array>()),
      bob.send(halting()),
    ].map((sending) => assertRejects(() => sending));
    const aborting = new AbortController();
    failing.push(
      assertRejects(() => alice.send(halting(), { signal: aborting.signal })),
    );
    await receive(bob);
    await until(() => alice.stats().messagesSending === 3, "what has begun");
    aborting.abort();
    alice.abort();
    await within(
      Promise.all([...failing, alice.closed, bob.closed]),
      "the end",
    );
    for (const side of [alice, bob]) {
      const { messagesSending, messagesReceiving, bytesHeldBack } = side
        .stats();
      assertEquals([messagesSending, messagesReceiving, bytesHeldBack], [
        0,
        0,
        0,
      ]);
    }
  }));

Deno.test("of a connection that close() gave up amid a message stats() has none under way", async () => {
  await using listener = await listen({
    nickname: "bob",
    methods: "tcp://127.0.0.1:0",
    accept: () => true,
    limits: { closeTimeoutMs: 20 },
  });
  using silent = await RawPeer.dial(listener.methods[0]!);
  await silent.write(hello());
  await silent.expect(welcome());
  await silent.write(AGREED, header(0, 0, 100_000), pattern(70_000));
  for await (const bob of listener) {
    const message = await receive(bob);
    const reading = assertRejects(() => message.bytes());
    assertEquals(bob.stats().messagesReceiving, 1);
    await within(bob.close(), "close()");
    await reading;
    assertEquals(bob.stats().messagesReceiving, 0);
    break;
  }
});

Deno.test("what is aborted behind close() is not held", () =>
  withPair(async ({ alice, bob }) => {
    const aborting = new AbortController();
    const halting = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(pattern(300_000)),
    });
    const sending = alice.send(halting, { signal: aborting.signal })
      .catch(() => {});
    await until(() => bob.stats().bytesBuffered >= 300_000, "it is unread");
    const closing = bob.close();
    aborting.abort(new Error("of no use any more"));
    await within(Promise.all([sending, alice.close(), closing]), "the end");
    assertEquals(bob.stats().bytesBuffered, 0);
  }));

Deno.test("stats() counts signs of life, also before the first message", () =>
  withPair(async ({ alice, bob }) => {
    for (const side of [alice, bob]) {
      // One that asks, and one that answers.
      await until(() => side.stats().bytesReceived >= 42, "both have come");
    }
  }, {
    limits: { pingIntervalMs: 20, silenceTimeoutMs: 60_000 },
  }, NEW_VERSIONS));
