// close() to its end: slow links, what is dropped, and what cannot go on.
import { assert, assertEquals, assertGreater } from "@std/assert";
import { Core } from "../../src/framing/core.ts";
import { establish } from "../../src/connect/establish.ts";
import { type Limits, resolveLimits } from "../../src/base/limits.ts";
import { type Connection, LektError } from "../../mod.ts";
import type { Transport } from "../../src/transport/transport.ts";
import {
  connectPair,
  NEW_VERSIONS,
  withPair,
} from "../helpers/connection_pair.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { memoryPair } from "../helpers/memory_transport.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";

/** What a socket of the system is: closed and ended look the same. */
const SOCKET = { stream: { cutLooksClean: true } };

/** A byte stream that does some of it in another way. */
function changed(below: Transport, changes: Partial<Transport>): Transport {
  return {
    address: below.address,
    tellsCut: below.tellsCut,
    read: (into) => below.read(into),
    write: (bytes) => below.write(bytes),
    closeWrite: () => below.closeWrite(),
    close: () => below.close(),
    ...changes,
  };
}

/** A byte stream that takes `size` bytes every `stepMs` milliseconds. */
function slow(below: Transport, size: number, stepMs: number): Transport {
  return changed(below, {
    async write(bytes) {
      await new Promise((resolve) => setTimeout(resolve, stepMs));
      return await below.write(bytes.subarray(0, size));
    },
  });
}

/** A connection over both ends of a byte stream, and what alice allows. */
async function connectOver(
  aliceTransport: Transport,
  bobTransport: Transport,
  limits: Partial<Limits> = {},
): Promise<[Connection, Connection]> {
  const common = { method: "tcp://127.0.0.1:1", accept: () => true };
  return await Promise.all([
    establish(aliceTransport, {
      ...common,
      role: "initiator",
      nickname: "alice",
      limits: resolveLimits(limits),
    }).connection,
    establish(bobTransport, {
      ...common,
      role: "responder",
      nickname: "bob",
      limits: resolveLimits(),
    }).connection,
  ]);
}

async function heardBy(connection: Connection): Promise<string[]> {
  const heard: string[] = [];
  try {
    for await (const message of connection) heard.push(await message.text());
    heard.push("end");
  } catch (error) {
    assert(error instanceof LektError);
    heard.push(error.code);
  }
  return heard;
}

Deno.test("close() goes on as long as the other side takes bytes", async () => {
  const [below, bobTransport] = memoryPair({ partial: false });
  const [alice, bob] = await connectOver(
    slow(below, 10_000, 30),
    bobTransport,
    { closeTimeoutMs: 10 },
  );
  const sizes: number[] = [];
  const receiving = (async () => {
    for await (const message of bob) sizes.push((await message.bytes()).length);
    await bob.close();
  })();
  for (let i = 0; i < 60; i++) await alice.send(pattern(5_000));
  assertGreater(60, sizes.length);
  await within(alice.close(), "close()", 20_000);
  await within(receiving, "all");
  assertEquals(sizes, Array(60).fill(5_000));
  assertEquals(await alice.closed, { clean: true });
  assertEquals(await bob.closed, { clean: true });
});

Deno.test("close() resolves when the byte stream is free", async () => {
  const [below, bobTransport] = memoryPair();
  const freed = Promise.withResolvers<void>();
  const closing = changed(below, {
    close() {
      below.close();
      return freed.promise;
    },
  });
  const [alice, bob] = await connectOver(closing, bobTransport);
  await within(Promise.all([alice.closeWrite(), bob.close()]), "bob's end");
  const closed = alice.close();
  assert(!await isSettled(closed));
  assert(below.isClosed);
  freed.resolve();
  await within(closed, "close()");
  assertEquals(await alice.closed, { clean: true });
});

Deno.test("close() with messages unread delivers what was sent, and then breaks off", async () => {
  const { alice, bob } = await connectPair(SOCKET);
  await bob.send("unread");
  await until(() => alice.stats().messagesReceived === 1, "it is there");
  for (let i = 0; i < 3; i++) await alice.send(`${i}`);
  const ending = failureOf(() => alice.closeWrite());
  const closing = alice.close();
  assertEquals(await heardBy(bob), ["0", "1", "2", "TRUNCATED"]);
  await bob.close();
  await within(closing, "close()");
  assertEquals((await ending).code, "CLOSED");
  assertEquals(await alice.closed, { clean: false });
  const { clean, error } = await bob.closed;
  assertEquals([clean, error?.code], [false, "TRUNCATED"]);
});

Deno.test("close() is not clean where a message arrives behind this side's end", async () => {
  const { alice, bob } = await connectPair(SOCKET);
  const closing = alice.close();
  assertEquals(await bob.receive(), null);
  await bob.send("too late");
  await bob.close();
  await within(closing, "close()");
  assertEquals(await alice.closed, { clean: false });
});

Deno.test("what the application has taken, or cancelled, was not dropped", async () => {
  const { alice, bob } = await connectPair({ ...SOCKET, versions: [0, 0] });
  await alice.send("taken");
  const source = new TransformStream<Uint8Array, Uint8Array>();
  const writer = source.writable.getWriter();
  const sending = alice.send(source.readable);
  await writer.write(pattern(100_000));
  await receive(bob);
  const cancelled = await receive(bob);
  await cancelled.body.cancel();
  const closing = bob.close();
  await writer.write(pattern(100_000));
  await writer.close();
  await sending;
  await alice.close();
  await within(closing, "close()");
  assertEquals(await bob.closed, { clean: true });
  assertEquals(await alice.closed, { clean: true });
});

Deno.test("abort() ends both sides at once, and neither takes it for an end in order", async () => {
  const { alice, bob } = await connectPair(SOCKET);
  await alice.send("whole");
  assertEquals(await (await receive(bob)).text(), "whole");
  const waiting = failureOf(() => alice.receive());
  const cause = new Error("enough");
  await within(alice.abort(cause), "abort()");
  assertEquals((await waiting).code, "CLOSED");
  assertEquals((await failureOf(() => alice.send("x"))).code, "CLOSED");
  const { clean, error } = await alice.closed;
  assertEquals([clean, error?.code, error?.cause], [false, "CLOSED", cause]);
  assertEquals(await heardBy(bob), ["TRUNCATED"]);
  assertEquals((await bob.closed).clean, false);
  await alice.abort();
  await bob.abort();
});

Deno.test("a side that breaks off inside a packet completes none", async () => {
  const { alice, bob } = await connectPair({
    stream: { cutLooksClean: true, bufferSize: 1_000 },
    limits: { maxBufferedBytes: 10_000 },
  });
  const sending = failureOf(() => alice.send(pattern(6_000_000)));
  await until(() => bob.stats().messagesReceiving === 1, "it has begun");
  await within(alice.abort(), "abort()");
  assertEquals((await sending).code, "CLOSED");
  const message = await receive(bob);
  const reading = message.body.pipeTo(new WritableStream());
  assertEquals((await failureOf(() => reading)).code, "TRUNCATED");
  await bob.close();
  assertEquals((await bob.closed).clean, false);
});

Deno.test("a side that breaks off behind whole packets which nobody reads does not wait for ever", async () => {
  const { alice, bob, bobTransport } = await connectPair({
    stream: { cutLooksClean: true, bufferSize: 112 },
    limits: { closeTimeoutMs: 20, maxBufferedBytes: 1 },
    versions: [0, 0],
  });
  await alice.send(pattern(100));
  await alice.send(pattern(100));
  await until(() => bobTransport.unreadSize === 112, "the stream is full");
  await within(alice.abort(), "abort()");
  assertEquals((await alice.closed).clean, false);
  await bob.abort();
});

Deno.test("a core that fails while it sends ends the connection, and the other side hears", async () => {
  const { alice, bob } = await connectPair(SOCKET);
  const { writeHeader } = Core.prototype;
  Core.prototype.writeHeader = () => {
    throw new Error("The framing core failed");
  };
  try {
    const error = await failureOf(() => alice.send(pattern(10_000)));
    assert(error.message.includes("The framing core failed"), error.message);
  } finally {
    Core.prototype.writeHeader = writeHeader;
  }
  assertEquals(await heardBy(bob), ["TRUNCATED"]);
  await bob.close();
  for (const each of [alice, bob]) {
    assertEquals((await each.closed).clean, false);
  }
});

Deno.test("the end of the other side is told apart from that of the connection", async () => {
  const { alice, bob } = await connectPair(SOCKET);
  await bob.send("unread");
  await bob.closeWrite();
  assertEquals(await within(alice.ended, "the end"), { clean: true });
  assert(!await isSettled(alice.closed));
  assertEquals(await (await receive(alice)).text(), "unread");
  await alice.close();
  assertEquals(await within(bob.ended, "the end"), { clean: true });
  assertEquals(await bob.closed, { clean: true });
});

Deno.test("`ended` resolves where the other side never ends", async () => {
  const { alice, bob } = await connectPair({ limits: { closeTimeoutMs: 20 } });
  await alice.close();
  assertEquals(await within(alice.ended, "the end"), { clean: false });
  await bob.close();
});

/** A time that nothing else waits for, in milliseconds. */
const CLOSE_MS = 24_321;

Deno.test("a connection that is given up while its last bytes are written leaves no timer behind", () =>
  withPair(
    async ({ alice, bob, aliceTransport }) => {
      await alice.send(pattern(20_000));
      assertEquals((await (await receive(bob)).bytes()).length, 20_000);
      const { write } = aliceTransport;
      const written = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      aliceTransport.write = async (bytes): Promise<number> => {
        begun.resolve();
        await written.promise;
        return write.call(aliceTransport, bytes);
      };
      const { setTimeout, clearTimeout } = globalThis;
      const left = new Set<Parameters<typeof clearTimeout>[0]>();
      globalThis.setTimeout = ((run: () => void, delayMs: number) => {
        const timer = setTimeout(run, delayMs);
        if (delayMs === CLOSE_MS) left.add(timer);
        return timer;
      }) as typeof setTimeout;
      globalThis.clearTimeout = (timer): void => {
        left.delete(timer);
        clearTimeout(timer);
      };
      try {
        const closing = alice.close();
        await within(begun.promise, "the write");
        const aborting = alice.abort();
        written.resolve();
        await within(Promise.all([closing, aborting, bob.closed]), "the end");
        await turns();
      } finally {
        globalThis.setTimeout = setTimeout;
        globalThis.clearTimeout = clearTimeout;
        for (const timer of left) clearTimeout(timer);
      }
      assertEquals(left.size, 0);
    },
    { ...SOCKET, limits: { closeTimeoutMs: CLOSE_MS } },
    NEW_VERSIONS,
  ));
