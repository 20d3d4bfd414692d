import { assert, assertEquals, assertRejects } from "@std/assert";
import { LektError, type LektErrorCode } from "../../src/base/errors.ts";
import { parseMethod } from "../../src/transport/method.ts";
import type {
  Transport,
  TransportListener,
} from "../../src/transport/transport.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import {
  dial,
  listenOn,
  type TransportListenOptions,
} from "../../src/transport/dial.ts";
import { dialNativeWebSocket } from "../../src/transport/websocket_native.ts";
import { frame, RawWebSocket } from "../helpers/raw_websocket.ts";
import { readAll, within, writeAll } from "./compliance.ts";

const EMPTY = new Uint8Array(0);
const ABC = new Uint8Array([97, 98, 99]);

/** A listener at path `/lekt`, with its refusals. */
class Scene implements Disposable {
  readonly refusals: LektError[] = [];
  listener!: TransportListener;

  static async open(
    options: TransportListenOptions = {},
    uri = "ws://127.0.0.1:0/lekt",
  ): Promise<Scene> {
    const scene = new Scene();
    scene.listener = await listenOn(parseMethod(uri), {
      ...options,
      onRefused: (error) => scene.refusals.push(error),
    });
    return scene;
  }

  get port(): number {
    const { method } = this.listener;
    assert(method.scheme === "ws" || method.scheme === "wss");
    return method.port;
  }

  /** A client that breaks rules, and our end of its connection. */
  async openRaw(): Promise<[RawWebSocket, Transport]> {
    const raw = await RawWebSocket.open(this.port, "/lekt");
    const accepted = await within(this.listener.accept(), "accept");
    assert(accepted !== null);
    return [raw, accepted];
  }

  /** Shows that the listener still serves: what was wrong before hurt nobody else. */
  async assertServes(): Promise<void> {
    const dialled = await dial(this.listener.method);
    const accepted = await within(this.listener.accept(), "accept");
    assert(accepted !== null);
    await writeAll(dialled, ABC);
    const into = new Uint8Array(3);
    assertEquals(await accepted.read(into), 3);
    assertEquals(into, ABC);
    dialled.close();
    accepted.close();
  }

  [Symbol.dispose](): void {
    this.listener.close();
  }
}

async function assertFails(
  transport: Transport,
  code: LektErrorCode,
  text: string,
): Promise<void> {
  const error = await assertRejects(
    () => within(readAll(transport, 2 * 1024 * 1024), "the read"),
    LektError,
    text,
  );
  assertEquals(error.code, code);
}

Deno.test("a ws listener answers each wrong request with its status", async () => {
  using scene = await Scene.open({ origins: ["https://chat.example"] });
  const table: [string, Record<string, string>, number, string][] = [
    ["/other", {}, 404, "another path"],
    ["/lekt/x", {}, 404, "another path"],
    ["/lekt", { origin: "https://evil.example" }, 403, "origin"],
    ["/lekt", { origin: "null" }, 403, "origin"],
    ["/lekt", { origin: `http://127.0.0.1:${scene.port}` }, 403, "origin"],
    ["/lekt", { "sec-websocket-protocol": "chat" }, 400, "subprotocol lekt"],
  ];
  for (const [path, headers, status, reason] of table) {
    const [raw, actual] = await RawWebSocket.request(scene.port, path, headers);
    assertEquals(actual, status);
    assertEquals(await raw.receive(), null);
    const refusal = scene.refusals.pop();
    assertEquals(refusal?.code, "PROTOCOL");
    assert(refusal?.message.includes(reason), refusal?.message);
    raw[Symbol.dispose]();
  }
  await scene.assertServes();
});

Deno.test("a ws listener lets in programs, and pages from its list", async () => {
  using scene = await Scene.open({ origins: ["https://chat.example"] });
  for (const origin of [undefined, "https://chat.example"]) {
    const [raw, status] = await RawWebSocket.request(
      scene.port,
      "/lekt?room=1",
      origin === undefined ? {} : { origin },
    );
    assertEquals(status, 101);
    (await scene.listener.accept())?.close();
    raw[Symbol.dispose]();
  }
  using all = await Scene.open({ origins: ["*"] });
  const [raw, status] = await RawWebSocket.request(all.port, "/lekt", {
    origin: "null",
  });
  assertEquals(status, 101);
  (await all.listener.accept())?.close();
  raw[Symbol.dispose]();
});

Deno.test("listenOn() refuses origins that are none", async () => {
  for (const origin of ["chat.example", "https://chat.example/", ""]) {
    const error = await assertRejects(
      () => listenOn(parseMethod("ws://127.0.0.1:0/"), { origins: [origin] }),
      LektError,
      "as an origin",
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("a ws listener survives what is not a request for a WebSocket", async () => {
  using scene = await Scene.open();
  const page = await fetch(`http://127.0.0.1:${scene.port}/lekt`);
  assertEquals(page.status, 426);
  await page.body?.cancel();
  const endless = `GET /lekt HTTP/1.1\r\nx: ${"x".repeat(100_000)}`;
  for (const text of ["\x16\x03\x01nonsense\r\n\r\n", endless]) {
    using raw = await RawWebSocket.connect(scene.port);
    await raw.sendText(text).catch(() => {});
    await within(raw.receiveAll(), "the close");
    assertEquals(scene.refusals.pop()?.code, "PROTOCOL");
  }
  await scene.assertServes();
});

Deno.test("a ws listener gives a request its time and lets nobody wait for it", async () => {
  using scene = await Scene.open({ handshakeTimeoutMs: 400 });
  using silent = await RawWebSocket.connect(scene.port);
  using slow = await RawWebSocket.connect(scene.port);
  await slow.sendText("GET /lekt HTTP/1.1\r\nhost: x\r\n");
  await scene.assertServes();
  assertEquals(scene.refusals, []);
  await within(Promise.all([silent.receiveAll(), slow.receiveAll()]), "ends");
  assertEquals(scene.refusals.map(({ code }) => code), ["TIMEOUT", "TIMEOUT"]);
});

Deno.test("a ws listener that is closed ends requests under way", async () => {
  const scene = await Scene.open();
  using silent = await RawWebSocket.connect(scene.port);
  await scene.assertServes();
  const accepting = scene.listener.accept();
  scene.listener.close();
  scene.listener.close();
  assertEquals(await accepting, null);
  assertEquals(await silent.receive(), null);
});

Deno.test("ws puts the payloads of messages and fragments end to end", async () => {
  using scene = await Scene.open();
  const [raw, accepted] = await scene.openRaw();
  await raw.sendFrame(ABC, { opcode: "binary" });
  await raw.sendFrame(ABC, { opcode: "binary", isLast: false });
  await raw.sendFrame(EMPTY, { opcode: "more", isLast: false });
  await raw.sendFrame(ABC, { opcode: "ping" });
  await raw.sendFrame(ABC, { opcode: "more" });
  await raw.sendFrame(EMPTY, { opcode: "binary" });
  assertEquals(
    new TextDecoder().decode(await readAll(accepted, 9)),
    "abcabcabc",
  );
  accepted.close();
  raw[Symbol.dispose]();
});

Deno.test("ws fails a client that breaks a rule, and it alone", async (t) => {
  const huge = { opcode: "binary", announcedSize: 2 ** 40 } as const;
  const table: [string, Uint8Array[], LektErrorCode, string][] = [
    ["text", [frame(ABC, { opcode: "text" })], "PROTOCOL", "a text message"],
    ["empty text", [frame(EMPTY, { opcode: "text" })], "PROTOCOL", "text"],
    [
      "no mask",
      [frame(ABC, { opcode: "binary", isMasked: false })],
      "PROTOCOL",
      "MASK",
    ],
    ["a huge frame", [frame(ABC, huge)], "LIMIT", "Max payload"],
    [
      "a frame over the bound",
      [frame(ABC, { opcode: "binary", announcedSize: 16 * 1024 * 1024 + 1 })],
      "LIMIT",
      "Max payload",
    ],
    ["more of nothing", [frame(ABC, { opcode: "more" })], "PROTOCOL", "opcode"],
    [
      "Close without the end of the stream",
      [frame(new Uint8Array([3, 232]), { opcode: "close" })],
      "TRUNCATED",
      "closed with code 1000",
    ],
  ];
  using scene = await Scene.open();
  for (const [name, frames, code, text] of table) {
    await t.step(name, async () => {
      const [raw, accepted] = await scene.openRaw();
      for (const bytes of frames) await raw.send(bytes);
      await assertFails(accepted, code, text);
      accepted.close();
      raw[Symbol.dispose]();
      await scene.assertServes();
    });
  }
});

Deno.test("ws fails a client that sends behind the end of its stream", async () => {
  using scene = await Scene.open();
  const [raw, accepted] = await scene.openRaw();
  await raw.sendFrame(EMPTY, { opcode: "binary" });
  assertEquals(await accepted.read(new Uint8Array(1)), null);
  await raw.sendFrame(ABC, { opcode: "binary" });
  const answer = await within(raw.receive(), "the Close");
  assertEquals([...answer!], [0x88, 2, 1003 >> 8, 1003 & 0xff]);
  await assertFails(accepted, "PROTOCOL", "behind the end of the stream");
  accepted.close();
  raw[Symbol.dispose]();
  await scene.assertServes();
});

Deno.test("ws bounds the fragments of one message", async () => {
  using scene = await Scene.open();
  const [raw, accepted] = await scene.openRaw();
  const failing = assertFails(accepted, "LIMIT", "Too many message fragments");
  await raw.sendFrame(ABC, { opcode: "binary", isLast: false });
  const one = frame(new Uint8Array(1), { opcode: "more", isLast: false });
  const many = new Uint8Array(one.byteLength * 100);
  for (let count = 0; count < 100; count++) many.set(one, count * one.length);
  const flooding = assertRejects(async () => {
    while (true) await raw.send(many);
  });
  await failing;
  await within(flooding, "the end of the flood");
  accepted.close();
  raw[Symbol.dispose]();
  await scene.assertServes();
});

Deno.test("ws answers pings and cuts off who floods it with them", async () => {
  using scene = await Scene.open();
  const [raw, accepted] = await scene.openRaw();
  const failing = assertFails(accepted, "TRUNCATED", "closed with code 1006");
  await raw.sendFrame(ABC, { opcode: "ping" });
  assertEquals(await raw.receive(), new Uint8Array([0x8a, 3, ...ABC]));
  const ping = frame(new Uint8Array(125), { opcode: "ping" });
  const many = new Uint8Array(ping.byteLength * 1_000);
  for (let count = 0; count < 1_000; count++) {
    many.set(ping, count * ping.byteLength);
  }
  const flooding = assertRejects(async () => {
    while (true) await raw.send(many);
  });
  await failing;
  await within(flooding, "the end of the flood");
  accepted.close();
  raw[Symbol.dispose]();
  await scene.assertServes();
});

Deno.test("ws does not wait for a client that never closes", async () => {
  using scene = await Scene.open();
  const [raw, accepted] = await scene.openRaw();
  await raw.sendFrame(EMPTY, { opcode: "binary" });
  assertEquals(await accepted.read(new Uint8Array(1)), null);
  await accepted.closeWrite();
  // The empty message, then a Close that is never answered: TCP ends all the same.
  const received = await within(raw.receiveAll(), "the end of TCP", 5_000);
  assertEquals([...received.subarray(0, 6)], [0x82, 0, 0x88, 2, 3, 232]);
  accepted.close();
  raw[Symbol.dispose]();
});

Deno.test("dial() over ws to what is no listener of ours is UNREACHABLE", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hello"),
  );
  const method = parseMethod(`ws://127.0.0.1:${server.addr.port}/lekt`);
  const error = await assertRejects(() => dial(method), LektError, "200");
  assertEquals(error.code, "UNREACHABLE");
  using scene = await Scene.open();
  const other = parseMethod(`ws://127.0.0.1:${scene.port}/other`);
  const refused = await assertRejects(() => dial(other), LektError, "404");
  assertEquals(refused.code, "UNREACHABLE");
});

Deno.test("dial() over ws with a signal that fires while it waits rejects with its reason", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const controller = new AbortController();
  const reason = new Error("enough");
  const dialling = dial(parseMethod(`ws://127.0.0.1:${silent.addr.port}/`), {
    signal: controller.signal,
  });
  const client = await silent.accept();
  await client.read(new Uint8Array(1));
  controller.abort(reason);
  assertEquals(await assertRejects(() => dialling), reason);
  client.close();
  silent.close();
});

Deno.test("wss judges keys on both sides", async () => {
  const bob = await makeCertificate();
  const alice = await makeCertificate();
  using scene = await Scene.open(
    { ...bob, requireClientKey: (key) => key === alice.spki },
    "wss://127.0.0.1:0/lekt",
  );
  const { method } = scene.listener;
  const dialled = await dial(method, { ...alice, pinnedKey: bob.spki });
  const accepted = await scene.listener.accept();
  assertEquals(dialled.remoteKey, bob.spki);
  assertEquals(accepted?.remoteKey, alice.spki);
  dialled.close();
  accepted?.close();

  const wrong = await assertRejects(
    () => dial(method, { ...alice, pinnedKey: alice.spki }),
    LektError,
    `${method.uri}: the listener has key ${bob.spki}`,
  );
  assertEquals(wrong.code, "UNREACHABLE");
  const anonymous = await assertRejects(
    () => dial(method, { pinnedKey: bob.spki }),
    LektError,
  );
  assertEquals(anonymous.code, "UNREACHABLE");
  // That the client with the wrong key has left may be noticed behind it.
  assert(scene.refusals.join().includes("the client showed no certificate"));
  await assertRejects(
    () => dial(method, { ...alice }),
    LektError,
    "self-signed",
  );
});

Deno.test("listenOn() says that a ws port is taken", async () => {
  using scene = await Scene.open();
  await assertRejects(
    () => listenOn(scene.listener.method),
    LektError,
    `Cannot listen on ${scene.listener.method.uri}: the address is in use`,
  );
});

Deno.test("the native WebSocket fails when more arrives than it may hold", async () => {
  using scene = await Scene.open({ origins: ["*"] });
  const { method } = scene.listener;
  assert(method.scheme === "ws");
  const dialled = await dialNativeWebSocket(method, {
    maxBufferedBytes: 100_000,
  });
  const accepted = await scene.listener.accept();
  assert(accepted !== null);
  const error = await assertRejects(async () => {
    while (true) await writeAll(accepted, new Uint8Array(30_000));
  }, LektError);
  assertEquals(error.code, "TRUNCATED");
  await assertFails(dialled, "LIMIT", "Cannot hold more than 100000 bytes");
  dialled.close();
  accepted.close();
});

Deno.test("the native WebSocket reports a listener that is not there", async () => {
  const scene = await Scene.open();
  scene.listener.close();
  const { method } = scene.listener;
  assert(method.scheme === "ws");
  const error = await assertRejects(
    () => dialNativeWebSocket(method),
    LektError,
    "could not be opened",
  );
  assertEquals(error.code, "UNREACHABLE");
});
