// Receiving: messages in all forms, back-pressure, limits.
import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { concat } from "@std/bytes";
import type { LektError } from "../../mod.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";
import { OLD_VERSIONS, withPair } from "../helpers/connection_pair.ts";
import { withRawPeer } from "../helpers/raw_pair.ts";
import { MORE, packet } from "../helpers/raw_peer.ts";

/** Short: complete in one read. Long: handed over while it arrives. */
const SIZES: [string, number][] = [["short", 1_000], ["long", 700_000]];

for (const [name, size] of SIZES) {
  Deno.test(`the body of a ${name} message goes to a default reader`, () =>
    withPair(async ({ alice, bob }) => {
      const sending = alice.send(pattern(size));
      const message = await receive(bob);
      assertEquals(message.bodyUsed, false);
      const pieces: Uint8Array[] = [];
      for await (const piece of message.body) pieces.push(piece);
      assertEquals(concat(pieces), pattern(size));
      assertEquals(message.bodyUsed, true);
      await sending;
    }, { stream: { partial: true, seed: 3 } }));

  for (const viewSize of [1_000, 70_000, 1_000_000]) {
    Deno.test(`the body of a ${name} message goes to a BYOB reader with ${viewSize} bytes`, () =>
      withPair(async ({ alice, bob }) => {
        const sending = alice.send(pattern(size));
        const reader = (await receive(bob)).body.getReader({ mode: "byob" });
        const bytes = new Uint8Array(size);
        let offset = 0;
        let view = new Uint8Array(viewSize);
        while (true) {
          const { value, done } = await within(reader.read(view), "a piece");
          if (done) break;
          bytes.set(value, offset);
          offset += value.length;
          view = new Uint8Array(value.buffer);
        }
        assertEquals(offset, size);
        assertEquals(bytes, pattern(size));
        await sending;
      }, { stream: { partial: true, seed: 4 } }));
  }

  Deno.test(`a ${name} message can be collected once`, () =>
    withPair(async ({ alice, bob }) => {
      const sending = alice.send(pattern(size));
      const message = await receive(bob);
      assertEquals(Uint8Array.from(await message.bytes()), pattern(size));
      assertEquals(message.bodyUsed, true);
      await assertRejects(() => message.bytes(), TypeError);
      await assertRejects(() => message.text(), TypeError);
      await assertRejects(() => message.json(), TypeError);
      assertEquals(message.bytesNow(), undefined);
      await assertRejects(() => message.body.getReader().read(), TypeError);
      await sending;
    }));

  Deno.test(`a ${name} message can be collected behind a glance at its body, not behind a read`, () =>
    withPair(async ({ alice, bob }) => {
      const sends = [alice.send(pattern(size)), alice.send(pattern(size))];
      const first = await receive(bob);
      assert(first.body instanceof ReadableStream);
      assertEquals((await first.bytes()).length, size);
      const second = await receive(bob);
      const reader = second.body.getReader();
      await assertRejects(() => second.bytes(), TypeError);
      await reader.read();
      reader.releaseLock();
      await assertRejects(() => second.bytes(), TypeError);
      await second.body.cancel();
      // The sender of the second may be told.
      await Promise.allSettled(sends);
    }));

  Deno.test(`cancelling the body of a ${name} message drops it alone`, () =>
    withPair(async ({ alice, bob }) => {
      const sending = alice.send(pattern(size));
      const message = await receive(bob);
      await message.body.cancel("not for me");
      assertEquals(message.bodyUsed, true);
      const outcome = await within(
        sending.then(() => "sent", (error) => error.reason),
        "send()",
      );
      assert(["sent", "not for me"].includes(outcome), outcome);
      await alice.send("next");
      assertEquals(await (await receive(bob)).text(), "next");
      assertEquals(bob.stats().bytesBuffered, 0);
      await alice.closeWrite();
      assertEquals(await bob.receive(), null);
    }, { bobLimits: { maxBufferedBytes: 200_000 } }));
}

Deno.test("text() keeps a byte order mark and rejects malformed UTF-8", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send("\ufeffhi");
    assertEquals(await (await receive(bob)).text(), "\ufeffhi");
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      await alice.send(Uint8Array.from(bytes));
      const message = await receive(bob);
      await assertRejects(() => message.text(), TypeError);
    }
    await alice.send("still good");
    assertEquals(await (await receive(bob)).text(), "still good");
  }));

Deno.test("json() parses, and rejects what is none with a SyntaxError", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send('{"a":[1,null]}');
    assertEquals(await (await receive(bob)).json(), { a: [1, null] });
    await alice.send("{");
    const message = await receive(bob);
    await assertRejects(() => message.json(), SyntaxError);
  }));

Deno.test("receive() hands messages to those who wait, in order, and then null to each", () =>
  withPair(async ({ alice, bob }) => {
    const waiting = [1, 2, 3, 4].map(() => bob.receive());
    await alice.send("a");
    await alice.send("b");
    await alice.closeWrite();
    const got = await within(Promise.all(waiting), "all receivers");
    const texts = await Promise.all(got.map((each) => each?.text()));
    assertEquals(texts, ["a", "b", undefined, undefined]);
    assertEquals(await bob.receive(), null);
  }));

Deno.test("a loop that is left early can be taken up again", () =>
  withPair(async ({ alice, bob }) => {
    for (const text of ["a", "b", "c", "d"]) await alice.send(text);
    await alice.closeWrite();
    const texts: string[] = [];
    for await (const message of bob) {
      texts.push(await message.text());
      break;
    }
    texts.push(await (await receive(bob)).text());
    for await (const message of bob) texts.push(await message.text());
    assertEquals(texts, ["a", "b", "c", "d"]);
  }));

Deno.test("batches() gives all that is ready, and ends", () =>
  withPair(async ({ alice, bob }) => {
    for (let i = 0; i < 10_000; i++) alice.send(`${i}`);
    alice.closeWrite();
    let next = 0;
    for await (const batch of bob.batches()) {
      assert(batch.length > 0);
      for (const message of batch) {
        const bytes = message.bytesNow() ?? await message.bytes();
        assertEquals(new TextDecoder().decode(bytes), `${next++}`);
      }
    }
    assertEquals(next, 10_000);
  }));

Deno.test("a message over maxCollectedBytes fails with LIMIT alone", () =>
  withPair(async ({ alice, bob }) => {
    const sizes = [10_000, 10_001, 500_000, 100];
    const sends = sizes.map((size) => alice.send(pattern(size)));
    const outcomes: unknown[] = [];
    for (let i = 0; i < sizes.length; i++) {
      const message = await receive(bob);
      outcomes.push(
        await message.bytes().then(
          (bytes) => bytes.length,
          (error: LektError) => [error.code, error.messageId === message.id],
        ),
      );
    }
    const failed = ["LIMIT", true];
    assertEquals(outcomes.filter((each) => typeof each === "number"), [
      10_000,
      100,
    ]);
    assertEquals(outcomes.filter((each) => typeof each !== "number"), [
      failed,
      failed,
    ]);
    await Promise.allSettled(sends);
    assertEquals(bob.stats().bytesBuffered, 0);
  }, { bobLimits: { maxCollectedBytes: 10_000 } }));

Deno.test("a message over maxCollectedBytes can be streamed", () =>
  withPair(async ({ alice, bob }) => {
    const sending = alice.send(pattern(500_000));
    let size = 0;
    for await (const piece of (await receive(bob)).body) size += piece.length;
    assertEquals(size, 500_000);
    await sending;
  }, { bobLimits: { maxCollectedBytes: 10_000 } }));

Deno.test("a reader that stands still holds the sender back, in bounded memory", () =>
  withPair(async ({ alice, bob }) => {
    const sending = alice.send(pattern(20_000_000));
    const { body } = await receive(bob);
    const reader = body.getReader();
    await reader.read();
    await turns(300);
    assert(!await isSettled(sending), "all was taken");
    assertLess(bob.stats().bytesBuffered, 1_600_000);
    assertLess(alice.stats().bytesSent, 2_500_000);
    let size = 0;
    reader.releaseLock();
    for await (const piece of body) size += piece.length;
    assert(size > 19_000_000);
    await within(sending, "send()");
  }, { bobLimits: { maxBufferedBytes: 1_000_000 } }));

Deno.test("short messages that nobody receives hold the sender back, too", () =>
  withPair(
    async ({ alice, bob }) => {
      let sentCount = 0;
      let isOver = false;
      async function flood(): Promise<void> {
        while (!isOver) {
          await alice.send(sentCount % 2 ? "" : "x");
          sentCount++;
          if (sentCount % 500 === 0) await turns(1);
        }
      }
      flood().catch(() => {});
      await until(() => bob.stats().bytesBuffered >= 1_000_000, "it is full");
      await turns(300);
      assertLess(bob.stats().bytesBuffered, 1_200_000);
      isOver = true;
      assertLess(bob.stats().messagesReceived, 1_200_000 / 16);
    },
    { bobLimits: { maxBufferedBytes: 1_000_000 } },
    OLD_VERSIONS,
  ));

Deno.test("aborted messages that nobody receives hold the sender back, too", () =>
  withRawPeer(async (raw, connection) => {
    const one = Uint8Array.from([
      ...packet(1, MORE, "x"),
      ...packet(1, 0x7fff_ffff),
    ]);
    const many = new Uint8Array(one.length * 10_000);
    for (let i = 0; i < 10_000; i++) many.set(one, i * one.length);
    const writing = raw.write(many).catch(() => {});
    await until(
      () => connection.stats().bytesBuffered >= 1_000_000,
      "it is full",
    );
    await turns(100);
    // What one read brought is more than a short message takes.
    assertLess(connection.stats().bytesBuffered, 12_000_000);
    let count = 0;
    const failures: Promise<LektError>[] = [];
    while (count < 10_000) {
      const message = await receive(connection);
      if (count++ % 1000 === 0) failures.push(failureOf(() => message.bytes()));
    }
    await Promise.all([...failures, writing]);
    assertEquals(connection.stats().bytesBuffered, 0);
    await raw.end();
  }, { maxBufferedBytes: 1_000_000 }));

const SMALL = { maxBufferedBytes: 300_000, stallTimeoutMs: 100 };

Deno.test("waiting for what is behind an unread message fails with LIMIT and names it", () =>
  withPair(
    async ({ alice, bob }) => {
      const sending = alice.send(pattern(1_000_000)).catch(() => {});
      const unread = await receive(bob);
      const error = await failureOf(() => bob.receive());
      assertEquals([error.code, error.messageId], ["LIMIT", unread.id]);
      assertStringIncludes(error.message, `message ${unread.id}`);
      assertEquals((await failureOf(() => unread.bytes())).code, "LIMIT");
      const { clean, error: why } = await within(bob.closed, "closed");
      assertEquals([clean, why?.code], [false, "LIMIT"]);
      await alice.close();
      await sending;
    },
    { bobLimits: SMALL },
    OLD_VERSIONS,
  ));

Deno.test("waiting for a message's rest behind an unread message fails with LIMIT", () =>
  withRawPeer(async (raw, connection) => {
    raw.write(
      packet(1, MORE, pattern(70_000)),
      packet(2, 0, pattern(250_000)),
      packet(3, 0, pattern(250_000)),
      packet(1, 1, "end"),
    ).catch(() => {});
    const first = await receive(connection);
    const error = await failureOf(() => first.bytes());
    assertEquals(error.code, "LIMIT");
    await raw.readToEnd();
  }, { ...SMALL, maxBufferedBytes: 400_000 }));

Deno.test("nothing fails while nobody waits for what is behind", () =>
  withPair(async ({ alice, bob }) => {
    const sending = alice.send(pattern(1_000_000));
    const message = await receive(bob);
    await until(() => bob.stats().bytesBuffered >= 300_000, "it is full");
    await new Promise((resolve) => setTimeout(resolve, 350));
    let size = 0;
    for await (const piece of message.body) size += piece.length;
    assertEquals(size, 1_000_000);
    await sending;
  }, { bobLimits: SMALL }));

Deno.test("a slow reader beside one who waits for the next message is not a stall", () =>
  withPair(async ({ alice, bob }) => {
    const sending = alice.send(pattern(1_000_000));
    const { body } = await receive(bob);
    const next = bob.receive();
    const reader = body.getReader();
    let size = (await reader.read()).value!.length;
    // Longer than the stall timeout, twice.
    for (let pause = 0; pause < 2; pause++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      size += (await reader.read()).value!.length;
    }
    while (true) {
      const { value, done } = await reader.read();
      if (done) break;
      size += value.length;
    }
    assertEquals(size, 1_000_000);
    await sending;
    await alice.send("next");
    assertEquals(await (await next)?.text(), "next");
  }, { bobLimits: SMALL }));

Deno.test("two peers that both send before they read do not lock up", () =>
  withPair(
    async ({ alice, bob }) => {
      const size = 10_000_000;
      const both = [alice.send(pattern(size, 1)), bob.send(pattern(size, 2))];
      await within(Promise.all(both), "both sends");
      const [first, second] = [await receive(bob), await receive(alice)];
      assertEquals((await first.bytes()).length, size);
      assertEquals((await second.bytes()).length, size);
    },
    {},
    OLD_VERSIONS,
  ));

Deno.test("incomplete messages are handed over when they fill the buffer", () =>
  withRawPeer(async (raw, connection) => {
    const count = 40;
    for (let id = 0; id < count; id++) {
      await raw.write(packet(id, MORE, pattern(10_000)));
    }
    const sizes: number[] = [];
    for (let id = 0; id < 20; id++) {
      const reader = (await receive(connection)).body.getReader();
      sizes.push((await reader.read()).value!.length);
    }
    assert(sizes.every((size) => size > 0));
    await raw.end();
  }, { maxBufferedBytes: 300_000 }));

Deno.test("complete messages that the application takes and ignores hold nothing back", () =>
  withPair(async ({ alice, bob }) => {
    const count = 300;
    let sentCount = 0;
    async function send(): Promise<void> {
      while (sentCount < count) {
        await alice.send(pattern(9_000));
        sentCount++;
      }
      await alice.closeWrite();
    }
    const sending = send();
    let takenCount = 0;
    for await (const _ of bob) takenCount++;
    assertEquals(takenCount, count);
    assertEquals(bob.stats().bytesBuffered, 0);
    await sending;
  }, {
    bobLimits: { maxBufferedBytes: 100_000 },
    stream: { partial: true, seed: 9 },
  }));
