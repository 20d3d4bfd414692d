// What is asked of a WebSocket of npm `ws`, and what is made of its events, behind close() above all.
import { EventEmitter } from "node:events";
import { assertEquals } from "@std/assert";
import type { WebSocket } from "ws";
import { WebSocketTransport } from "../../src/transport/websocket_stream.ts";
import { assertClosed } from "../helpers/closed_transport.ts";

/** A WebSocket that goes nowhere, and notes what is asked of it. */
class StandIn extends EventEmitter {
  readonly asked: string[] = [];

  send(
    { length }: Uint8Array,
    _options: unknown,
    done: (error?: Error) => void,
  ): void {
    this.asked.push(`send ${length}`);
    done();
  }

  close(code: number): void {
    this.asked.push(`close ${code}`);
  }

  terminate(): void {
    this.asked.push("terminate");
  }

  pause(): void {
    this.asked.push("pause");
  }

  resume(): void {
    this.asked.push("resume");
  }

  /** A message comes. */
  bring(size: number, isBinary = true): void {
    this.emit("message", new Uint8Array(size), isBinary);
  }

  /** What was asked since the last time. */
  news(): string[] {
    return this.asked.splice(0);
  }
}

function open(): { socket: StandIn; transport: WebSocketTransport } {
  const socket = new StandIn();
  const transport = new WebSocketTransport(
    socket as unknown as WebSocket,
    { address: "192.0.2.7:7" },
  );
  return { socket, transport };
}

Deno.test("a WebSocket is read from only while somebody reads and nothing is there", async () => {
  const { socket, transport } = open();
  const reading = transport.read(new Uint8Array(2));
  assertEquals(socket.news(), ["resume"]);
  socket.bring(3);
  assertEquals(socket.news(), ["pause"]);
  assertEquals(await reading, 2);
  assertEquals(await transport.read(new Uint8Array(2)), 1);
  assertEquals(socket.news(), []);
});

Deno.test("a WebSocket that is cut is terminated once, and nothing is asked of it then", async () => {
  const { socket, transport } = open();
  transport.close();
  transport.close();
  await assertClosed(transport);
  for (const isBinary of [true, false]) socket.bring(3, isBinary);
  socket.bring(0);
  await assertClosed(transport);
  assertEquals(socket.news(), ["terminate"]);
});

Deno.test("a WebSocket whose streams have both ended is left to its Close frames, also where it is closed twice", async () => {
  const { socket, transport } = open();
  socket.bring(0);
  await transport.closeWrite();
  assertEquals(socket.news(), ["send 0", "resume", "close 1000"]);
  transport.close();
  transport.close();
  socket.bring(3);
  await assertClosed(transport);
  assertEquals(socket.news(), []);
});

Deno.test("a WebSocket of which one stream alone has ended is terminated", async () => {
  for (const isOwn of [true, false]) {
    const { socket, transport } = open();
    if (isOwn) await transport.closeWrite();
    else socket.bring(0);
    socket.news();
    transport.close();
    assertEquals(socket.news(), ["terminate"]);
  }
});
