import { assert, assertEquals } from "@std/assert";
import { listenOn } from "../../src/transport/dial.ts";
import {
  parseMethod,
  type WebSocketMethod,
} from "../../src/transport/method.ts";
import { within } from "../helpers/deadline.ts";
import { RawWebSocket } from "../helpers/raw_websocket.ts";

Deno.test("ws takes a message of 3 MiB, and one of 16 MiB in one frame", async () => {
  const listener = await listenOn(parseMethod("ws://127.0.0.1:0"));
  const { port } = listener.method as WebSocketMethod;
  const raw = await RawWebSocket.open(port, "/");
  const accepted = await within(listener.accept(), "accept");
  assert(accepted !== null);
  const into = new Uint8Array(256 * 1024);
  for (const mebibytes of [3, 16]) {
    const payload = new Uint8Array(mebibytes * 1024 * 1024).fill(mebibytes);
    const head = new Uint8Array(14);
    head.set([0x82, 0xff]);
    new DataView(head.buffer).setUint32(6, payload.byteLength);
    const sending = raw.send(head).then(() => raw.send(payload));
    let size = 0;
    while (size < payload.byteLength) {
      const count = await within(accepted.read(into), "bytes");
      assert(count !== null);
      assert(into.subarray(0, count).every((byte) => byte === mebibytes));
      size += count;
    }
    assertEquals(size, payload.byteLength);
    await sending;
  }
  accepted.close();
  raw[Symbol.dispose]();
  await listener.close();
});
