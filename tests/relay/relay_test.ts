// What a relay does with callers, good and bad ones.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { frame, RawWebSocket } from "../helpers/raw_websocket.ts";
import {
  openRawListener,
  statusOf,
  SUBPROTOCOL,
} from "../helpers/raw_relay.ts";
import { assertCarries, RelayScene } from "../helpers/relay_scene.ts";
import { within } from "../transport/compliance.ts";

Deno.test("a relay answers each wrong request with its status", async () => {
  await using scene = await RelayScene.open();
  const { thumbprint } = scene;
  const table: [string, Record<string, string>, number][] = [
    ["/", {}, 404],
    ["/relay/other", {}, 404],
    [`/relay/call/${"A".repeat(43)}`, {}, 404],
    ["/relay/call/bob", {}, 404],
    [`/relay/answer/${"A".repeat(43)}`, {}, 404],
    ["/relay/listen", { origin: "https://page.example" }, 403],
    [`/relay/call/${thumbprint}`, { origin: "https://page.example" }, 403],
    [`/relay/call/${thumbprint}`, { "sec-websocket-protocol": "lekt" }, 400],
  ];
  for (const [path, headers, status] of table) {
    assertEquals([path, await statusOf(scene, path, headers)], [path, status]);
  }
  const plain = await fetch(`${scene.relay.url}/relay/listen`);
  await plain.body?.cancel();
  assertEquals(plain.status, 426);
});

Deno.test("a call is answered once, by whoever knows its token, and in time", async () => {
  await using scene = await RelayScene.open({ limits: { helloMs: 4_000 } });
  const { line, path } = await openRawListener(scene);
  await using _ = line;
  const calling = statusOf(scene, path);
  const { call, from } = await line.next();
  assertEquals(from, "127.0.0.1");
  assertEquals(String(call).length, 43);
  const answer = `/relay/answer/${call}`;
  assertEquals(await statusOf(scene, `${answer.slice(0, -1)}`), 404);
  const page = { origin: "https://page.example" };
  assertEquals(await statusOf(scene, answer, page), 403);
  assertEquals(await statusOf(scene, answer), 101);
  assertEquals(await within(calling, "the call"), 101);
  assertEquals(await statusOf(scene, answer), 404);
  // Nobody answers.
  assertEquals(await within(statusOf(scene, path), "the call"), 504);
  await line.next();
  // The listener says no, and somebody else does not.
  const { line: other } = await openRawListener(scene);
  await using __ = other;
  const refused = statusOf(scene, path);
  const { call: second } = await line.next();
  other.send({ refuse: second });
  line.send({ refuse: second });
  assertEquals(await within(refused, "the call"), 403);
});

Deno.test("a call is turned down by its own listener alone", async () => {
  await using scene = await RelayScene.open();
  const { line, path } = await openRawListener(scene);
  await using _ = line;
  const { line: other } = await openRawListener(scene);
  await using __ = other;
  const calling = statusOf(scene, path);
  const { call } = await line.next();
  other.send({ refuse: call });
  // Its second statement ends it: what it has said before was read then.
  other.send({ statement: "again" });
  await other.end();
  assertEquals(await statusOf(scene, `/relay/answer/${call}`), 101);
  assertEquals(await within(calling, "the call"), 101);
});

Deno.test("who leaves before the answer, or says something before it, costs no place", async () => {
  await using scene = await RelayScene.open({
    limits: { callsPerListener: 1 },
  });
  const { line, path } = await openRawListener(scene);
  await using _ = line;
  const raw = await RawWebSocket.connect(scene.port);
  const request = `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n` +
    "upgrade: websocket\r\nsec-websocket-version: 13\r\n" +
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
    "sec-websocket-protocol: lekt-relay\r\n\r\n";
  await raw.sendText(request);
  const { call } = await line.next();
  raw[Symbol.dispose]();
  while (await scene.metric("calls") > 0);
  assertEquals(await statusOf(scene, `/relay/answer/${call}`), 404);
  using hasty = await RawWebSocket.connect(scene.port);
  await hasty.sendText(request);
  await line.next();
  await hasty.sendText("too early");
  assertEquals(await within(hasty.receive(), "the end"), null);
  assertEquals(await scene.metric("calls"), 0);
});

Deno.test("a call without a listener, or beyond a limit, fails with what to do", async () => {
  await using scene = await RelayScene.open({ limits: { callsPerMinute: 3 } });
  const { method } = scene.listener;
  await scene.listener.close();
  const gone = await assertRejects(() => scene.dial(), LektError);
  assertEquals(gone.code, "UNREACHABLE");
  assertStringIncludes(gone.message, `Cannot reach ${method.uri}`);
  assertStringIncludes(gone.message, "nobody listens through it");
  await assertRejects(() => scene.dial(), LektError, "nobody listens");
  const often = await assertRejects(() => scene.dial(), LektError);
  assertStringIncludes(often.message, "try again in ");
  const nobody = await assertRejects(
    () => scene.dial({ pinnedKey: undefined as unknown as string }),
    LektError,
  );
  assertStringIncludes(nobody.message, "a relay is not trusted");
});

Deno.test("a web page calls only who lets its origin in", async () => {
  const origin = "https://page.example";
  await using scene = await RelayScene.open({ listen: { origins: [origin] } });
  const path = `/relay/call/${scene.thumbprint}`;
  assertEquals(await statusOf(scene, path, { origin }), 101);
  const other = { origin: "https://evil.example" };
  assertEquals(await statusOf(scene, path, other), 403);
});

Deno.test("a relay says what it counts", async () => {
  await using scene = await RelayScene.open();
  const [dialled, accepted] = await scene.call();
  await assertCarries(dialled, accepted);
  assertEquals(await scene.metric("listeners"), 1);
  assertEquals(await scene.metric("calls"), 1);
  assertEquals(await scene.metric("calls_total"), 1);
  assertEquals(await scene.metric("bytes_total") > 1_000, true);
  await statusOf(scene, "/relay/call/nobody");
  assertEquals(
    await scene.metric('refusals_total{code="nobody-listens"}'),
    1,
  );
  dialled.close();
  const ended = 'ended_calls_total{how="gone"}';
  while (await scene.metric(ended) < 1);
  assertEquals(await scene.metric("calls"), 0);
  for (const path of ["healthz", "readyz", "relay"]) {
    const answer = await fetch(`${scene.relay.url}/${path}`);
    await answer.body?.cancel();
    assertEquals(answer.status, 200);
  }
});

Deno.test("a caller refuses a listener that proves another key", async () => {
  await using scene = await RelayScene.open();
  const pinnedKey = "A".repeat(43);
  const error = await assertRejects(() => scene.dial({ pinnedKey }), LektError);
  assertEquals(error.code, "UNREACHABLE");
  assertStringIncludes(error.message, `expected ${pinnedKey}`);
});

Deno.test("a relay passes on no message that is too long, and no text", async () => {
  await using scene = await RelayScene.open();
  const { line, path } = await openRawListener(scene);
  await using _ = line;
  const table = [
    [
      frame(new Uint8Array(0), { opcode: "binary", announcedSize: 65_537 }),
      1009,
    ],
    [frame(new Uint8Array(3), { opcode: "text" }), 1003],
  ] as const;
  for (const [bytes, code] of table) {
    const calling = RawWebSocket.request(scene.port, path, SUBPROTOCOL);
    const { call } = await line.next();
    const answer = `/relay/answer/${call}`;
    const [there] = await RawWebSocket.request(scene.port, answer, SUBPROTOCOL);
    const [here] = await calling;
    await here.send(bytes);
    // A Close frame without a mask: its code stands behind two bytes.
    const close = await within(here.receive(), "the close");
    assertEquals(close && [close[0], close[2]! * 256 + close[3]!], [
      0x88,
      code,
    ]);
    const told = await within(there.receive(), "the end of the other side");
    assertEquals(told && [told[0], told[2]! * 256 + told[3]! > 1000], [
      0x88,
      true,
    ]);
    here[Symbol.dispose]();
    there[Symbol.dispose]();
  }
});
