// What is published on the channels of node:diagnostics_channel, and what a listener counts.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  connect,
  type Connection,
  listen,
  type Listener,
  type ListenOptions,
} from "../../mod.ts";
import {
  type DiagnosticChannel,
  type DiagnosticEvents,
  subscribe,
} from "../../src/diagnostics/mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { until, within } from "../helpers/deadline.ts";
import {
  AGREED,
  hello,
  latin,
  packet,
  RawPeer,
  welcome,
} from "../helpers/raw_peer.ts";

const BOB: ListenOptions = {
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: ({ nickname }) => nickname === "alice" || "only alice",
};

const CHANNELS: readonly DiagnosticChannel[] = [
  "lekt:connect",
  "lekt:handshake",
  "lekt:refused",
  "lekt:connection",
  "lekt:close",
  "lekt:abort",
  "lekt:misbehaviour",
];

/** One event with its channel. */
type Seen = {
  [Name in DiagnosticChannel]: { name: Name; event: DiagnosticEvents[Name] };
}[DiagnosticChannel];

/** Notes all events until it is disposed of. */
class Notes implements Disposable {
  readonly all: Seen[] = [];
  #subscriptions = CHANNELS.map((name) =>
    subscribe(name, (event) => this.all.push({ name, event } as Seen))
  );

  /** The names of the events of one side, in order. */
  names(role: "initiator" | "responder"): string[] {
    return this.all.filter(({ event }) => event.role === role)
      .map(({ name }) => name.slice("lekt:".length));
  }

  /** The first event of a channel. */
  first<Name extends DiagnosticChannel>(
    name: Name,
    role?: "initiator" | "responder",
  ): DiagnosticEvents[Name] {
    const found = this.all.find((each) =>
      each.name === name && (role === undefined || each.event.role === role)
    );
    assert(found, `nothing came on ${name}`);
    return found.event as DiagnosticEvents[Name];
  }

  [Symbol.dispose](): void {
    for (const each of this.#subscriptions) each.unsubscribe();
  }
}

async function take(listener: Listener): Promise<Connection> {
  const next = listener[Symbol.asyncIterator]().next();
  const { value } = await within(next, "a connection");
  return value!;
}

/** Connects, and gives both ends. */
async function connectTo(
  listener: Listener,
): Promise<[alice: Connection, bob: Connection]> {
  const bob = take(listener);
  const connecting = connect(listener.methods, { nickname: "alice" });
  return [await within(connecting, "to connect"), await bob];
}

Deno.test("a conversation is published from its beginning to its end, on both sides, with one number each", async () => {
  using notes = new Notes();
  await using listener = await listen(BOB);
  const [alice, bob] = await connectTo(listener);
  await alice.send("hello");
  await bob.receive();
  await within(Promise.all([alice.close(), bob.close()]), "both to close");
  assertEquals(notes.names("initiator"), [
    "connect",
    "handshake",
    "connection",
    "close",
  ]);
  assertEquals(notes.names("responder"), ["handshake", "connection", "close"]);
  for (const role of ["initiator", "responder"]) {
    const numbers = notes.all.filter(({ event }) => event.role === role)
      .map(({ event }) => event.attempt);
    assertEquals(new Set(numbers).size, 1);
  }
  assertEquals(notes.first("lekt:connect").target, listener.methods);
  const { nickname, method } = notes.first("lekt:connection", "initiator");
  assertEquals([nickname, method], ["bob", listener.methods[0]]);
  const end = notes.first("lekt:close", "responder");
  assertEquals(
    [end.clean, end.nickname, end.messagesReceived, end.messagesSent],
    [true, "alice", 1, 0],
  );
  assert(end.durationMs > 0 && end.bytesReceived > 5 && end.bytesSent > 0);
});

Deno.test("a refusal is published on both sides with who said no, and why", async () => {
  using notes = new Notes();
  await using listener = await listen(BOB);
  await assertRejects(() => connect(listener.methods, { nickname: "eve" }));
  await until(() => notes.names("responder").includes("refused"), "refused");
  assertEquals(notes.names("initiator"), ["connect", "handshake", "refused"]);
  assertEquals(notes.names("responder"), ["handshake", "refused"]);
  const here = notes.first("lekt:refused", "responder");
  const there = notes.first("lekt:refused", "initiator");
  assertEquals([here.code, here.by, here.reason, here.nickname], [
    "REJECTED",
    "local",
    "only alice",
    "eve",
  ]);
  assertEquals([there.code, there.by, there.reason, there.method], [
    "REJECTED",
    "remote",
    "only alice",
    listener.methods[0],
  ]);
});

Deno.test("an attempt that leads nowhere, or that a signal ends, is published as refused", async () => {
  using notes = new Notes();
  const unused = await listen(BOB);
  await unused.close();
  await assertRejects(() => connect(unused.methods, { nickname: "alice" }));
  const signal = AbortSignal.abort(new Error("changed my mind"));
  await assertRejects(() =>
    connect(unused.methods, { nickname: "alice", signal })
  );
  const refused = notes.all.filter(({ name }) => name === "lekt:refused")
    .map(({ event }) => (event as DiagnosticEvents["lekt:refused"]).code);
  assertEquals(refused, ["UNREACHABLE", "CLOSED"]);
});

Deno.test("a connection that is given up is published as aborted, and then as closed", async () => {
  using notes = new Notes();
  await using listener = await listen(BOB);
  const [alice, bob] = await connectTo(listener);
  await alice.abort(new Error("no time"));
  await within(bob.close(), "bob to close");
  assertEquals(notes.names("initiator").slice(-2), ["abort", "close"]);
  const { error, clean } = notes.first("lekt:abort", "initiator");
  assertEquals([error.code, clean], ["CLOSED", false]);
});

Deno.test("whoever breaks a rule is published with address, phase and rule, in the handshake and after it", async () => {
  using notes = new Notes();
  await using listener = await listen(BOB);
  const [method] = listener.methods;
  using stranger = await RawPeer.dial(method!);
  await stranger.write(latin("GET / HTTP/1.1\r\n\r\n"));
  await until(
    () => notes.names("responder").includes("misbehaviour"),
    "the stranger is published",
  );
  const first = notes.first("lekt:misbehaviour");
  assertEquals([first.phase, first.code, first.method, first.nickname], [
    "handshake",
    "PROTOCOL",
    method,
    "",
  ]);
  assertMatch(first.address, /^127\.0\.0\.1:\d+$/);
  assertMatch(first.rule, /it speaks HTTP/);
  assertEquals(first.ruleId, "H-1");
  notes.all.length = 0;

  using peer = await RawPeer.dial(method!);
  await peer.write(hello("alice"));
  await peer.expect(welcome());
  await peer.write(AGREED);
  const bob = await take(listener);
  await peer.write(packet(7, 5, "not the first part"));
  await within(bob.closed, "the end");
  const second = notes.first("lekt:misbehaviour");
  assertEquals([second.phase, second.nickname], ["connection", "alice"]);
  assertEquals(second.ruleId, "F-1");
  assertMatch(second.rule, /the id is not open and the part index is not 0/);
  assertEquals(notes.names("responder"), [
    "handshake",
    "connection",
    "misbehaviour",
    "abort",
    "close",
  ]);
  assertEquals(listener.stats().misbehaved, 2);
});

Deno.test("an initiator that is answered against the rules publishes that, and what became of its attempt", async () => {
  using notes = new Notes();
  using socket = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = assertRejects(() =>
    connect(`tcp://127.0.0.1:${socket.addr.port}`, { nickname: "alice" })
  );
  using server = new RawPeer(await socket.accept());
  await server.write(latin("SSH-2.0-OpenSSH_9.2\r\n"));
  await within(connecting, "connect() to reject");
  assertEquals(notes.names("initiator"), [
    "connect",
    "handshake",
    "misbehaviour",
    "refused",
  ]);
  assertMatch(notes.first("lekt:misbehaviour").rule, /SSH/);
});

Deno.test("handshakes of TLS and WebSocket that fail are published, too", async () => {
  using notes = new Notes();
  const tls = await makeCertificate();
  await using listener = await listen({
    ...BOB,
    methods: ["tls://127.0.0.1:0", "ws://127.0.0.1:0/lekt"],
    tls,
  });
  for (const method of listener.methods) {
    using raw = await RawPeer.dial(method.replace(/^(tls|ws)/, "tcp"));
    await raw.write(latin("this is neither of the two\r\n\r\n"));
    await until(
      () =>
        notes.all.some(({ name, event }) =>
          name === "lekt:refused" && event.role === "responder" &&
          (event as DiagnosticEvents["lekt:refused"]).method === method
        ),
      `${method} is published`,
    );
  }
  const { accepted, refused, misbehaved } = listener.stats();
  assertEquals([accepted, refused, misbehaved], [0, { PROTOCOL: 2 }, 2]);
});

Deno.test("a listener counts who is there, who waits, who was let in and who was not, by reason", async () => {
  const asked = Promise.withResolvers<void>();
  const decision = Promise.withResolvers<boolean>();
  await using listener = await listen({
    ...BOB,
    accept: ({ nickname }) => {
      if (nickname !== "carol") return nickname === "alice";
      asked.resolve();
      return decision.promise;
    },
  });
  const none = { open: 0, pending: 0, waiting: 0 };
  assertEquals(listener.stats(), {
    ...none,
    accepted: 0,
    refused: {},
    misbehaved: 0,
  });
  const [alice, bob] = await connectTo(listener);
  const carol = assertRejects(() =>
    connect(listener.methods, { nickname: "carol" })
  );
  await within(asked.promise, "the question");
  assertEquals(listener.stats(), {
    open: 1,
    pending: 1,
    waiting: 0,
    accepted: 1,
    refused: {},
    misbehaved: 0,
  });
  decision.resolve(false);
  await within(carol, "the refusal");
  using stranger = await RawPeer.dial(listener.methods[0]!);
  await stranger.write(latin("nonsense"));
  await stranger.readToEnd();
  await within(Promise.all([alice.close(), bob.close()]), "both to close");
  await until(() => listener.stats().pending === 0, "all have left");
  assertEquals(listener.stats(), {
    ...none,
    accepted: 1,
    refused: { REJECTED: 1, PROTOCOL: 1 },
    misbehaved: 1,
  });
});

Deno.test("a client that gives way to others is counted as one that misbehaves", async () => {
  using notes = new Notes();
  await using listener = await listen({
    ...BOB,
    limits: { maxPendingHandshakes: 1 },
  });
  using first = await RawPeer.dial(listener.methods[0]!);
  using second = await RawPeer.dial(listener.methods[0]!);
  await until(() => listener.stats().refused.LIMIT === 1, "one gives way");
  assertEquals(notes.first("lekt:misbehaviour").code, "LIMIT");
  assertEquals(listener.stats().misbehaved, 1);
  void [first, second];
});

Deno.test("what nobody listens to is not made", async () => {
  const { hasSubscribers } = await import("node:diagnostics_channel");
  await using listener = await listen(BOB);
  const seen: unknown[] = [];
  {
    using _ = subscribe("lekt:connection", (event) => seen.push(event));
    assert(hasSubscribers("lekt:connection"));
    assert(!hasSubscribers("lekt:close"));
    const [alice, bob] = await connectTo(listener);
    await within(Promise.all([alice.close(), bob.close()]), "both to close");
  }
  assert(!hasSubscribers("lekt:connection"));
  const [alice, bob] = await connectTo(listener);
  await within(Promise.all([alice.close(), bob.close()]), "both to close");
  assertEquals(seen.length, 2);
});

Deno.test("where no channels were provided, as in web pages, nothing is published, nor made", async () => {
  const path = "../../src/diagnostics/channels.ts?without";
  const { hasChannels, publish } = await import(path);
  assertEquals(hasChannels(), false);
  publish("lekt:close", () => {
    throw new Error("somebody wants it");
  });
});
