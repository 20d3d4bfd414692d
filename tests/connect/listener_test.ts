// Listening: many newcomers, bad ones among them, and the end.
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  type Connection,
  LektError,
  listen,
  type Listener,
  type ListenOptions,
  type Remote,
} from "../../mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { RawWebSocket } from "../helpers/raw_websocket.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { failureOf, receive } from "../helpers/messages.ts";
import { AGREED, hello, latin, RawPeer, welcome } from "../helpers/raw_peer.ts";

const BOB: ListenOptions = {
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: () => true,
};

async function take(listener: Listener): Promise<Connection> {
  const next = listener[Symbol.asyncIterator]().next();
  const { value, done } = await within(next, "a connection");
  assert(!done, "the listener ended");
  return value;
}

async function connectTo(
  listener: Listener,
  nickname = "alice",
): Promise<Connection> {
  return await within(connect(listener.methods, { nickname }), "to connect");
}

async function closeAll(...connections: Connection[]): Promise<void> {
  await within(Promise.all(connections.map((each) => each.close())), "close()");
}

for (
  const [name, options, text] of [
    ["no accept", { accept: undefined }, "`accept` must be given"],
    ["no method", { methods: [] }, "there is no connection method"],
    ["what is no method", { methods: ["nonsense"] }, "nonsense"],
    ["an empty nickname", { nickname: "" }, "nickname"],
    ["a nickname with a line break", { nickname: "a\nb" }, "nickname"],
    ["an unknown limit", { limits: { maxFoo: 1 } }, "maxFoo"],
    [
      "a limit of zero",
      { limits: { maxBufferedBytes: 0 } },
      "maxBufferedBytes",
    ],
    ["a broken limit", { limits: { stallTimeoutMs: 1.5 } }, "stallTimeoutMs"],
    [
      "parts that are too large",
      { limits: { maxPartBytes: 262_145 } },
      "maxPart",
    ],
  ] as const
) {
  Deno.test(`listen() rejects ${name}`, async () => {
    const error = await assertRejects(
      () => listen({ ...BOB, ...options } as unknown as ListenOptions),
      LektError,
      text,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  });
}

Deno.test("listen() frees the methods that it opened before one that is taken", async () => {
  await using first = await listen(BOB);
  const taken = first.methods[0]!;
  const error = await failureOf(() =>
    listen({ ...BOB, methods: ["tcp://127.0.0.1:0", taken] })
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
});

Deno.test("listen() rejects with the reason of a signal that has fired, and closes by one that fires", async () => {
  const reason = new Error("no more");
  const signal = AbortSignal.abort(reason);
  assertEquals(await assertRejects(() => listen({ ...BOB, signal })), reason);
  const controller = new AbortController();
  const listener = await listen({ ...BOB, signal: controller.signal });
  const loop = listener[Symbol.asyncIterator]().next();
  controller.abort();
  assertEquals((await within(loop, "the loop")).done, true);
  await listener.close();
});

Deno.test("a listener serves several methods at once", async () => {
  const methods = ["tcp://127.0.0.1:0", "tcp://127.0.0.1:0"];
  await using listener = await listen({ ...BOB, methods });
  assertEquals(new Set(listener.methods).size, 2);
  for (const method of listener.methods) {
    const alice = await within(connect(method, { nickname: "a" }), "connect");
    const bob = await take(listener);
    assertEquals(bob.remote.method, method);
    assertEquals(alice.remote.method, method);
    await closeAll(alice, bob);
  }
});

Deno.test("a listener gives the same remote to accept, onFailure and the connection", async () => {
  const seen: Remote[] = [];
  const failed: Remote[] = [];
  await using listener = await listen({
    ...BOB,
    accept: (remote) => {
      seen.push(remote);
      return remote.nickname !== "mallory";
    },
    onFailure: (_, remote) => failed.push(remote),
  });
  await failureOf(() => connect(listener.methods, { nickname: "mallory" }));
  await until(() => failed.length === 1, "onFailure");
  assert(seen[0] === failed[0]);
  const alice = await connectTo(listener);
  const bob = await take(listener);
  assert(seen[1] === bob.remote);
  assertEquals(bob.remote.nickname, "alice");
  assertEquals(bob.role, "responder");
  await closeAll(alice, bob);
});

Deno.test("a listener tells onFailure of someone whose nickname was never read", async () => {
  const failed = Promise.withResolvers<Remote>();
  await using listener = await listen({
    ...BOB,
    onFailure: (_, remote) => failed.resolve(remote),
  });
  using raw = await RawPeer.dial(listener.methods[0]!);
  await raw.write(latin("GET / HTTP/1.1\r\n"));
  await raw.expectSilentEnd();
  const { nickname, version, address } = await within(failed.promise, "it");
  assertEquals([nickname, version], ["", ""]);
  assert(address.startsWith("127.0.0.1:"));
});

for (
  const [name, onFailure] of [
    ["throws", (): void => {
      throw new Error("onFailure is broken");
    }],
    ["rejects", (): Promise<void> => Promise.reject(new Error("broken"))],
    ["never resolves", (): Promise<void> => new Promise(() => {})],
  ] as const
) {
  Deno.test(`a listener goes on when onFailure ${name}`, async () => {
    await using listener = await listen({ ...BOB, onFailure });
    for (let i = 0; i < 3; i++) {
      using raw = await RawPeer.dial(listener.methods[0]!);
      await raw.write(latin("nonsense"));
      await raw.expectSilentEnd();
    }
    const alice = await connectTo(listener);
    await closeAll(alice, await take(listener));
  });
}

for (
  const [name, accept] of [
    ["throws", (): never => {
      throw new Error("accept is broken");
    }],
    ["throws nothing at all", (): never => {
      throw undefined;
    }],
    ["rejects", (): Promise<boolean> => Promise.reject(new Error("broken"))],
    ["returns garbage", (): boolean => "no".length as unknown as boolean],
  ] as const
) {
  Deno.test(`a listener whose accept ${name} rejects, tells onFailure, and goes on`, async () => {
    const failed: LektError[] = [];
    await using listener = await listen({
      ...BOB,
      accept: (remote) => remote.nickname === "alice" ? true : accept(),
      onFailure: (error) => failed.push(error),
    });
    const error = await failureOf(() =>
      connect(listener.methods, { nickname: "mallory" })
    );
    assertEquals([error.code, error.by, error.reason], [
      "REJECTED",
      "remote",
      "",
    ]);
    await until(() => failed.length === 1, "onFailure");
    assertEquals(failed[0]!.message, "Cannot connect: `accept` failed");
    assert("cause" in failed[0]!);
    const alice = await connectTo(listener);
    await closeAll(alice, await take(listener));
  });
}

Deno.test("a listener ignores a decision that comes too late", async () => {
  const asked = Promise.withResolvers<void>();
  const decision = Promise.withResolvers<boolean>();
  await using listener = await listen({
    ...BOB,
    accept: ({ nickname }) => {
      if (nickname !== "slow") return true;
      asked.resolve();
      return decision.promise;
    },
  });
  {
    using raw = await RawPeer.dial(listener.methods[0]!);
    await raw.write(hello("slow"));
    await within(asked.promise, "it is asked about");
  }
  const alice = await connectTo(listener);
  decision.resolve(true);
  await turns();
  await closeAll(alice, await take(listener));
});

Deno.test("a listener asks about many newcomers at once", async () => {
  const asked: ((decision: boolean) => void)[] = [];
  await using listener = await listen({
    ...BOB,
    accept: () => new Promise<boolean>((resolve) => asked.push(resolve)),
  });
  const connecting = Array.from({ length: 20 }, () => connectTo(listener));
  await until(() => asked.length === 20, "all are asked about");
  for (const decide of asked) decide(true);
  const both = await Promise.all(connecting);
  for (let i = 0; i < 20; i++) both.push(await take(listener));
  await closeAll(...both);
});

Deno.test("a listener takes no more newcomers than maxPendingHandshakes at once, on any method", async () => {
  const methods = ["tcp://127.0.0.1:0", "tcp://127.0.0.1:0"];
  let askedCount = 0;
  const decisions: ((decision: string) => void)[] = [];
  await using listener = await listen({
    ...BOB,
    methods,
    limits: { maxPendingHandshakes: 4 },
    accept: () => {
      askedCount++;
      return new Promise((resolve) => decisions.push(resolve));
    },
  });
  const raws: RawPeer[] = [];
  for (let i = 0; i < 12; i++) {
    const raw = await RawPeer.dial(listener.methods[i % 2]!);
    await raw.write(hello());
    raws.push(raw);
  }
  await until(() => askedCount >= 4, "as many as may are asked about");
  await turns(300);
  assert(askedCount <= 5, `${askedCount} are asked about`);
  for (let i = 0; i < 12; i++) {
    await until(() => decisions.length > 0, "the next is asked about");
    decisions.shift()!("not you");
    for (const raw of raws) await raw.end().catch(() => {});
  }
  assertEquals(askedCount, 12);
  for (const raw of raws) raw[Symbol.dispose]();
});

Deno.test("a listener takes no more when connections wait to be taken", async () => {
  await using listener = await listen({
    ...BOB,
    limits: { maxPendingHandshakes: 2 },
  });
  const first = [await connectTo(listener), await connectTo(listener)];
  const third = connectTo(listener);
  await turns(300);
  assert(!await isSettled(third), "the third came in");
  first.push(await take(listener), await take(listener));
  first.push(await third, await take(listener));
  await closeAll(...first);
});

Deno.test("close() gives up handshakes, closes connections that nobody took, and leaves the others", async () => {
  const listener = await listen({
    ...BOB,
    accept: ({ nickname }, { signal }) =>
      nickname !== "pending" || new Promise((_, reject) => {
        signal.onabort = (): void => reject(signal.reason);
      }),
  });
  const alice = await connectTo(listener);
  const bob = await take(listener);
  const untaken = await connectTo(listener, "untaken");
  using silent = await RawPeer.dial(listener.methods[0]!);
  using pending = await RawPeer.dial(listener.methods[0]!);
  await pending.write(hello("pending"));
  using undecided = await RawPeer.dial(listener.methods[0]!);
  await undecided.write(hello("undecided"));
  await undecided.expect(welcome("bob"));
  const closing = listener.close();
  for (const raw of [silent, pending, undecided]) await raw.expectSilentEnd();
  await closeAll(untaken);
  await within(closing, "close()");
  await alice.send("still here");
  assertEquals(await (await receive(bob)).text(), "still here");
  assertEquals((await listener[Symbol.asyncIterator]().next()).done, true);
  await listener.close();
  const error = await failureOf(() => connectTo(listener));
  assertEquals(error.code, "UNREACHABLE");
  await closeAll(alice, bob);
});

Deno.test("close() ends a connection that nobody took in order", async () => {
  const listener = await listen(BOB);
  const untaken = await connectTo(listener);
  await until(() => listener.stats().accepted === 1, "it is in");
  const closing = listener.close();
  assertEquals(await within(untaken.receive(), "the end"), null);
  await closeAll(untaken);
  assertEquals((await untaken.closed).clean, true);
  await within(closing, "close()");
});

Deno.test("close() may be called by accept", async () => {
  const closed = Promise.withResolvers<void>();
  const listener: Listener = await listen({
    ...BOB,
    accept: async () => {
      await listener.close();
      closed.resolve();
      return true;
    },
  });
  const error = await failureOf(() => connectTo(listener));
  assertEquals(error.code, "CLOSED");
  await within(closed.promise, "close()");
});

Deno.test("many bad clients do not hurt a good one", async () => {
  let failureCount = 0;
  await using listener = await listen({
    ...BOB,
    onFailure: () => failureCount++,
  });
  const alice = await connectTo(listener);
  const bob = await take(listener);
  const raws = await Promise.all(
    Array.from({ length: 60 }, () => RawPeer.dial(listener.methods[0]!)),
  );
  await Promise.all(raws.map(async (raw, i) => {
    if (i % 3 === 0) return await raw.write(latin("nonsense"));
    if (i % 3 === 1) return raw[Symbol.dispose]();
    await raw.write(hello(`bad ${i}`));
    await raw.expect(welcome());
    await raw.write(AGREED, latin("\xff".repeat(1000)));
  }));
  for (let i = 0; i < 20; i++) {
    const bad = await take(listener);
    assertEquals((await failureOf(() => bad.receive())).code, "PROTOCOL");
  }
  await until(() => failureCount === 40, "all failed");
  await alice.send("unhurt");
  assertEquals(await (await receive(bob)).text(), "unhurt");
  for (const raw of raws) raw[Symbol.dispose]();
  await closeAll(alice, bob);
});

Deno.test("onFailure hears of a request for a WebSocket that was refused, and of what is no TLS", async () => {
  const failed: [string, string][] = [];
  await using listener = await listen({
    ...BOB,
    methods: ["ws://127.0.0.1:0/lekt", "tls://127.0.0.1:0"],
    tls: await makeCertificate(),
    onFailure: ({ message }, { address }) => failed.push([message, address]),
  });
  const [ws, tls] = listener.methods.map((method) => new URL(method));
  const headers = { origin: "https://evil.example" };
  const port = Number(ws!.port);
  const [raw, status] = await RawWebSocket.request(port, "/lekt", headers);
  assertEquals(status, 403);
  raw[Symbol.dispose]();
  await until(() => failed.length === 1, "onFailure for ws");
  assert(failed[0]![0].includes("origin is not allowed"), failed[0]![0]);
  assert(failed[0]![1].startsWith("127.0.0.1:"));
  const plain = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(tls!.port),
  });
  await plain.write(latin("this is no ClientHello\r\n\r\n"));
  await until(() => failed.length === 2, "onFailure for tls");
  plain.close();
});
