// Serving: many clients side by side, bad ones among them, and an orderly end.
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  type Connection,
  type ConnectionHandler,
  LektError,
  listen,
  type Listener,
  type ListenOptions,
} from "../../mod.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { failureOf } from "../helpers/messages.ts";
import {
  AGREED,
  header,
  hello,
  packet,
  RawPeer,
  welcome,
} from "../helpers/raw_peer.ts";

const BOB: ListenOptions = {
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: () => true,
};

async function echo(connection: Connection): Promise<void> {
  for await (const message of connection) {
    await connection.send(await message.text());
  }
}

async function connectTo(
  listener: Listener,
  nickname = "alice",
): Promise<Connection> {
  return await within(connect(listener.methods, { nickname }), "to connect");
}

async function ask(connection: Connection, text: string): Promise<void> {
  await connection.send(text);
  const reply = await within(connection.receive(), "a reply");
  assertEquals(await reply?.text(), text);
}

/** Lines that are printed while `run` runs. */
async function printed(run: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string): void => void lines.push(line);
  try {
    await run();
  } finally {
    console.error = error;
  }
  return lines;
}

/** A client that opens a connection and is gone in the middle of a message. */
async function dieAmidMessage(listener: Listener): Promise<void> {
  using raw = await RawPeer.dial(listener.methods[0]!);
  await raw.write(hello("victim"));
  await raw.expect(welcome("bob"));
  await raw.write(AGREED, header(1, 0, 100));
}

Deno.test("serve() talks to many clients side by side", async () => {
  await using listener = await listen(BOB);
  const serving = listener.serve(echo);
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => connectTo(listener)),
  );
  for (const client of clients.toReversed()) await ask(client, "hello");
  assertEquals(listener.connections.length, 20);
  await within(Promise.all(clients.map((each) => each.close())), "close()");
  await until(() => listener.connections.length === 0, "all are gone");
  await listener.close();
  await within(serving, "serve()");
});

Deno.test("serve() goes on when clients are killed, and tells onError which", async () => {
  const failed: [string, string][] = [];
  await using listener = await listen(BOB);
  const serving = listener.serve(echo, {
    onError: (error, { remote }) => {
      assert(error instanceof LektError);
      failed.push([remote.nickname, error.code]);
    },
  });
  const alice = await connectTo(listener);
  for (let i = 0; i < 3; i++) await dieAmidMessage(listener);
  await until(() => failed.length === 3, "onError");
  assertEquals(failed, Array(3).fill(["victim", "TRUNCATED"]));
  await ask(alice, "still here");
  await alice.close();
  await listener.close();
  await within(serving, "serve()");
});

for (
  const [name, handler] of [
    ["throws", (): void => {
      throw new Error("the handler\u001b[2J is broken");
    }],
    [
      "rejects",
      (): Promise<void> =>
        Promise.reject(new Error("the handler\u001b[2J is broken")),
    ],
  ] satisfies [string, ConnectionHandler][]
) {
  Deno.test(`serve() prints one harmless line when a handler ${name}, and ends its connection`, async () => {
    await using listener = await listen(BOB);
    const lines = await printed(async () => {
      const serving = listener.serve(handler);
      const alice = await connectTo(listener);
      assertEquals(await within(alice.receive(), "the end"), null);
      await alice.close();
      await listener.close();
      await within(serving, "serve()");
    });
    assertEquals(lines.length, 1);
    assert(lines[0]!.startsWith("alice (127.0.0.1:"), lines[0]);
    assert(lines[0]!.endsWith("the handler\\u{1b}[2J is broken"), lines[0]);
  });
}

Deno.test("serve() prints one line for many clients of one address that break a rule", async () => {
  await using listener = await listen(BOB);
  const lines = await printed(async () => {
    const serving = listener.serve(async (connection) => {
      await connection.receive();
    });
    for (let i = 0; i < 5; i++) {
      using raw = await RawPeer.dial(listener.methods[0]!);
      await raw.write(hello("alice"));
      await raw.expect(welcome());
      await raw.write(AGREED, packet(7, 5, "not the first part"));
      await raw.readToEnd();
    }
    await listener.close();
    await within(serving, "serve()");
  });
  assertEquals(lines.length, 1);
  assert(lines[0]!.includes("PROTOCOL: Cannot reassemble message 7"), lines[0]);
});

Deno.test("serve() prints each error of a handler, whoever caused it", async () => {
  await using listener = await listen(BOB);
  const lines = await printed(async () => {
    const serving = listener.serve(() => {
      throw new LektError("INVALID_ARGUMENT", "the handler is broken");
    });
    for (let count = 0; count < 3; count++) {
      const alice = await connectTo(listener);
      assertEquals(await within(alice.receive(), "the end"), null);
      await alice.close();
    }
    await listener.close();
    await within(serving, "serve()");
  });
  assertEquals(lines.length, 3);
});

/** Somebody whom the listener lets in, and who breaks a rule then. */
async function breakRule(listener: Listener): Promise<void> {
  using raw = await RawPeer.dial(listener.methods[0]!);
  await raw.write(hello("alice"));
  await raw.expect(welcome());
  await raw.write(AGREED, packet(7, 5, "not the first part"));
  await raw.readToEnd();
}

Deno.test("serve() says how many lines it has left out, a minute later", async () => {
  await using listener = await listen(BOB);
  const { now } = performance;
  const lines = await printed(async () => {
    const serving = listener.serve(async (connection) => {
      await connection.receive();
    });
    try {
      for (let count = 0; count < 3; count++) await breakRule(listener);
      await until(() => listener.stats().open === 0, "all have gone");
      performance.now = (): number => now.call(performance) + 61_000;
      for (let count = 0; count < 2; count++) await breakRule(listener);
    } finally {
      performance.now = now;
    }
    await listener.close();
    await within(serving, "serve()");
  });
  assertEquals(
    lines.map((line) => / \((\d+) more were left out\)$/.exec(line)?.[1]),
    [undefined, "2"],
  );
});

Deno.test("serve() prints both errors when onError fails itself, and goes on", async () => {
  await using listener = await listen(BOB);
  const lines = await printed(async () => {
    const serving = listener.serve(() => {
      throw new Error("first");
    }, { onError: () => Promise.reject(new Error("second")) });
    for (let i = 0; i < 2; i++) {
      const alice = await connectTo(listener);
      assertEquals(await within(alice.receive(), "the end"), null);
      await alice.close();
    }
    await listener.close();
    await within(serving, "serve()");
  });
  assertEquals(
    lines.map((line) => line.split(": ").at(-1)),
    ["first", "second", "first", "second"],
  );
});

Deno.test("serve() sends all that a handler has sent before it ends the connection", async () => {
  const size = 8 * 2 ** 20;
  await using listener = await listen({
    ...BOB,
    limits: { closeTimeoutMs: 1 },
  });
  const serving = listener.serve(async (connection) => {
    await connection.send(new Uint8Array(size));
    await connection.send("the end");
  });
  const alice = await connectTo(listener);
  await turns(300); // a client that is slow to read
  const sizes: number[] = [];
  for await (const message of alice) {
    sizes.push((await message.bytes()).length);
  }
  assertEquals(sizes, [size, 7]);
  await alice.close();
  await listener.close();
  await within(serving, "serve()");
});

Deno.test("serve() resolves only when all handlers have returned", async () => {
  const gate = Promise.withResolvers<void>();
  await using listener = await listen(BOB);
  const serving = listener.serve(() => gate.promise);
  const alice = await connectTo(listener);
  await until(() => listener.connections.length === 1, "it is there");
  await listener.close();
  assert(!await isSettled(serving));
  gate.resolve();
  await within(serving, "serve()");
  await alice.close();
});

Deno.test("shutdown() lets handlers answer what has arrived, and ends idle connections", async () => {
  const answering = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  await using listener = await listen(BOB);
  const serving = listener.serve(async (connection) => {
    for await (const message of connection) {
      answering.resolve();
      await gate.promise;
      await connection.send(`late: ${await message.text()}`);
    }
  });
  const idle = await connectTo(listener, "idle");
  const busy = await connectTo(listener, "busy");
  await busy.send("question");
  await within(answering.promise, "the handler");
  const shutdown = listener.shutdown();
  assertEquals(await within(idle.receive(), "the end of the idle one"), null);
  await idle.close();
  assertEquals((await idle.closed).clean, true);
  assert(!await isSettled(shutdown));
  const refused = await failureOf(() => connectTo(listener));
  assertEquals(refused.code, "UNREACHABLE");
  gate.resolve();
  const reply = await within(busy.receive(), "the reply");
  assertEquals(await reply?.text(), "late: question");
  assertEquals(await within(busy.receive(), "the end"), null);
  await busy.close();
  assertEquals((await busy.closed).clean, true);
  await within(shutdown, "shutdown()");
  await within(serving, "serve()");
  assertEquals(listener.connections, []);
});

Deno.test("shutdown() waits for ever where it is told so, and refuses what is no time", async () => {
  await using listener = await listen(BOB);
  const gate = Promise.withResolvers<void>();
  const serving = listener.serve(async (connection) => {
    await gate.promise;
    await connection.send("in the end");
  });
  const alice = await connectTo(listener);
  await until(() => listener.connections.length === 1, "it is there");
  for (const timeoutMs of [NaN, -1, "5"]) {
    await assertRejects(
      () => listener.shutdown({ timeoutMs: timeoutMs as number }),
      LektError,
      "expected a number",
    );
  }
  const ending = listener.shutdown({ timeoutMs: Infinity });
  gate.resolve();
  assertEquals(await (await alice.receive())?.text(), "in the end");
  await alice.close();
  await within(Promise.all([ending, serving]), "the end");
});

Deno.test("shutdown() closes what has not ended when the time is up", async () => {
  const gate = Promise.withResolvers<void>();
  await using listener = await listen({
    ...BOB,
    limits: { closeTimeoutMs: 1 },
  });
  const errors: unknown[] = [];
  const serving = listener.serve(async (connection) => {
    await gate.promise;
    await connection.send("too late");
  }, { onError: (error) => void errors.push(error) });
  const alice = await connectTo(listener);
  await until(() => listener.connections.length === 1, "it is there");
  await within(listener.shutdown({ timeoutMs: 1 }), "shutdown()");
  assertEquals(listener.connections, []);
  gate.resolve();
  await within(serving, "serve()");
  assertEquals(errors.length, 1);
  assertEquals((errors[0] as LektError).code, "CLOSED");
  await alice.close();
});

Deno.test("shutdown() ends batches() and receive() as well", async () => {
  await using listener = await listen(BOB);
  const ends: unknown[] = [];
  const serving = listener.serve(async (connection) => {
    if (connection.remote.nickname === "batches") {
      for await (const _ of connection.batches());
      ends.push("batches");
    } else {
      ends.push(await connection.receive());
      ends.push(await connection.receive());
    }
  });
  const first = await connectTo(listener, "batches");
  const second = await connectTo(listener, "receive");
  await until(() => listener.connections.length === 2, "both are there");
  const shutdown = listener.shutdown();
  for (const client of [first, second]) {
    assertEquals(await within(client.receive(), "the end"), null);
    await client.close();
  }
  await within(shutdown, "shutdown()");
  await within(serving, "serve()");
  assertEquals(ends.sort(), ["batches", null, null]);
});

for (const hasFired of [false, true]) {
  Deno.test(`serve() ends in order by a signal that ${hasFired ? "has fired" : "fires"}`, async () => {
    const controller = new AbortController();
    if (hasFired) controller.abort();
    await using listener = await listen(BOB);
    const serving = listener.serve(echo, { signal: controller.signal });
    if (!hasFired) {
      const alice = await connectTo(listener);
      await ask(alice, "hello");
      controller.abort();
      assertEquals(await within(alice.receive(), "the end"), null);
      await alice.close();
    }
    await within(serving, "serve()");
    const error = await assertRejects(() => connectTo(listener), LektError);
    assertEquals(error.code, "UNREACHABLE");
  });
}

Deno.test("shutdown() gives up a client that takes nothing, soon after the time is up", async () => {
  const listener = await listen(BOB);
  let sentCount = 0;
  const serving = listener.serve(async (connection) => {
    for (;;) {
      await connection.send(new Uint8Array(250_000));
      sentCount++;
    }
  }, { onError: () => {} });
  using raw = await RawPeer.dial(listener.methods[0]!);
  await raw.write(hello());
  await raw.expect(welcome());
  await raw.write(AGREED);
  await until(() => sentCount > 4, "it is served");
  // Not the 30 s for which close() waits for a slow link.
  await within(listener.shutdown({ timeoutMs: 100 }), "shutdown()", 15_000);
  await within(serving, "the handlers");
});
