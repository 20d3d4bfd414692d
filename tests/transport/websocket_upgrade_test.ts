// What a listener answers to a request for a WebSocket, in the headers.
import { assert } from "@std/assert";
import { parseMethod } from "../../src/transport/method.ts";
import { listenOn } from "../../src/transport/dial.ts";
import { RawWebSocket } from "../helpers/raw_websocket.ts";
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
