// When more is allowed to the other side, and how much, to the byte.
import { assertEquals } from "@std/assert";
import { PACKET_COST } from "../../asm/wire.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import type { ControlPacket } from "../../src/framing/control.ts";
import { ControlQueue } from "../../src/session/control_queue.ts";
import type { HeldMemory } from "../../src/session/held_memory.ts";
import type { IncomingMessage } from "../../src/session/incoming_message.ts";
import { ReceiveWindows } from "../../src/session/receive_windows.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What may be sent unasked. */
const START = MIB;

/** What follows from `maxBufferedBytes` of 64 MiB: how much may be held, be allowed where nothing is, and be allowed at once. */
const HELD_MAX = 54.25 * MIB;
const FREE_MAX = HELD_MAX / 2;
const CAPACITY = FREE_MAX;
const STEP = CAPACITY / 2;

/** Windows, and what they have announced. */
class Scene {
  readonly announced: ControlPacket[] = [];
  readonly windows: ReceiveWindows;

  constructor() {
    const queue = new ControlQueue();
    queue.add = (packet) => void this.announced.push(packet);
    const limits = resolveLimits({ maxBufferedBytes: 64 * MIB });
    this.windows = new ReceiveWindows(queue, limits);
  }

  /** There is room for so much, which takes twice the memory; what was announced then. */
  consider(free: number, isAllTaken = false): number | undefined {
    const held = { size: HELD_MAX - 2 * free, room: Infinity };
    this.windows.consider(held as HeldMemory, isAllTaken);
    const packet = this.announced.shift();
    return packet?.type === "window" ? packet.total : undefined;
  }

  /** As much as there can be is allowed, beyond the first 256 KiB that came. */
  static opened(): Scene {
    const scene = new Scene();
    scene.windows.noteReceived(START / 4);
    assertEquals(scene.consider(FREE_MAX), START / 4 + CAPACITY);
    return scene;
  }
}

Deno.test("a connection may bring what it is allowed, and not a byte more", () => {
  const { windows } = new Scene();
  assertEquals(windows.noteReceived(START), undefined);
  assertEquals(windows.noteReceived(1)?.ruleId, "W-2");
});

Deno.test("nothing is announced before a quarter of what may be sent unasked has come", () => {
  const scene = new Scene();
  scene.windows.noteReceived(START / 4 - 1);
  assertEquals([scene.windows.isLow, scene.consider(FREE_MAX)], [
    false,
    undefined,
  ]);
  scene.windows.noteReceived(1);
  assertEquals(scene.windows.isLow, true);
  assertEquals(scene.consider(FREE_MAX), START / 4 + CAPACITY);
});

Deno.test("a window is announced anew when more than half of the largest was used", () => {
  const scene = Scene.opened();
  scene.windows.noteReceived(STEP);
  assertEquals([scene.windows.isLow, scene.consider(FREE_MAX)], [
    false,
    undefined,
  ]);
  scene.windows.noteReceived(1);
  assertEquals(scene.consider(FREE_MAX), START / 4 + STEP + 1 + CAPACITY);
});

Deno.test("where little is free, a quarter of that is worth an announcement", () => {
  const free = 8 * MIB;
  for (const extra of [0, 1]) {
    const scene = Scene.opened();
    // What is still allowed, of which a quarter of what is free is missing.
    const used = CAPACITY - (free - free / 4) - extra;
    scene.windows.noteReceived(used);
    const total = extra === 0 ? START / 4 + used + free : undefined;
    assertEquals(scene.consider(free), total);
  }
});

Deno.test("half of what may be sent unasked is announced as soon as it can be", () => {
  const scene = new Scene();
  const low = START / 2;
  scene.windows.noteReceived(START - low);
  assertEquals(scene.consider(low + 1), undefined);
  scene.windows.noteReceived(1);
  assertEquals(scene.consider(low), START + 1);
});

Deno.test("where nothing is free nothing is announced", () => {
  const scene = new Scene();
  scene.windows.noteReceived(START);
  assertEquals(scene.consider(0), undefined);
  assertEquals(scene.consider(-MIB), undefined);
  // But for a message of one packet, where all is taken.
  const reserve = 256 * KIB + PACKET_COST;
  assertEquals(scene.consider(-MIB, true), START + reserve);
});

Deno.test("however much all connections hold, each is allowed what a long message needs", () => {
  const least = 256 * KIB + PACKET_COST + 192 * KIB;
  const announced = (size: number): number | undefined => {
    const scene = new Scene();
    scene.windows.noteReceived(START);
    const held = { size, room: -1 };
    scene.windows.consider(held as HeldMemory, false);
    const packet = scene.announced.shift();
    return packet?.type === "window" ? packet.total : undefined;
  };
  assertEquals(announced(0), START + least);
  assertEquals(announced(least), START + least);
  assertEquals(announced(HELD_MAX), undefined);
});

Deno.test("memory is scarce below half of what may be allowed, and short below what a sender may need", () => {
  const scene = new Scene();
  for (const extra of [0, -1]) {
    scene.consider(CAPACITY / 2 + extra);
    assertEquals(scene.windows.isPressed, extra < 0);
  }
  const low = START / 2;
  for (const [used, free] of [[low, low - 1], [low + 1, low]] as const) {
    const short = new Scene();
    short.windows.noteReceived(used);
    short.consider(free);
    assertEquals(short.windows.isShort, false);
  }
  const enough = new Scene();
  enough.windows.noteReceived(low);
  enough.consider(low);
  enough.windows.noteReceived(1);
  assertEquals(enough.windows.isShort, false);
  const short = new Scene();
  short.windows.noteReceived(low + 1);
  short.consider(low - 1);
  assertEquals(short.windows.isShort, true);
});

/** A message, as far as windows look at it. */
function messageOf(facts: Partial<IncomingMessage>): IncomingMessage {
  const message = {
    id: 5,
    cost: 0,
    size: 0,
    takenSize: 0,
    allowed: 0,
    window: 0,
    isUnasked: false,
    isCollected: false,
    ...facts,
  };
  return message as IncomingMessage;
}

/** What is announced of a message where so much is free. */
function announcedOf(
  facts: Partial<IncomingMessage>,
  free = FREE_MAX,
): [number | undefined, IncomingMessage] {
  const scene = new Scene();
  scene.consider(free);
  const message = messageOf(facts);
  scene.windows.considerMessage(message);
  const packet = scene.announced.shift();
  const total = packet?.type === "messageWindow" ? packet.total : undefined;
  return [total, message];
}

/** A message gets a quarter of what there is room for. */
const WINDOW = CAPACITY / 4;

Deno.test("more of a message is announced when three eighths of its window are left", () => {
  for (const extra of [-1, 0, 1]) {
    const cost = 700_000 + extra;
    const [total, message] = announcedOf({
      cost,
      size: cost,
      takenSize: cost,
      allowed: 1_000_000,
      window: 800_000,
    });
    assertEquals(total, extra < 0 ? undefined : cost + WINDOW);
    if (extra < 0) continue;
    assertEquals([message.allowed, message.window], [cost + WINDOW, WINDOW]);
  }
});

Deno.test("more of a message is announced where that is a quarter of its window or more", () => {
  for (const extra of [-1, 0]) {
    const allowed = 10_000_000;
    const takenSize = allowed + 200_000 + extra - WINDOW;
    const [total] = announcedOf({
      cost: 9_800_000,
      size: 9_800_000,
      takenSize,
      allowed,
      window: 800_000,
    });
    assertEquals(total, extra < 0 ? undefined : allowed + 200_000);
  }
});

Deno.test("what packets cost besides their bytes is given back, and a message has 16 KiB at least and 16 MiB at most", () => {
  const facts = { cost: 50_000, size: 40_000, takenSize: 40_000 };
  assertEquals(announcedOf(facts)[0], 50_000 + WINDOW);
  assertEquals(announcedOf(facts, 0)[0], 50_000 + 16 * KIB);
  const collected = announcedOf({ ...facts, isCollected: true });
  assertEquals(collected[0], 50_000 + 16 * MIB + 64 * KIB);
});

Deno.test("of what is collected, what packets cost is given back from 16 KiB on", () => {
  for (const extra of [-1, 0]) {
    const size = 16 * MIB;
    const allowed = size + 64 * KIB;
    const [total] = announcedOf({
      cost: size + 16 * KIB + extra,
      size,
      allowed,
      window: allowed,
      isCollected: true,
    });
    assertEquals(total, extra < 0 ? undefined : allowed + 16 * KIB);
  }
});

Deno.test("where memory is scarce the first who reads a message says so, once", () => {
  const facts = { allowed: 100_000, window: 100_000, isUnasked: true };
  const [total, message] = announcedOf(facts, 0);
  assertEquals([total, message.isUnasked], [100_000, false]);
  assertEquals(announcedOf({ ...facts, isUnasked: false }, 0)[0], undefined);
  assertEquals(announcedOf(facts)[0], undefined);
});

Deno.test("a message may cost what it is allowed, its packets included", () => {
  const { windows } = new Scene();
  const message = messageOf({ size: 1_000, allowed: 1_000 + 3 * PACKET_COST });
  assertEquals(windows.noteParts(message, 3), undefined);
  assertEquals(message.cost, 1_000 + 3 * PACKET_COST);
  assertEquals(windows.noteParts(message, 4)?.ruleId, "W-3");
});
