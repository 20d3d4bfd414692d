// How connections end: closeWrite(), close(), closed, and what is left behind.
import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  fail,
} from "@std/assert";
import { LektError } from "../../mod.ts";
import { connectPair, withPair } from "../helpers/connection_pair.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { failureOf, inPieces, pattern, receive } from "../helpers/messages.ts";
import { withRawPeer } from "../helpers/raw_pair.ts";

Deno.test("closed is clean when both sides end, whoever is first", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send("bye");
    await alice.closeWrite();
    assert(!await isSettled(alice.closed));
    assertEquals(await (await receive(bob)).text(), "bye");
    assertEquals(await bob.receive(), null);
    await bob.send("bye, too");
    await bob.closeWrite();
    assertEquals(await within(bob.closed, "closed"), { clean: true });
    assertEquals(await (await receive(alice)).text(), "bye, too");
    assertEquals(await alice.receive(), null);
    assertEquals(await within(alice.closed, "closed"), { clean: true });
  }));

Deno.test("closed is clean when both close() at once", () =>
  withPair(async ({ alice, bob }) => {
    await Promise.all([alice.close(), bob.close()]);
    assertEquals(await alice.closed, { clean: true });
    assertEquals(await bob.closed, { clean: true });
  }));

Deno.test("close() sends what was taken over before it ends", () =>
  withPair(async ({ alice, bob }) => {
    const count = 1_000;
    for (let i = 0; i < count; i++) await alice.send(`${i}`);
    const closing = alice.close();
    const texts: string[] = [];
    for await (const message of bob) texts.push(await message.text());
    assertEquals(texts.length, count);
    await bob.close();
    await closing;
    assertEquals(await alice.closed, { clean: true });
  }));

Deno.test("close() aborts the sends that are under way, and the other side hears why", () =>
  withPair(async ({ alice, bob }) => {
    const hanging = alice.send(
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(pattern(10)),
      }),
    );
    const unread = alice.send(inPieces(pattern(5_000_000), 100_000));
    const failures = [failureOf(() => hanging), failureOf(() => unread)];
    await until(() => bob.stats().bytesBuffered > 600_000, "it is under way");
    const closing = alice.close();
    for (const error of await Promise.all(failures)) {
      assertEquals(error.code, "CLOSED");
    }
    const drains: Promise<unknown>[] = [];
    for await (const { body } of bob) {
      drains.push(body.pipeTo(new WritableStream()).catch(({ code }) => code));
    }
    assertEquals(await Promise.all(drains), ["ABORTED", "ABORTED"]);
    await bob.close();
    await closing;
    assertEquals(await bob.closed, { clean: true });
  }, { bobLimits: { maxBufferedBytes: 1_000_000 } }));

Deno.test("close() ends the iterations of this side, those that wait and those to come", () =>
  withPair(async ({ alice, bob }) => {
    const waiting = [
      bob[Symbol.asyncIterator]().next(),
      bob.batches().next(),
    ];
    const closing = bob.close();
    const end = { value: undefined, done: true } as const;
    assertEquals(await within(Promise.all(waiting), "their ends"), [end, end]);
    for await (const message of bob) fail(`It gave message ${message.id}`);
    for await (const messages of bob.batches()) fail(`${messages.length}`);
    await alice.close();
    await closing;
  }));

Deno.test("close() rejects receive() and the bodies that are still arriving, with CLOSED", () =>
  withPair(async ({ alice, bob }) => {
    const sending = alice.send(pattern(3_000_000)).catch(() => {});
    const message = await receive(bob);
    const reader = message.body.getReader();
    await reader.read();
    const waiting = bob.receive();
    const closing = bob.close();
    assertEquals((await failureOf(() => waiting)).code, "CLOSED");
    assertEquals((await failureOf(() => bob.receive())).code, "CLOSED");
    const error = await within(
      assertRejects(async () => {
        while (!(await reader.read()).done);
      }, LektError),
      "the body",
    );
    assertEquals(error.code, "CLOSED");
    await alice.close();
    await closing;
    await sending;
  }, { bobLimits: { maxBufferedBytes: 1_000_000 } }));

for (const size of [100, 600_000]) {
  Deno.test(`a complete message of ${size} bytes stays readable behind close()`, () =>
    withPair(async ({ alice, bob }) => {
      await alice.send(pattern(size));
      const message = await receive(bob);
      await until(() => bob.stats().messagesReceived === 1, "it is complete");
      await Promise.all([alice.close(), bob.close()]);
      assertEquals(Uint8Array.from(await message.bytes()), pattern(size));
    }));
}

Deno.test("messages that were complete stay readable behind the end of the connection", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send("one");
    await alice.send(pattern(600_000));
    await alice.closeWrite();
    await bob.closeWrite();
    assertEquals(await within(bob.closed, "closed"), { clean: true });
    assertEquals(await (await receive(bob)).text(), "one");
    assertEquals((await (await receive(bob)).bytes()).length, 600_000);
    assertEquals(await bob.receive(), null);
  }));

Deno.test("close() waits for the other side's end no longer than closeTimeoutMs", () =>
  withPair(async ({ alice, bob }) => {
    const startMs = performance.now();
    await within(alice.close(), "close()");
    assertGreater(performance.now() - startMs, 90);
    const { clean, error } = await alice.closed;
    assertEquals([clean, error], [false, undefined]);
    assertEquals(await bob.receive(), null);
  }, { limits: { closeTimeoutMs: 100 } }));

Deno.test("close() that runs out of time fails every send", async () => {
  const { alice, bob, bobTransport } = await connectPair({
    limits: { closeTimeoutMs: 50, maxBufferedBytes: 1_000 },
    stream: { bufferSize: 1_000 },
    versions: [0, 0],
  });
  const sends = [
    alice.send(pattern(3_000_000)),
    alice.send(inPieces(pattern(200_000), 200_000)),
    alice.send(pattern(250_000)),
    alice.send(pattern(250_000)),
  ];
  for (const sending of sends) sending.catch(() => {});
  await turns();
  const ending = alice.closeWrite();
  ending.catch(() => {});
  await within(alice.close(), "close()");
  const settled = await within(Promise.allSettled(sends), "all sends");
  assert(settled.some(({ status }) => status === "rejected"));
  assertEquals((await failureOf(() => ending)).code, "CLOSED");
  bobTransport.reset();
  await bob.close();
});

Deno.test("close() may be called again and again, and behind the end", () =>
  withPair(async ({ alice, bob }) => {
    await Promise.all([alice.close(), alice.close(), bob.close()]);
    await alice.close();
    await alice[Symbol.asyncDispose]();
    assertEquals(await alice.closed, { clean: true });
  }));

Deno.test("closeWrite() may be called again, and resolves when the stream has ended", () =>
  withPair(async ({ alice, bob }) => {
    await Promise.all([alice.closeWrite(), alice.closeWrite()]);
    await alice.closeWrite();
    assertEquals(await bob.receive(), null);
  }));

Deno.test("closeWrite() waits for the sends that are under way", () =>
  withPair(async ({ alice, bob }) => {
    const source = new TransformStream<Uint8Array, Uint8Array>();
    const writer = source.writable.getWriter();
    const sending = alice.send(source.readable);
    await writer.write(pattern(10));
    const ending = alice.closeWrite();
    assert(!await isSettled(ending));
    await writer.write(pattern(10));
    await writer.close();
    await within(Promise.all([sending, ending]), "the end");
    assertEquals((await (await receive(bob)).bytes()).length, 20);
    assertEquals(await bob.receive(), null);
  }));

Deno.test("a stream that breaks fails everything with TRUNCATED", async () => {
  const { alice, bob, aliceTransport } = await connectPair({
    limits: { maxBufferedBytes: 200_000 },
  });
  const sending = alice.send(pattern(5_000_000));
  sending.catch(() => {});
  const message = await receive(bob);
  aliceTransport.reset();
  assertEquals((await failureOf(() => sending)).code, "TRUNCATED");
  const reading = message.body.pipeTo(new WritableStream());
  assertEquals((await failureOf(() => reading)).code, "TRUNCATED");
  assertEquals((await failureOf(() => alice.receive())).code, "TRUNCATED");
  assertEquals((await failureOf(() => bob.receive())).code, "TRUNCATED");
  assertEquals((await failureOf(() => alice.send("x"))).code, "TRUNCATED");
  for (const { closed } of [alice, bob]) {
    const { clean, error } = await within(closed, "closed");
    assertEquals([clean, error?.code], [false, "TRUNCATED"]);
  }
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("a write that fails does not silence what was received", async () => {
  const { alice, bob, aliceTransport } = await connectPair();
  await bob.send("one");
  await bob.send("two");
  await bob.closeWrite();
  await until(() => alice.stats().messagesReceived === 2, "both are there");
  aliceTransport.reset();
  await alice.send("lost").catch(() => {});
  const { clean, error } = await within(alice.closed, "closed");
  assertEquals([clean, error?.code], [false, "TRUNCATED"]);
  assertEquals(await (await receive(alice)).text(), "one");
  assertEquals(await (await receive(alice)).text(), "two");
  assertEquals(await alice.receive(), null);
  await bob.close();
});

Deno.test("`await using` closes", () =>
  withPair(async ({ alice, bob }) => {
    const closing = (async () => {
      await using connection = alice;
      await connection.send("in scope");
    })();
    assertEquals(await (await receive(bob)).text(), "in scope");
    assertEquals(await bob.receive(), null);
    await bob.close();
    await within(closing, "the scope");
    assertEquals(await alice.closed, { clean: true });
  }));

Deno.test("the other side may end first and still be sent to", () =>
  withRawPeer(async (raw, connection) => {
    await raw.end();
    assertEquals(await connection.receive(), null);
    await connection.send("you still listen");
    await connection.closeWrite();
    assertEquals((await raw.readPacket()).payload.length, 16);
    await raw.expectSilentEnd();
    assertEquals(await connection.closed, { clean: true });
  }));

async function tellOfForgotten(
  program: string,
  ...args: string[]
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--v8-flags=--expose-gc",
      "--allow-env",
      "--allow-net=127.0.0.1",
      new URL(`../helpers/${program}.ts`, import.meta.url).pathname,
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("a connection that nobody can reach frees its socket when the other side has ended", async () => {
  assertEquals(await tellOfForgotten("forgotten"), "clean: true\n");
});

Deno.test("a connection that is forgotten with messages unread breaks off", async () => {
  assertEquals(await tellOfForgotten("forgotten", "unread"), "clean: false\n");
});

Deno.test("connections that are over are forgotten with whoever holds them, although their errors lead back there", async () => {
  assertEquals(await tellOfForgotten("forgotten_over"), "held: 0\n");
});

Deno.test("connections that have ended share nothing with later ones, whatever is called on them", async () => {
  const ended = await connectPair();
  await ended.alice.send("used");
  await ended.bob.send("used");
  await Promise.all([ended.alice.close(), ended.bob.close()]);
  for (let i = 0; i < 5; i++) {
    for (const each of [ended.alice, ended.bob]) {
      await each.closeWrite().catch(() => {});
      await each.close();
      await turns(2);
    }
  }
  const pairs = [];
  for (let i = 0; i < 6; i++) pairs.push(await connectPair());
  for (const [i, { alice }] of pairs.entries()) {
    alice.send(`from alice ${i}`);
  }
  for (const [i, { bob }] of pairs.entries()) {
    assertEquals(await (await receive(bob)).text(), `from alice ${i}`);
  }
  for (const { alice, bob } of pairs) {
    await Promise.all([alice.close(), bob.close()]);
    assertEquals(await alice.closed, { clean: true });
  }
});

Deno.test("a connection whose byte stream fails says so, in the words of that where it is an error of lekt's", async () => {
  const limit = new LektError("LIMIT", "it brings too much at once");
  for (const cause of [limit, new Error("the cable is cut")]) {
    const { alice, bob, bobTransport } = await connectPair();
    const read = bobTransport.read.bind(bobTransport);
    // The read that is under way still ends.
    bobTransport.read = () => Promise.reject(cause);
    await alice.send("first");
    const { error } = await within(bob.closed, "closed");
    if (cause === limit) assertEquals(error, limit);
    else {
      assertEquals([error?.code, error?.cause], ["TRUNCATED", cause]);
      assertEquals(error?.message.includes("the cable is cut"), true);
    }
    bobTransport.read = read;
    await alice.abort("it is over");
  }
});
