// The platform's WebSocket, which cannot hold the other side back: what is held, what waits, and its end.
import { assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import {
  parseMethod,
  type WebSocketMethod,
} from "../../src/transport/method.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { dialNativeWebSocket } from "../../src/transport/websocket_native.ts";
import { isSettled, within } from "../helpers/deadline.ts";

const METHOD = parseMethod("ws://192.0.2.7:7/") as WebSocketMethod;
const MIB = 1024 * 1024;

/** A WebSocket that goes nowhere. */
class StandIn extends EventTarget {
  static readonly OPEN = 1;
  static latest: StandIn;
  readyState = StandIn.OPEN;
  bufferedAmount = 0;
  readonly sentSizes: number[] = [];
  readonly closeCodes: (number | undefined)[] = [];

  constructor(_url: string, _subprotocols: string[]) {
    super();
    StandIn.latest = this;
    queueMicrotask(() => this.dispatchEvent(new Event("open")));
  }

  send({ byteLength }: Uint8Array): void {
    this.sentSizes.push(byteLength);
  }

  close(code?: number): void {
    this.closeCodes.push(code);
  }

  /** A message comes. */
  bring(data: ArrayBuffer | string): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

/** A byte stream over a WebSocket that stands in for the platform's. */
async function open(
  maxBufferedBytes?: number,
): Promise<{ transport: Transport; socket: StandIn }> {
  const { WebSocket } = globalThis;
  globalThis.WebSocket = StandIn as unknown as typeof WebSocket;
  try {
    const transport = await dialNativeWebSocket(
      METHOD,
      maxBufferedBytes === undefined ? {} : { maxBufferedBytes },
    );
    return { transport, socket: StandIn.latest };
  } finally {
    globalThis.WebSocket = WebSocket;
  }
}

async function codeOf(attempt: () => Promise<unknown>): Promise<string> {
  const rejection = assertRejects(attempt, LektError);
  return (await within(rejection, "the rejection")).code;
}

Deno.test("of what is not read as many bytes are held as may be, and no more", async () => {
  const { transport, socket } = await open(10);
  socket.bring(new ArrayBuffer(4));
  socket.bring(new ArrayBuffer(6));
  assertEquals(socket.closeCodes, []);
  assertEquals(await transport.read(new Uint8Array(1)), 1);
  socket.bring(new ArrayBuffer(1));
  assertEquals(socket.closeCodes, []);
  socket.bring(new ArrayBuffer(1));
  assertEquals(socket.closeCodes, [4000]);
  assertEquals(await codeOf(() => transport.read(new Uint8Array(1))), "LIMIT");
});

Deno.test("without a bound 64 MiB are held", async () => {
  const { transport, socket } = await open();
  socket.bring(new ArrayBuffer(64 * MIB));
  assertEquals(socket.closeCodes, []);
  socket.bring(new ArrayBuffer(1));
  assertEquals(await codeOf(() => transport.read(new Uint8Array(1))), "LIMIT");
});

Deno.test("a write waits while more than 1 MiB waits in the platform, and what arrives has it looked at", async () => {
  const { transport, socket } = await open();
  socket.bufferedAmount = MIB;
  assertEquals(await within(transport.write(new Uint8Array(3)), "a write"), 3);
  socket.bufferedAmount = MIB + 1;
  const writing = transport.write(new Uint8Array(70_000));
  assertEquals(await isSettled(writing), false);
  assertEquals(socket.sentSizes, [3, 65_536]);
  socket.bufferedAmount = MIB;
  socket.bring(new ArrayBuffer(1));
  assertEquals(await within(writing, "the write"), 65_536);
});

Deno.test("a write that waits learns that the WebSocket has gone, or that this side has closed", async () => {
  for (const isOwn of [false, true]) {
    const { transport, socket } = await open();
    socket.bufferedAmount = MIB + 1;
    const writing = codeOf(() => transport.write(new Uint8Array(1)));
    assertEquals(await isSettled(writing), false);
    if (isOwn) transport.close();
    else socket.readyState = 3;
    assertEquals(await writing, isOwn ? "CLOSED" : "TRUNCATED");
  }
});

Deno.test("a WebSocket that has gone takes neither bytes nor an end", async () => {
  const { transport, socket } = await open();
  socket.readyState = 2;
  const attempts = [
    () => transport.write(new Uint8Array(1)),
    () => transport.closeWrite(),
  ];
  for (const attempt of attempts) {
    assertEquals(await codeOf(attempt), "TRUNCATED");
  }
  assertEquals(socket.sentSizes, []);
});

Deno.test("behind close() all is CLOSED, and whatever still arrives changes nothing", async () => {
  const { transport, socket } = await open(10);
  socket.bring(new ArrayBuffer(1));
  transport.close();
  transport.close();
  for (const data of [new ArrayBuffer(11), new ArrayBuffer(0), "text"]) {
    socket.bring(data);
  }
  socket.dispatchEvent(new CloseEvent("close", { code: 1006 }));
  const attempts = [
    () => transport.read(new Uint8Array(1)),
    () => transport.write(new Uint8Array(1)),
    () => transport.closeWrite(),
  ];
  for (const attempt of attempts) {
    assertEquals(await codeOf(attempt), "CLOSED");
  }
  assertEquals([socket.closeCodes, socket.sentSizes], [[undefined], []]);
});

Deno.test("a WebSocket is closed in order when both streams have ended, whichever did last", async () => {
  for (const isFirst of [true, false]) {
    const { transport, socket } = await open();
    if (isFirst) await transport.closeWrite();
    else socket.bring(new ArrayBuffer(0));
    assertEquals(socket.closeCodes, []);
    if (isFirst) socket.bring(new ArrayBuffer(0));
    else await transport.closeWrite();
    assertEquals([socket.closeCodes, socket.sentSizes], [[1000], [0]]);
    assertEquals(await transport.read(new Uint8Array(1)), null);
  }
});

Deno.test("text closes the WebSocket with a code that pages may send", async () => {
  const { transport, socket } = await open();
  socket.bring("text");
  assertEquals(socket.closeCodes, [4000]);
  const attempt = () => transport.read(new Uint8Array(1));
  assertEquals(await codeOf(attempt), "PROTOCOL");
});
