// The receiver wants no more of a message.
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { LektError } from "../../mod.ts";
import {
  NEW_VERSIONS,
  OLD_VERSIONS,
  withPair,
} from "../helpers/connection_pair.ts";
import { within } from "../helpers/deadline.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";

const MIB = 1024 * 1024;

/** A message without end, and whether its source was let go. */
function endless(): {
  source: ReadableStream<Uint8Array>;
  letGo: Promise<unknown>;
} {
  const letGo = Promise.withResolvers<unknown>();
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(MIB)),
    cancel: (reason) => letGo.resolve(reason),
  });
  return { source, letGo: letGo.promise };
}

for (
  const way of ["message.cancel()", "body.cancel()", "a loop that is left"]
) {
  Deno.test(`${way} stops the sender, with little sent behind it`, () =>
    withPair(
      async ({ alice, bob }) => {
        const { source, letGo } = endless();
        const sending = failureOf(() => alice.send(source));
        const message = await receive(bob);
        const reason = way === "a loop that is left" ? "" : "enough";
        let size = 0;
        const reader = message.body.getReader();
        while (size < 40 * MIB) size += (await reader.read()).value!.length;
        const { bytesSent } = alice.stats();
        if (way === "message.cancel()") {
          message.cancel(new Error(reason));
          assertEquals(
            (await failureOf(() => reader.read())).code,
            "CANCELLED",
          );
        } else if (way === "body.cancel()") {
          await reader.cancel(reason);
        } else {
          reader.releaseLock();
          for await (const _ of message.body) break;
        }
        const error = await sending;
        assertEquals([error.code, error.reason], ["CANCELLED", reason]);
        assertEquals(error.messageId, message.id);
        await within(letGo, "the source to be let go");
        assertLess(alice.stats().bytesSent - bytesSent, 2 * 16 * MIB);
        await alice.send("next");
        assertEquals(await (await receive(bob)).text(), "next");
        assertEquals(bob.stats().bytesBuffered, 0);
        assertEquals(bob.stats().messagesReceiving, 0);
        await Promise.all([alice.close(), bob.close()]);
        assertEquals(await alice.closed, { clean: true });
        assertEquals(await bob.closed, { clean: true });
      },
      {},
      NEW_VERSIONS,
    ));
}

Deno.test("what a peer of 1.0 goes on to send of a cancelled message is dropped", () =>
  withPair(
    async ({ alice, bob }) => {
      const sending = alice.send(new Uint8Array(5_000_000));
      const message = await receive(bob);
      message.cancel("enough");
      await within(sending, "send()");
      assertEquals(message.bodyUsed, true);
      const read = await failureOf(() => message.body.getReader().read());
      assertEquals(read.code, "CANCELLED");
      await alice.send("next");
      assertEquals(await (await receive(bob)).text(), "next");
      assertEquals(bob.stats().bytesBuffered, 0);
    },
    {},
    OLD_VERSIONS,
  ));

Deno.test("cancel() of a message that is complete drops it, and changes nothing where it was taken", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send("short");
    await alice.send(pattern(300_000));
    const [short, long] = [await receive(bob), await receive(bob)];
    for (const message of [short, long]) {
      message.cancel();
      message.cancel("again");
      assertEquals([message.bytesNow(), message.bodyUsed], [undefined, true]);
      for (
        const read of [
          () => message.bytes(),
          () => message.text(),
          () => message.body.getReader().read(),
        ]
      ) assertEquals((await failureOf(read)).code, "CANCELLED");
    }
    await alice.send(pattern(300_000));
    const taken = await receive(bob);
    const bytes = await taken.bytes();
    await alice.send("short");
    const text = await receive(bob);
    await text.text();
    for (const message of [taken, text]) {
      message.cancel();
      await assertRejects(() => message.bytes(), TypeError, "used already");
    }
    assertEquals(bytes.length, 300_000);
    assertEquals(bob.stats().bytesBuffered, 0);
  }));

for (const size of [1_000, 5_000, 300_000]) {
  Deno.test(`cancel() of a message of ${size} bytes of which a part was read gives its reader no more, and its sender is told`, () =>
    withPair(
      async ({ alice, bob }) => {
        const data = pattern(size);
        const sending = failureOf(() => alice.send(data, { confirm: true }));
        const message = await receive(bob);
        const reader = message.body.getReader({ mode: "byob" });
        const { value } = await reader.read(new Uint8Array(10));
        assertEquals(value, data.slice(0, 10));
        message.cancel("enough");
        const rest = await failureOf(() => reader.read(new Uint8Array(10)));
        assertEquals(rest.code, "CANCELLED");
        const { code } = await within(sending, "the sender to be told");
        assertEquals(code, "CANCELLED");
        assertEquals(bob.stats().bytesBuffered, 0);
      },
      {},
      NEW_VERSIONS,
    ));
}

Deno.test("a message that is too long to be collected is stopped", () =>
  withPair(
    async ({ alice, bob }) => {
      const sending = failureOf(() => alice.send(endless().source));
      const message = await receive(bob);
      assertEquals((await failureOf(() => message.bytes())).code, "LIMIT");
      const error = await sending;
      assertEquals(error.code, "CANCELLED");
      assert(error.reason?.includes("more than 100000 bytes"), error.reason);
    },
    { bobLimits: { maxCollectedBytes: 100_000 } },
    NEW_VERSIONS,
  ));

Deno.test("close() stops what the other side still sends", () =>
  withPair(
    async ({ alice, bob }) => {
      const { source, letGo } = endless();
      const sending = alice.send(source).catch((error: LektError) => error);
      await receive(bob);
      const closing = bob.close();
      const error = await within(sending, "send()");
      assert(error instanceof LektError);
      assertEquals(error.code, "CANCELLED");
      await within(letGo, "the source");
      await alice.close();
      await within(closing, "close()");
      assertEquals((await bob.closed).clean, false);
      assertEquals((await alice.closed).clean, false);
    },
    {},
    NEW_VERSIONS,
  ));
