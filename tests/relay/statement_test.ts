// Who gets a listener's place at a relay, and who does not.
import { createIdentity } from "@lekt/lekt/directory";
import { startRelay } from "@lekt/lekt/relay";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertStringIncludes,
} from "@std/assert";
import type { RelayReport } from "../../src/transport/relay_place.ts";
import {
  signStatement,
  type StatementClaims,
} from "../../src/directory/relay_statement.ts";
import { RawLine } from "../helpers/raw_relay.ts";
import { listenAt, RelayScene } from "../helpers/relay_scene.ts";
import { within } from "../transport/compliance.ts";

Deno.test("a relay takes no statement but one for itself, for this connection and for now", async () => {
  await using scene = await RelayScene.open();
  const identity = await createIdentity();
  const other = await createIdentity();
  const stranger = { ...identity, privateKey: other.privateKey };
  const minutes = 60_000;
  const table: [string, Partial<StatementClaims>, number, typeof identity][] = [
    ["for another relay", { audience: "https://evil.example" }, 0, identity],
    ["not for this connection", { challenge: "A".repeat(43) }, 0, identity],
    ["clock", {}, -3 * minutes, identity],
    ["clock", {}, 3 * minutes, identity],
    ["the key did not sign it", {}, 0, stranger],
  ];
  for (const [says, change, aheadMs, signer] of table) {
    await using line = new RawLine(scene);
    const { challenge } = await line.next();
    const statement = await signStatement(signer, {
      audience: scene.relay.url,
      challenge: String(challenge),
      isYielding: false,
      ...change,
    }, Date.now() + aheadMs);
    line.send({ statement });
    const { error, detail } = await line.next();
    assertEquals(error, "bad-statement");
    assertStringIncludes(String(detail), says);
    assertEquals(await line.end(), 4005);
  }
  await using line = new RawLine(scene);
  await line.next();
  line.send({ statement: "no JWT" });
  assertEquals((await line.next()).error, "bad-statement");
  assertEquals(await scene.metric("bad_statements_total"), table.length + 1);
  assertEquals(await scene.metric("listeners"), 1);
});

Deno.test("a relay hears one statement on each line, and waits for it so long", async () => {
  await using relay = await startRelay({ port: 0, limits: { helloMs: 100 } });
  await using silent = new RawLine({ port: Number(new URL(relay.url).port) });
  await silent.next();
  assertEquals((await silent.next()).error, "no-statement");
  assertEquals(await silent.end(), 4005);
  await using scene = await RelayScene.open();
  await using twice = new RawLine(scene);
  const { challenge } = await twice.next();
  const statement = await signStatement(await createIdentity(), {
    audience: scene.relay.url,
    challenge: String(challenge),
    isYielding: false,
  }, Date.now());
  twice.send({ statement });
  assertEquals(await twice.next(), { listening: true });
  twice.send({ statement });
  assertEquals(await twice.end(), 4005);
});

Deno.test("the newest listener of an identity has its place, and the one before comes back when that has gone", async () => {
  await using scene = await RelayScene.open();
  const identity = await createIdentity();
  const reports: RelayReport[] = [];
  const failing = Promise.withResolvers<RelayReport>();
  const first = await listenAt(scene.relay.url, {
    identity,
    place: {
      report(report) {
        reports.push(report);
        if (report.event === "failing") failing.resolve(report);
      },
    },
  });
  const second = await listenAt(scene.relay.url, { identity });
  try {
    const report = await within(failing.promise, "the report");
    assert(report.event === "failing");
    assertEquals(report.error.code, "REJECTED");
    assertStringIncludes(report.error.message, "another program");
    // Not at once: two that take the place from each other in turns let nobody call.
    assertGreaterOrEqual(report.retryInMs, 10_000);
    await using line = new RawLine(scene);
    const { challenge } = await line.next();
    const statement = await signStatement(identity, {
      audience: scene.relay.url,
      challenge: String(challenge),
      isYielding: true,
    }, Date.now());
    line.send({ statement });
    assertEquals((await line.next()).error, "taken");
    assertEquals(await line.end(), 4006);
  } finally {
    await first.close();
    await second.close();
  }
  assertEquals(reports.map(({ event }) => event), ["listening", "failing"]);
});
