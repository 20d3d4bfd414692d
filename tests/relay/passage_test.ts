// One direction of a call: what it keeps of what it passes on.
import { assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { Meter, Passage } from "../../src/relay/passage.ts";
import { WAITING_SIZE_MAX } from "../../src/relay/limits.ts";

/** A WebSocket that writes when the test says so. */
class SlowSocket extends EventEmitter {
  isPaused = false;
  readonly unwritten: [Uint8Array, (error?: Error) => void][] = [];

  get bufferedAmount(): number {
    return this.unwritten.reduce((sum, [{ length }]) => sum + length, 0);
  }

  send(data: Uint8Array, _: unknown, done: (error?: Error) => void): void {
    this.unwritten.push([data, done]);
  }

  write(error?: Error): void {
    const [, done] = this.unwritten.shift()!;
    done(error);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

function openPassage(): { from: SlowSocket; to: SlowSocket } {
  const [from, to] = [new SlowSocket(), new SlowSocket()];
  const meter = new Meter({ bytesPerSecond: 0, bytesPerCall: 0 });
  new Passage(
    from as unknown as WebSocket,
    to as unknown as WebSocket,
    meter,
    { onPassed() {}, onFault() {}, onSpent() {} },
  );
  return { from, to };
}

Deno.test("a relay gives the memory of a message back as soon as it is written, and leaves what belongs to others", () => {
  const { from, to } = openPassage();
  const own = new Uint8Array(1_000);
  const lost = new Uint8Array(1_000);
  const read = new Uint8Array(1_000);
  const part = read.subarray(10, 500);
  const none = new Uint8Array(0);
  for (const data of [own, part, lost, none]) from.emit("message", data, true);
  assertEquals(own.length, 1_000);
  to.write();
  assertEquals(own.buffer.detached, true);
  to.write();
  assertEquals([part.length, read.length], [490, 1_000]);
  to.write(new Error("broken"));
  assertEquals(lost.length, 1_000);
  to.write();
  assertEquals(none.buffer.detached, false);
});

Deno.test("a relay reads no further while what waits for the other side is too much", () => {
  const { from, to } = openPassage();
  from.emit("message", new Uint8Array(WAITING_SIZE_MAX), true);
  assertEquals(from.isPaused, false);
  from.emit("message", new Uint8Array(WAITING_SIZE_MAX), true);
  assertEquals(from.isPaused, true);
  to.write();
  assertEquals(from.isPaused, true);
  to.write();
  assertEquals(from.isPaused, false);
});
