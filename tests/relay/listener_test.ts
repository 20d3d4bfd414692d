// What a listener does when its relay goes, comes back, or is a bad one.
import { connect, listen, type RelayReport } from "@lekt/lekt";
import { createIdentity } from "@lekt/lekt/directory";
import { startRelay } from "@lekt/lekt/relay";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { dial } from "../../src/transport/dial.ts";
import { freePort } from "../helpers/free_port.ts";
import { HostileRelay } from "../helpers/hostile_relay.ts";
import { alice, bob, listenAt, PLENTY } from "../helpers/relay_scene.ts";
import { within } from "../transport/compliance.ts";

/** The reports of a listener, and a way to wait for one. */
class Reports {
  readonly all: RelayReport[] = [];
  #changed = Promise.withResolvers<void>();

  /** Throws, which is to be ignored. */
  readonly add = (report: RelayReport): never => {
    this.all.push(report);
    this.#changed.resolve();
    throw new Error("from report");
  };

  /** Waits until there have been so many of a kind. */
  async until(event: RelayReport["event"], count: number): Promise<void> {
    const has = () => this.all.filter((each) => each.event === event).length;
    while (has() < count) {
      this.#changed = Promise.withResolvers();
      await within(this.#changed.promise, `report ${event}`);
    }
  }
}

Deno.test("a listener is back when its relay is, and calls that were open have ended for both sides", async () => {
  const relay = await startRelay({ port: 0, limits: PLENTY });
  const port = Number(new URL(relay.url).port);
  const reports = new Reports();
  const listener = await listen({
    nickname: "bob",
    methods: [],
    relay: { url: relay.url, report: reports.add },
    tls: bob,
    accept: () => true,
  });
  const ends: Promise<unknown>[] = [];
  listener.serve(async (connection) => {
    ends.push(connection.closed);
    for await (const message of connection) {
      await connection.send(`got ${await message.text()}`);
    }
  }, { onError: () => {} });
  const options = {
    nickname: "alice",
    tls: { ...alice, pinnedKey: bob.spki },
  };
  const first = await connect(listener.methods, options);
  assertEquals(first.remote.method, listener.methods[0]);
  assertEquals(first.remote.key, bob.spki);
  ends.push(first.closed);
  await relay.close();
  for (const end of ends) {
    assertEquals(
      (await within(end, "the end") as { clean: boolean }).clean,
      false,
    );
  }
  await reports.until("failing", 1);
  await using again = await startRelay({ port, limits: PLENTY });
  assertEquals(again.url, relay.url);
  await reports.until("listening", 2);
  const second = await connect(listener.methods, options);
  await second.send("hello");
  assertEquals(await (await second.receive())?.text(), "got hello");
  await second.close();
  await listener.shutdown();
});

Deno.test("a listener whose relay cannot be reached fails, unless the relay is optional", async () => {
  const relay = await startRelay({ port: 0, limits: PLENTY });
  const port = Number(new URL(relay.url).port);
  await relay.close();
  const identity = await createIdentity();
  const error = await assertRejects(
    () => listenAt(relay.url, { identity }),
    LektError,
  );
  assertEquals(error.code, "UNREACHABLE");
  const reports = new Reports();
  const listener = await listenAt(relay.url, {
    identity,
    place: { isOptional: true, report: reports.add },
  });
  try {
    await reports.until("failing", 1);
    await using _relay = await startRelay({ port, limits: PLENTY });
    await reports.until("listening", 1);
    const how = { ...alice, pinnedKey: bob.spki };
    const [dialled, accepted] = await Promise.all([
      dial(listener.method, how),
      listener.accept(),
    ]);
    dialled.close();
    accepted?.close();
  } finally {
    await listener.close();
  }
});

Deno.test("a listener whose line never lasts asks its relay less and less often", async () => {
  await using relay = await HostileRelay.start();
  const reports = new Reports();
  const listener = await listenAt(relay.url, {
    place: { report: reports.add },
  });
  for (let count = 1; count <= 4; count++) {
    await reports.until("listening", count);
    relay.line!.terminate();
    await reports.until("failing", count);
  }
  await listener.close();
  const pauses = reports.all.flatMap((report) =>
    report.event === "failing" ? [report.retryInMs] : []
  );
  pauses.forEach((pauseMs, count) => {
    const most = 100 * 2 ** count;
    assert(pauseMs >= most / 2 && pauseMs <= most, `${pauses}`);
  });
});

Deno.test("a listener that is closed reports nothing of its own end", async () => {
  await using relay = await startRelay({ port: 0, limits: PLENTY });
  const reports = new Reports();
  const listener = await listenAt(relay.url, {
    place: { report: reports.add },
  });
  await within(listener.close(), "the end");
  assertEquals(reports.all.map(({ event }) => event), ["listening"]);
});

Deno.test("listen() refuses a relay that is none, and asks for a certificate", async () => {
  const table: [string, string][] = [
    ["ftp://relay.example", "as a relay"],
    ["https://relay.example/path", "as a relay"],
    ["https://user@relay.example", "as a relay"],
    ["nonsense", "as a relay"],
    ["https://relay.example", "it needs a certificate and its key"],
  ];
  for (const [relay, says] of table) {
    const error = await assertRejects(
      () => listen({ nickname: "bob", methods: [], relay, accept: () => true }),
      LektError,
      says,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
  const method = `relay://relay.example/${"A".repeat(43)}`;
  await assertRejects(
    () => listen({ nickname: "bob", methods: method, accept: () => true }),
    LektError,
    "name the relay in the option `relay`",
  );
});

Deno.test("connect() leaves relays out where it is told to", async () => {
  const method = `relay://relay.example/${"A".repeat(43)}`;
  const error = await assertRejects(
    () => connect(method, { nickname: "alice", relay: false }),
    LektError,
    "relays are not to be used",
  );
  assertEquals(error.code, "UNREACHABLE");
});

Deno.test("a relay that makes calls up costs a listener no more than it allows", async () => {
  await using relay = await HostileRelay.start();
  const refusals: string[] = [];
  const listener = await listenAt(relay.url, {
    listen: { ...bob, onRefused: ({ message }) => refusals.push(message) },
  });
  let refusedCount = 0;
  const done = Promise.withResolvers<void>();
  relay.line!.on("message", (data) => {
    refusedCount += "refuse" in JSON.parse(String(data)) ? 1 : 0;
    if (refusedCount === 300 - 128) done.resolve();
  });
  for (let count = 0; count < 300; count++) {
    const call = String(count).padStart(32, "0");
    relay.line!.send(JSON.stringify({ call, from: "no address <b>" }));
  }
  // What no relay says: it is not heard, and ends nothing.
  for (
    const odd of ["", "{", "[]", "null", '"call"', '{"call":1}', '{"x":1}']
  ) {
    relay.line!.send(odd);
  }
  await within(done.promise, "the refusals");
  assertLess(refusals.length, 300);
  assertGreater(refusals.length, 0);
  assertStringIncludes(refusals[0]!, "too many call at the same time");
  await listener.close();
});

Deno.test("a relay that says no, or speaks something else, is told as that", async () => {
  const table: [readonly string[], string, string][] = [
    [
      [JSON.stringify({ error: "full", detail: "all \u202etaken" })],
      "UNREACHABLE",
      "all \\u{202e}taken",
    ],
    [
      [JSON.stringify({ error: "bad-statement", detail: "your clock" })],
      "INVALID_ARGUMENT",
      "your clock",
    ],
    [[JSON.stringify({ error: "taken", detail: "" })], "REJECTED", "taken"],
  ];
  for (const [greeting, code, says] of table) {
    await using relay = await HostileRelay.start();
    relay.greeting = greeting;
    const error = await assertRejects(() => listenAt(relay.url), LektError);
    assertEquals(error.code, code);
    assertStringIncludes(error.message, says);
  }
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("hello"),
  );
  const error = await assertRejects(
    () => listenAt(`http://127.0.0.1:${server.addr.port}`),
    LektError,
  );
  assertEquals(error.code, "UNREACHABLE");
  assert(/status 200/.test(error.message), error.message);
  await server.shutdown();
});

Deno.test("a relay that is not there is told as that, and not as the other side", async () => {
  const port = freePort();
  const says = "the relay cannot be reached: nothing listens there";
  await assertRejects(
    () => listenAt(`http://127.0.0.1:${port}`),
    LektError,
    says,
  );
  const method = `relay+ws://127.0.0.1:${port}/${"A".repeat(43)}`;
  const tls = { pinnedKey: "A".repeat(43) };
  await assertRejects(
    () => connect(method, { nickname: "alice", tls }),
    LektError,
    says,
  );
});

Deno.test("a relay that sends bytes is none, whatever they say", async () => {
  await using relay = await HostileRelay.start();
  relay.greeting = [];
  const good = new TextEncoder().encode(JSON.stringify({ listening: true }));
  relay.onLine = (line) => line.send(good, { binary: true });
  const error = await assertRejects(() => listenAt(relay.url), LektError);
  assertEquals(error.code, "PROTOCOL");
  assertStringIncludes(error.message, "it sends what is no text");
});

Deno.test("a listener signs one statement, for the relay that it has dialled", async () => {
  await using relay = await HostileRelay.start();
  const challenge = (letter: string) =>
    JSON.stringify({ challenge: letter.repeat(43), audience: "https://x" });
  relay.greeting = [
    challenge("a"),
    challenge("b"),
    JSON.stringify({ listening: true }),
  ];
  const statements: string[] = [];
  const heard = Promise.withResolvers<void>();
  relay.onLine = (line) =>
    line.on("message", (data) => {
      const said = JSON.parse(String(data));
      if ("statement" in said) statements.push(said.statement);
      else heard.resolve();
    });
  const listener = await listenAt(relay.url);
  // It refuses behind its statements whatever it has to say.
  for (let count = 0; count < 200; count++) {
    const call = String(count).padStart(32, "0");
    relay.line!.send(JSON.stringify({ call, from: "192.0.2.7" }));
  }
  await within(heard.promise, "a refusal");
  await listener.close();
  assertEquals(statements.length, 1);
  const [, payload] = statements[0]!.split(".");
  const claims = JSON.parse(
    atob(payload!.replace(/-/g, "+").replace(/_/g, "/")),
  );
  assertEquals([claims.aud, claims.nonce], [relay.url, "a".repeat(43)]);
});
