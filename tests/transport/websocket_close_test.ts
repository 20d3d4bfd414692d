// How a WebSocket ends: both Close frames, and the codes.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { dial, listenOn } from "../../src/transport/dial.ts";
import {
  parseMethod,
  type WebSocketMethod,
} from "../../src/transport/method.ts";
import { WebSocketInbox } from "../../src/transport/websocket_inbox.ts";
import { isSettled, within } from "../helpers/deadline.ts";
import { frame, RawWebSocket } from "../helpers/raw_websocket.ts";

const EMPTY = new Uint8Array(0);

Deno.test("a ws listener's Close leaves as a whole although the byte stream is closed at once", async () => {
  for (let round = 0; round < 5; round++) {
    const listener = await listenOn(parseMethod("ws://127.0.0.1:0"));
    const { port } = listener.method as WebSocketMethod;
    const raw = await RawWebSocket.open(port, "/");
    const accepted = await within(listener.accept(), "accept");
    assert(accepted !== null);
    await raw.sendFrame(EMPTY, { opcode: "binary" });
    assertEquals(await accepted.read(new Uint8Array(1)), null);
    await accepted.closeWrite();
    const closed = Promise.resolve(accepted.close());
    assert(!await isSettled(closed), "its TCP connection lives on");
    const close = frame(new Uint8Array([3, 232]), { opcode: "close" });
    await raw.send(close);
    const received = await within(raw.receiveAll(), "the end of TCP");
    assertEquals([...received], [0x82, 0, 0x88, 2, 3, 232]);
    raw[Symbol.dispose]();
    await within(closed, "the close");
    await listener.close();
  }
});

for (const isLast of [true, false]) {
  Deno.test(`a ws dialer that ends its stream ${isLast ? "last" : "first"} closes with code 1000 in order`, async () => {
    const closed = Promise.withResolvers<[number, boolean]>();
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request, {
          protocol: "lekt",
        });
        socket.onopen = () => isLast && socket.send(EMPTY);
        socket.onmessage = () => isLast || socket.send(EMPTY);
        socket.onclose = ({ code, wasClean }) => {
          closed.resolve([code, wasClean]);
        };
        return response;
      },
    );
    const method = parseMethod(`ws://127.0.0.1:${server.addr.port}`);
    const dialled = await dial(method);
    if (!isLast) await dialled.closeWrite();
    assertEquals(await dialled.read(new Uint8Array(1)), null);
    if (isLast) await dialled.closeWrite();
    await within(Promise.resolve(dialled.close()), "the close");
    assertEquals(await within(closed.promise, "the close"), [1000, true]);
  });
}

for (
  const [what, codes, code] of [
    ["that was lost has code 1006, whatever the runtime says", [0], 1006],
    ["that is closed twice has the first code", [1001, 1005], 1001],
  ] as const
) {
  Deno.test(`a WebSocket ${what}`, () => {
    const inbox = new WebSocketInbox("bob");
    for (const each of codes) inbox.closed(each);
    const text = `closed with code ${code}, without`;
    assertThrows(() => inbox.take(new Uint8Array(1)), LektError, text);
  });
}
