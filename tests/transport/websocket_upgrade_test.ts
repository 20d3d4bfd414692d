// What a listener answers to a request for a WebSocket, in the headers.
import { once } from "node:events";
import { connect } from "node:net";
import { assert, assertEquals } from "@std/assert";
import { parseMethod } from "../../src/transport/method.ts";
import { listenOn } from "../../src/transport/dial.ts";
import { RawWebSocket } from "../helpers/raw_websocket.ts";
import type { LektError } from "../../src/base/errors.ts";
import { within } from "./compliance.ts";

Deno.test("a ws listener takes up the subprotocol, and no compression", async () => {
  const listener = await listenOn(parseMethod("ws://127.0.0.1:0/lekt"));
  assert(listener.method.scheme === "ws");
  using raw = await RawWebSocket.connect(listener.method.port);
  await raw.sendText(
    "GET /lekt HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n" +
      "upgrade: websocket\r\nsec-websocket-version: 13\r\n" +
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "sec-websocket-protocol: chat, lekt\r\n" +
      "sec-websocket-extensions: permessage-deflate\r\n\r\n",
  );
  const received = await within(raw.receive(), "the answer");
  const answer = new TextDecoder().decode(received!).toLowerCase();
  assert(answer.startsWith("http/1.1 101 "), answer);
  assert(answer.includes("\r\nsec-websocket-protocol: lekt\r\n"), answer);
  assert(!answer.includes("sec-websocket-extensions"), answer);
  (await within(listener.accept(), "accept"))?.close();
  await listener.close();
});

for (
  const [what, text] of [
    ["before it says anything", ""],
    ["amid its request", "GET /lekt HT"],
  ] as const
) {
  Deno.test(`a ws listener is told of a client that leaves ${what}`, async () => {
    const refused = Promise.withResolvers<LektError>();
    let count = 0;
    const listener = await listenOn(parseMethod("ws://127.0.0.1:0/lekt"), {
      onRefused(error) {
        count++;
        refused.resolve(error);
      },
    });
    assert(listener.method.scheme === "ws");
    const raw = await RawWebSocket.connect(listener.method.port);
    if (text) await raw.sendText(text);
    raw[Symbol.dispose]();
    const error = await within(refused.promise, "the refusal");
    assertEquals(error.code, "CLOSED");
    await listener.close();
    assertEquals(count, 1);
  });
}

Deno.test("a ws listener is told once of a client that is refused, and then breaks off", async () => {
  const refused: LektError[] = [];
  const over = Promise.withResolvers<void>();
  const listener = await listenOn(parseMethod("ws://127.0.0.1:0/lekt"), {
    onRefused(error, address) {
      refused.push(error);
      if (address.endsWith(`:${secondPort}`)) over.resolve();
    },
  });
  assert(listener.method.scheme === "ws");
  const { port } = listener.method;
  let secondPort: number | undefined = 0;
  const first = connect(port, "127.0.0.1");
  first.write("GET /lekt HTTP/1.1\r\nhost: x\r\n\r\n");
  await within(once(first, "data"), "the answer");
  first.resetAndDestroy();
  // What comes of a second client comes behind what may still come of the first.
  const second = connect(port, "127.0.0.1");
  await within(once(second, "connect"), "the second client");
  secondPort = second.localPort;
  second.destroy();
  await within(over.promise, "the second refusal");
  assertEquals(refused.map(({ code }) => code), ["PROTOCOL", "CLOSED"]);
  await listener.close();
});

for (
  const [what, head, status, told] of [
    ["a page", "GET /lekt HTTP/1.1\r\nhost: x\r\n", 426, "no WebSocket"],
    [
      "another version of WebSocket",
      "GET /lekt HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n" +
      "upgrade: websocket\r\nsec-websocket-version: 12\r\n" +
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "sec-websocket-protocol: lekt\r\n",
      400,
      "Sec-WebSocket-Version",
    ],
    [
      "a WebSocket without a key",
      "GET /lekt HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n" +
      "upgrade: websocket\r\nsec-websocket-version: 13\r\n" +
      "sec-websocket-protocol: lekt\r\n",
      400,
      "Sec-WebSocket-Key",
    ],
    [
      "a WebSocket by another method",
      "POST /lekt HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n" +
      "upgrade: websocket\r\nsec-websocket-version: 13\r\n" +
      "sec-websocket-protocol: lekt\r\n",
      405,
      "method",
    ],
  ] as const
) {
  Deno.test(`a ws listener is told of a client that asks for ${what}, and refuses it`, async () => {
    const refused: [message: string, address: string][] = [];
    const listener = await listenOn(parseMethod("ws://127.0.0.1:0/lekt"), {
      onRefused: ({ message }, address) => refused.push([message, address]),
    });
    assert(listener.method.scheme === "ws");
    using raw = await RawWebSocket.connect(listener.method.port);
    await raw.sendText(`${head}\r\n`);
    const received = await within(raw.receive(), "the answer");
    const answer = new TextDecoder().decode(received!);
    assert(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    await within(raw.receiveAll(), "the end");
    assertEquals(refused.length, 1);
    const [message, address] = refused[0]!;
    assert(message.includes(told), message);
    assert(address.startsWith("127.0.0.1:"), address);
    await listener.close();
  });
}

for (
  const [what, path, extra, ruleId] of [
    ["another path", "/other", "sec-websocket-protocol: lekt\r\n", "S-2"],
    [
      "a web page",
      "/lekt",
      "sec-websocket-protocol: lekt\r\norigin: https://x.example\r\n",
      "S-3",
    ],
    ["another subprotocol", "/lekt", "sec-websocket-protocol: x\r\n", "S-1"],
  ] as const
) {
  Deno.test(`a ws listener names the rule by which it refuses ${what}`, async () => {
    const ruleIds: unknown[] = [];
    const listener = await listenOn(parseMethod("ws://127.0.0.1:0/lekt"), {
      onRefused: (error) => ruleIds.push((error as LektError).ruleId),
    });
    assert(listener.method.scheme === "ws");
    using raw = await RawWebSocket.connect(listener.method.port);
    await raw.sendText(
      `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n` +
        "upgrade: websocket\r\nsec-websocket-version: 13\r\n" +
        `sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${extra}\r\n`,
    );
    await within(raw.receiveAll(), "the end");
    assertEquals(ruleIds, [ruleId]);
    await listener.close();
  });
}
