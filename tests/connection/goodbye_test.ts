// An end is an end: Goodbye, and what is none.
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { LektError } from "../../mod.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { establish } from "../../src/connect/establish.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { bytesOfControl } from "../../src/session/control_queue.ts";
import {
  connectPair,
  NEW_VERSIONS,
  withPair,
} from "../helpers/connection_pair.ts";
import { isSettled, turns, within } from "../helpers/deadline.ts";
import { memoryPair } from "../helpers/memory_transport.ts";
import { failureOf, receive } from "../helpers/messages.ts";
import { packet, welcome } from "../helpers/raw_peer.ts";
import { connectToSilent } from "../helpers/silent_peer.ts";

const SOCKET = { stream: { cutLooksClean: true } };

function goodbye(messageCount: number, reason = ""): Uint8Array {
  return bytesOfControl({ type: "goodbye", messageCount, reason });
}

Deno.test("close() tells why, and both find the other's reason in `closed`", () =>
  withPair(
    async ({ alice, bob }) => {
      const closing = alice.close("maintenance");
      assertEquals(await within(bob.receive(), "the end"), null);
      await Promise.all([closing, bob.close(new Error("bye, then"))]);
      assertEquals(await bob.closed, { clean: true, reason: "maintenance" });
      assertEquals(await alice.closed, { clean: true, reason: "bye, then" });
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("close() tells why, also where only the end was wanted before, and not yet said", () =>
  withPair(
    async ({ alice, bob }) => {
      const ending = alice.closeWrite();
      const closing = alice.close("maintenance");
      assertEquals(await within(bob.receive(), "the end"), null);
      await Promise.all([ending, closing, bob.close()]);
      assertEquals(await bob.closed, { clean: true, reason: "maintenance" });
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("a reason is not told to a peer of 1.0", () =>
  withPair(
    async ({ alice, bob }) => {
      await Promise.all([alice.close("maintenance"), bob.close("why not")]);
      assertEquals(await bob.closed, { clean: true });
      assertEquals(await alice.closed, { clean: true });
    },
    {},
    [[0, 1], [1, 0], [0, 0]],
  ));

Deno.test("a side that has ended goes on receiving, however much", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send("give me much");
    await alice.closeWrite();
    assertEquals(await (await receive(bob)).text(), "give me much");
    assertEquals(await bob.receive(), null);
    const size = 20_000_000;
    const sending = bob.send(new Uint8Array(size));
    let readSize = 0;
    for await (const piece of (await receive(alice)).body) {
      readSize += piece.length;
    }
    assertEquals(readSize, size);
    await within(sending, "send()");
    assert(!await isSettled(bob.closed));
    await bob.closeWrite();
    assertEquals(await within(alice.closed, "closed"), { clean: true });
    assertEquals(await within(bob.closed, "closed"), { clean: true });
  }, SOCKET));

Deno.test("a program that is killed between two packets never looks like one that has ended", async () => {
  const ends: [string, Uint8Array][] = [
    ["before its first message", new Uint8Array(0)],
    ["behind a message", packet(0, 0, "hi")],
    ["behind a control packet", bytesOfControl({ type: "window", total: 2e6 })],
    // It did not wait for the other's Goodbye: what is under way is lost.
    ["behind its Goodbye", goodbye(0)],
  ];
  for (const [name, bytes] of ends) {
    const { alice, silent } = await connectToSilent({ closeTimeoutMs: 20 });
    if (bytes.length > 0) await silent.write(bytes);
    silent.close();
    const { clean, error } = await within(alice.closed, name);
    assertEquals([clean, error?.code], [false, "TRUNCATED"], name);
    await alice.close();
  }
});

Deno.test("a program that is killed behind its Goodbye, with messages on their way to it, never looks like one that has ended", async () => {
  const { alice, silent } = await connectToSilent({ closeTimeoutMs: 20 });
  await silent.write(goodbye(0));
  await alice.send("lost");
  await within(alice.closeWrite(), "Goodbye");
  silent.close();
  const { clean, error } = await within(alice.closed, "closed");
  assertEquals([clean, error?.code], [false, "TRUNCATED"]);
  assert(error?.message.includes("has not read all"), error?.message);
  await alice.close();
});

/** Reads all that comes, and answers each Ping; returns the kinds of the control packets. */
async function answerPings(silent: Transport): Promise<number[]> {
  const kinds: number[] = [];
  let bytes = new Uint8Array(0);
  const buffer = new Uint8Array(1_000);
  for (let size; (size = await silent.read(buffer)) !== null;) {
    bytes = concat([bytes, buffer.subarray(0, size)]);
    while (bytes.length >= 13) {
      const end = 12 + new DataView(bytes.buffer).getUint32(8);
      const [kind] = bytes.subarray(12);
      kinds.push(kind!);
      const data = bytes.slice(13, end);
      bytes = bytes.slice(end);
      if (kind !== 1) continue;
      await silent.write(bytesOfControl({ type: "pong", data }));
    }
  }
  return kinds;
}

Deno.test("a Ping goes out in front of a Goodbye, and the stream ends when it is answered", async () => {
  const { alice, silent } = await connectToSilent();
  await silent.write(goodbye(0));
  await alice.closeWrite();
  assert(!await isSettled(alice.closed));
  const kinds = await within(answerPings(silent), "the end");
  assertEquals(kinds, [1, 7]);
  await silent.closeWrite();
  assertEquals(await within(alice.closed, "closed"), { clean: true });
});

Deno.test("who closes at the other side's Goodbye answers its Ping and says Goodbye in one write", async () => {
  const { alice, silent } = await connectToSilent();
  const buffer = new Uint8Array(1_000);
  const answer = silent.read(buffer);
  const ping = bytesOfControl({ type: "ping", data: new Uint8Array(8) });
  await silent.write(concat([ping, goodbye(0)]));
  assertEquals(await within(alice.receive(), "the end"), null);
  alice.close();
  const size = await within(answer, "the answer");
  assertEquals(size, 2 * ping.length + goodbye(0).length);
  assertEquals([buffer[12], buffer[33], buffer[54]], [2, 1, 7]);
  const data = buffer.slice(34, 42);
  await silent.write(bytesOfControl({ type: "pong", data }));
  await silent.closeWrite();
  assertEquals(await within(alice.closed, "closed"), { clean: true });
});

Deno.test("a Confirm of a message that never begins is answered with the Goodbye, and keeps no stream open", async () => {
  const { alice, silent } = await connectToSilent();
  await silent.write(
    concat([
      packet(0, 0, "taken"),
      bytesOfControl({ type: "confirm", messageId: 1 }),
      packet(1, 0, "read late"),
      bytesOfControl({ type: "confirm", messageId: 2 }),
      goodbye(2),
    ]),
  );
  await receive(alice);
  await alice.closeWrite();
  const ending = answerPings(silent);
  const late = await receive(alice);
  assert(!await isSettled(ending), "one that was not taken is not answered");
  assertEquals(await late.text(), "read late");
  assertEquals((await within(ending, "the end")).sort(), [1, 6, 6, 7]);
  await silent.closeWrite();
  assertEquals(await within(alice.closed, "closed"), { clean: true });
});

Deno.test("a link that takes no more behind the other side's end in order loses nothing", async () => {
  const [below, silent] = memoryPair({ partial: false, cutLooksClean: true });
  const transport: Transport = {
    address: below.address,
    tellsCut: below.tellsCut,
    read: (into) => below.read(into),
    write: (bytes) => below.write(bytes),
    closeWrite: () =>
      Promise.reject(new LektError("TRUNCATED", "Cannot end: it broke")),
    close: () => below.close(),
  };
  const { connection } = establish(transport, {
    role: "initiator",
    nickname: "alice",
    method: "tcp://127.0.0.1:1",
    accept: () => true,
    limits: resolveLimits({ pingIntervalMs: 500 }),
  });
  await silent.write(welcome("bob", [1, 1, 0]));
  const alice = await within(connection, "the connection");
  await silent.read(new Uint8Array(1_000));
  await silent.read(new Uint8Array(1_000));
  await silent.write(goodbye(0));
  await alice.closeWrite();
  const answering = answerPings(silent);
  await turns();
  await silent.closeWrite();
  assertEquals(await within(alice.closed, "closed"), { clean: true });
  await within(answering, "the end");
});

Deno.test("an end of stream without Goodbye fails what is waited for", async () => {
  const { alice, silent } = await connectToSilent({ closeTimeoutMs: 20 });
  await silent.write(packet(0, 0, "whole"));
  await silent.closeWrite();
  assertEquals(await (await receive(alice)).text(), "whole");
  const error = await failureOf(() => alice.receive());
  assertEquals(error.code, "TRUNCATED");
  assert(error.message.includes("did not say Goodbye"), error.message);
  await alice.close();
});

Deno.test("a Goodbye with another count, or a message behind one, breaks a rule", async () => {
  for (
    const bytes of [
      concat([packet(0, 0, "one"), goodbye(2)]),
      concat([goodbye(0), packet(0, 0, "one")]),
      concat([goodbye(0), goodbye(0)]),
    ]
  ) {
    for (const size of [bytes.length, 1]) {
      const { alice, silent } = await connectToSilent({ closeTimeoutMs: 20 });
      for (let at = 0; at < bytes.length; at += size) {
        // It may have been found out before.
        await silent.write(bytes.subarray(at, at + size)).catch(() => {});
      }
      const { clean, error } = await within(alice.closed, "closed");
      assertEquals([clean, error?.code], [false, "PROTOCOL"]);
      await alice.close();
    }
  }
});

Deno.test("a side that drops what comes behind its end is not clean, and neither is the other", async () => {
  const { alice, bob } = await connectPair(SOCKET);
  const closing = alice.close();
  assertEquals(await within(bob.receive(), "the end"), null);
  await bob.send("too late");
  await bob.close();
  await within(closing, "close()");
  assertEquals((await alice.closed).clean, false);
  assertEquals((await bob.closed).clean, false);
});

Deno.test("messages that cross both ends, and both say so", async () => {
  for (let round = 0; round < 20; round++) {
    const { alice, bob } = await connectPair(SOCKET);
    for (const each of [alice, bob]) {
      for (let count = 0; count < 5; count++) await each.send("crossing");
    }
    await within(Promise.all([alice.close(), bob.close()]), "both");
    for (const { closed } of [alice, bob]) {
      assertEquals((await closed).clean, false);
    }
  }
});
