// Sent is not received: send() that waits until the application has it.
import { assert, assertEquals } from "@std/assert";
import type { LektError, Message } from "../../mod.ts";
import {
  NEW_VERSIONS,
  OLD_VERSIONS,
  withPair,
} from "../helpers/connection_pair.ts";
import { isSettled, until, within } from "../helpers/deadline.ts";
import { failureOf, inPieces, pattern, receive } from "../helpers/messages.ts";
import { bytesOfControl } from "../../src/session/control_queue.ts";
import { connectToSilent } from "../helpers/silent_peer.ts";

const CONFIRM = { confirm: true };

async function drain(message: Message): Promise<void> {
  for await (const _ of message.body);
}

const TAKING: [string, (message: Message) => unknown][] = [
  ["bytes()", (message) => message.bytes()],
  ["text()", (message) => message.text().catch(() => {})],
  ["bytesNow()", async (message) => {
    while (!message.bytesNow()) await new Promise((done) => setTimeout(done));
  }],
  ["its body", drain],
];

for (const size of [0, 5, 70_000, 300_000, 3_000_000]) {
  for (const [name, take] of TAKING) {
    // Nobody asks for the rest of a long message by that.
    if (name === "bytesNow()" && size > 2_000_000) continue;
    Deno.test(`a message of ${size} bytes is confirmed when it was taken by ${name}`, () =>
      withPair(
        async ({ alice, bob }) => {
          const sent = pattern(size);
          const sends = [
            alice.send(sent, CONFIRM),
            alice.send(inPieces(sent, 90_000), CONFIRM),
          ];
          for (const _ of sends) {
            const message = await receive(bob);
            assertEquals(
              await Promise.all(sends.map((each) => isSettled(each))),
              [message.id > 0, false],
            );
            await take(message);
            await within(sends[message.id]!, "the confirmation");
          }
          assertEquals(await Promise.all(sends), [0, 1]);
        },
        {},
        NEW_VERSIONS,
      ));
  }
}

const DROPPING: [string, (message: Message) => unknown][] = [
  ["cancel()", (message) => message.cancel("no")],
  ["body.cancel()", (message) => message.body.cancel("no")],
  ["a limit", (message) => message.bytes().catch(() => {})],
];

for (const size of [50_000, 3_000_000]) {
  for (const [name, drop] of DROPPING) {
    Deno.test(`a message of ${size} bytes that is dropped by ${name} rejects with CANCELLED`, () =>
      withPair(
        async ({ alice, bob }) => {
          const sending = failureOf(() => alice.send(pattern(size), CONFIRM));
          await drop(await receive(bob));
          assertEquals((await sending).code, "CANCELLED");
          const next = alice.send("next", CONFIRM);
          await (await receive(bob)).text();
          await within(next, "the next");
        },
        { bobLimits: { maxCollectedBytes: 10_000 } },
        NEW_VERSIONS,
      ));
  }
}

Deno.test("what close() drops rejects with CANCELLED", () =>
  withPair(
    async ({ alice, bob }) => {
      const sends = [alice.send("unseen", CONFIRM), alice.send("x", CONFIRM)];
      const failures = sends.map((each) => failureOf(() => each));
      await until(() => bob.stats().messagesReceived === 2, "both are there");
      await bob.close();
      for (const { code } of await Promise.all(failures)) {
        assertEquals(code, "CANCELLED");
      }
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("a confirmation that will not come rejects with the error of the connection", () =>
  withPair(
    async ({ alice, bob }) => {
      const failure = failureOf(() => alice.send("unknown", CONFIRM));
      await receive(bob);
      await bob.abort();
      assertEquals((await failure).code, "TRUNCATED");
      const late = await failureOf(() => alice.send("late", CONFIRM));
      assertEquals(late.code, "TRUNCATED");
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("both sides may end, and what is still taken is confirmed", () =>
  withPair(
    async ({ alice, bob }) => {
      const sending = alice.send("to be taken", CONFIRM);
      await alice.closeWrite();
      await bob.closeWrite();
      const message = await receive(bob);
      assert(!await isSettled(sending));
      assert(!await isSettled(bob.closed));
      await message.text();
      assertEquals(await within(sending, "the confirmation"), 0);
      assertEquals(await within(alice.closed, "closed"), { clean: true });
      assertEquals(await within(bob.closed, "closed"), { clean: true });
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("towards a peer of 1.0 nothing can be confirmed", () =>
  withPair(
    async ({ alice, bob }) => {
      let wasLetGo = false;
      const source = new ReadableStream<Uint8Array>({
        cancel: () => {
          wasLetGo = true;
        },
      });
      for (const data of ["text", source]) {
        const error = await failureOf(() => alice.send(data, CONFIRM));
        assertEquals(error.code, "UNSUPPORTED");
      }
      await until(() => wasLetGo, "the source is let go");
      await alice.send("as before");
      assertEquals(await (await receive(bob)).text(), "as before");
    },
    {},
    OLD_VERSIONS,
  ));

Deno.test("2,500 messages that wait to be confirmed do so in order, 1,024 at once", () =>
  withPair(
    async ({ alice, bob }) => {
      const count = 2_500;
      let confirmedCount = 0;
      for (let index = 0; index < count; index++) {
        alice.send(`${index}`, CONFIRM).then(() => confirmedCount++);
      }
      await until(() => bob.stats().messagesReceived === 1_024, "1,024 came");
      assertEquals(alice.stats().messagesSent, 1_024);
      for (let index = 0; index < count; index++) {
        assertEquals(await (await receive(bob)).text(), `${index}`);
      }
      await until(() => confirmedCount === count, "all are confirmed");
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("a signal ends the wait for a confirmation, and the place is free when it comes", () =>
  withPair(
    async ({ alice, bob }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const sending = alice.send("slow", { ...CONFIRM, signal });
      const message = await receive(bob);
      controller.abort("too slow");
      assertEquals(await sending.catch((reason) => reason), "too slow");
      assertEquals(await message.text(), "slow");
      const next = alice.send("next", CONFIRM);
      await (await receive(bob)).text();
      await within(next, "the next");
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("a signal ends the wait for a place among those that are to be confirmed", () =>
  withPair(
    async ({ alice, bob }) => {
      const waiting = Array.from(
        { length: 1_024 },
        () => alice.send("one of many", CONFIRM),
      );
      // Also one that is nothing.
      for (const reason of ["too slow", null]) {
        const controller = new AbortController();
        const { signal } = controller;
        const sending = alice.send("late", { ...CONFIRM, signal });
        assert(!await isSettled(sending));
        controller.abort(reason);
        const told = sending.then(() => "sent", (why) => why);
        assertEquals(await within(told, "send()"), reason);
      }
      const last = alice.send("last", CONFIRM);
      for (const each of waiting) {
        assertEquals(await (await receive(bob)).text(), "one of many");
        await within(each, "the confirmation");
      }
      assertEquals(await (await receive(bob)).text(), "last");
      await within(last, "the last");
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("who waits to hear of a message goes on asking whether the other side is alive", () =>
  withPair(
    async ({ alice, bob }) => {
      const sending = alice.send("to be taken", CONFIRM);
      const message = await receive(bob);
      await Promise.all([alice.closeWrite(), bob.closeWrite()]);
      assertEquals(await alice.receive(), null);
      const { bytesReceived } = bob.stats();
      // Bob asks nothing, so that alice hears what she asks for alone.
      await until(
        () => bob.stats().bytesReceived > bytesReceived + 10 * 21,
        "alice has asked ten times",
      );
      await message.text();
      assertEquals(await within(sending, "the confirmation"), 0);
      assertEquals(await within(alice.closed, "closed"), { clean: true });
      assertEquals(await within(bob.closed, "closed"), { clean: true });
    },
    {
      limits: { pingIntervalMs: 50, silenceTimeoutMs: 5_000 },
      bobLimits: { pingIntervalMs: 0 },
    },
    NEW_VERSIONS,
  ));

Deno.test("a message that its sender aborts is not confirmed, and its place is free", () =>
  withPair(
    async ({ alice, bob }) => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield pattern(100_000);
        throw new Error("disk full");
      }
      const failure = alice.send(failing(), CONFIRM).catch(({ message }) =>
        message
      );
      const broken = await receive(bob);
      assertEquals(await failure, "disk full");
      assertEquals((await failureOf(() => broken.bytes())).code, "ABORTED");
      const next = alice.send("next", CONFIRM);
      await (await receive(bob)).text();
      await within(next, "the next");
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("a peer that asks twice, or for too many, breaks a rule", async () => {
  for (const ids of [[3, 3], Array.from({ length: 1_025 }, (_, id) => id)]) {
    const { alice, silent } = await connectToSilent({ closeTimeoutMs: 20 });
    for (const messageId of ids) {
      await silent.write(bytesOfControl({ type: "confirm", messageId }));
    }
    const { error } = await within(alice.closed, "closed");
    assertEquals((error as LektError).code, "PROTOCOL");
    await alice.close();
  }
});
