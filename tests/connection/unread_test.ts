// What nobody reads stops nobody else.
import { assert, assertEquals, assertLess } from "@std/assert";
import type { Connection, Message } from "../../mod.ts";
import { NEW_VERSIONS, withPair } from "../helpers/connection_pair.ts";
import { isSettled, turns, within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";

/** Answers short messages, and reads no others. */
async function echo(bob: Connection, unread: Message[]): Promise<void> {
  for await (const message of bob) {
    const bytes = message.bytesNow();
    if (bytes && bytes.length < 100) await bob.send(bytes);
    else unread.push(message);
  }
}

Deno.test("1,000 messages that nobody reads stop neither a ping-pong nor a message that is read", () =>
  withPair(
    async ({ alice, bob }) => {
      const unread: Message[] = [];
      echo(bob, unread).catch(() => {});
      const long = new Uint8Array(3_000_000);
      const sends = Array.from(
        { length: 1_000 },
        () => alice.send(long).catch(({ code }) => code),
      );
      for (let count = 0; count < 300; count++) {
        await alice.send(`ping ${count}`);
        const pong = await within(alice.receive(), "the answer");
        assertEquals(await pong?.text(), `ping ${count}`);
      }
      assertEquals(unread.length, 1_000);
      assertLess(bob.stats().bytesBuffered, 64 * 1024 * 1024);
      for (const message of unread.slice(0, 3)) {
        assertEquals((await within(message.bytes(), "it")).length, 3_000_000);
      }
      for (const message of unread.slice(3)) message.cancel();
      const outcomes = await within(Promise.all(sends), "all");
      assertEquals(outcomes.filter((each) => each === "CANCELLED").length, 997);
      await alice.send("end");
      assertEquals(await (await receive(alice)).text(), "end");
    },
    {},
    NEW_VERSIONS,
  ));

/** Reads the first 100 bytes; the reader waits for nothing more. */
async function begin(message: Message): Promise<void> {
  const reader = message.body.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(100));
  assertEquals(value?.length, 100);
  reader.releaseLock();
}

Deno.test("short messages that an application has not taken do not keep it from sending", () =>
  withPair(
    async ({ alice, bob }) => {
      const short = new Uint8Array(64);
      // More than alice may send.
      for (let count = 0; count < 60_000; count++) {
        alice.send(short).catch(() => {});
      }
      await turns(500);
      await receive(bob);
      // Of which bob sends no more before he has read what alice says of it.
      const sending = bob.send(pattern(5_000_000));
      const reply = await receive(alice);
      assertEquals((await within(reply.bytes(), "it")).length, 5_000_000);
      await within(sending, "the other side of it");
    },
    { bobLimits: { maxBufferedBytes: 8 * 1024 * 1024 } },
    NEW_VERSIONS,
  ));

Deno.test("messages of one packet that the application has begun to read hold nothing back once they are whole", () =>
  withPair(
    async ({ alice, bob, bobTransport }) => {
      const { read } = bobTransport;
      bobTransport.read = (into) =>
        read.call(bobTransport, into.subarray(0, 70_000));
      for (let count = 0; count < 150; count++) {
        alice.send(new Uint8Array(100_000)).catch(() => {});
      }
      for (let count = 0; count < 150; count++) {
        await within(begin(await receive(bob)), `${count}`);
      }
    },
    { bobLimits: { maxBufferedBytes: 8 * 1024 * 1024 } },
    NEW_VERSIONS,
  ));

Deno.test("whole messages of one packet that the application has taken hold nothing back, in however many reads they came", () =>
  withPair(async ({ alice, bob, bobTransport }) => {
    const { read } = bobTransport;
    bobTransport.read = (into) =>
      read.call(bobTransport, into.subarray(0, 70_000));
    const unread: Message[] = [];
    echo(bob, unread).catch(() => {});
    // Together more than a connection may hold.
    for (let count = 0; count < 800; count++) {
      alice.send(new Uint8Array(100_000));
    }
    await alice.send("ping");
    const pong = await within(alice.receive(), "the answer");
    assertEquals(await pong?.text(), "ping");
    assertEquals(unread.length, 800);
    const begun = unread.filter(({ bodyUsed }) => !bodyUsed);
    assert(begun.length > 100, `${begun.length} came in several reads`);
    for (const message of begun) {
      assertEquals((await within(message.bytes(), "it")).length, 100_000);
    }
  }));

Deno.test("unread messages do not delay the end of the other side, nor its control packets", () =>
  withPair(
    async ({ alice, bob }) => {
      const sending = alice.send(pattern(900_000));
      const unread = await receive(bob);
      await sending;
      await alice.closeWrite();
      assertEquals(await within(bob.receive(), "the end"), null);
      assertEquals(await bob.ended, { clean: true });
      assertEquals((await unread.bytes()).length, 900_000);
    },
    { bobLimits: { maxBufferedBytes: 5_000_000 } },
    NEW_VERSIONS,
  ));
Deno.test("two sides that both send much before they read wait for each other, until one reads", () =>
  withPair(
    async ({ alice, bob }) => {
      const sends = [alice, bob].map((each) =>
        each.send(new Uint8Array(3_000_000))
      );
      await turns(300);
      assert(!await isSettled(Promise.any(sends)), "nobody waits");
      const [first, second] = await Promise.all([alice, bob].map(receive));
      assertEquals((await within(first!.bytes(), "it")).length, 3_000_000);
      assertEquals((await within(second!.bytes(), "it")).length, 3_000_000);
      await within(Promise.all(sends), "both");
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("abort() behind the ends of both sides leaves what is unread readable, and the end as it was", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send("unread");
    await alice.closeWrite();
    await bob.closeWrite();
    assertEquals(await within(bob.closed, "the end"), { clean: true });
    bob.abort();
    assertEquals(await (await receive(bob)).text(), "unread");
    assertEquals(await bob.receive(), null);
    assertEquals(await bob.closed, { clean: true });
  }));
