// How long a side waits for the other one to take bytes, to end, or to make
// room, to the millisecond.
import { inTime } from "../helpers/in_time.ts";
import { assertEquals } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { ClosePatience } from "../../src/connection/ending.ts";
import { type Reading, RoomWait } from "../../src/connection/room_wait.ts";
import type { Writer } from "../../src/connection/writer.ts";

const STEP_MS = 1_000;

/** What `close()` looks at of its writer. */
class FakeWriter {
  readonly own = { isUnheard: false };
  sentBytes = 0;
  isSlow = false;
  isWriting = false;
}

/** When `close()` gives up; `run` does with the writer what it likes. */
async function closeMs(
  run: (
    writer: FakeWriter,
    at: (atMs: number, run: () => void) => void,
    patience: ClosePatience,
  ) => void,
  stepMs = STEP_MS,
): Promise<number | undefined> {
  let endMs: number | undefined;
  await inTime((time) => {
    const writer = new FakeWriter();
    const patience = new ClosePatience(
      writer as unknown as Writer,
      stepMs,
      () => endMs = time.nowMs,
    );
    run(writer, time.at, patience);
  });
  return endMs;
}

Deno.test("close() waits thirty steps for the other side to take a byte, and again behind each step in which it did", async () => {
  assertEquals(await closeMs(() => {}), 30 * STEP_MS);
  const late = await closeMs((writer, at) => {
    at(29_500, () => writer.sentBytes = 1);
  });
  assertEquals(late, 60 * STEP_MS);
});

Deno.test("behind this side's end close() waits one step, and thirty where the link is slow or a write is under way", async () => {
  const ended = (change: Partial<FakeWriter>) =>
    closeMs((writer, at, patience) => {
      Object.assign(writer, change);
      at(500, () => patience.noteWriteEnd());
      at(700, () => patience.noteWriteEnd());
    });
  assertEquals(await ended({}), 500 + STEP_MS);
  assertEquals(await ended({ isSlow: true }), 500 + 30 * STEP_MS);
  assertEquals(await ended({ isWriting: true }), 500 + 30 * STEP_MS);
});

Deno.test("in version 1.1 close() waits for a side that has not heard all, thirty steps or five seconds, and a step more once it has", async () => {
  const unheard = (stepMs: number, heardMs?: number) =>
    closeMs((writer, at, patience) => {
      writer.own.isUnheard = true;
      at(0, () => patience.noteWriteEnd());
      if (heardMs === undefined) return;
      at(heardMs, () => {
        writer.own.isUnheard = false;
        patience.noteWriteEnd();
      });
    }, stepMs);
  // In the step in which the time is over it was still on the way.
  assertEquals(await unheard(STEP_MS), 31 * STEP_MS);
  assertEquals(await unheard(100), 5_100);
  assertEquals(await unheard(STEP_MS, 2_300), 3_300);
  const nothing = await closeMs((_writer, at, patience) => {
    at(100, () => patience.noteWriteEnd());
    at(200, () => patience.clear());
  });
  assertEquals(nothing, undefined);
});

/** What waiting for room looks at. */
class FakeReading {
  failed: unknown;
  readonly cancelled: unknown[] = [];
  /** Messages that may be failed to make room. */
  collected = 0;
  readonly inbox = {
    consumedCount: 0,
    isFull: true,
    isReady: false,
    hasUsualRoom: false,
    heldSize: 100,
    unreadId: 7,
    held: { isSqueezed: false },
    handOverAll: (): void => {},
    streamed: {
      collectedShare: 0,
      hasSlowReader: false,
      isAwaited: false,
      failLargestCollected: (): string | undefined =>
        this.collected-- > 0 ? "message" : undefined,
    },
  };
  readonly pendingReceives = { isEmpty: false };
  readonly outbox = { heldBackSize: 0 };
  readonly session = {
    inbox: this.inbox,
    outbox: this.outbox,
    fail: (error: unknown): void => {
      this.failed = error;
      // The driver ends the wait then.
      this.room?.end();
    },
  };
  room: RoomWait | undefined;

  cancel(message: unknown): void {
    this.cancelled.push(message);
  }
}

/** When waiting for room is over, and why it failed. */
async function roomMs(
  run: (
    reading: FakeReading,
    at: (atMs: number, run: () => void) => void,
    room: RoomWait,
  ) => void,
): Promise<[endMs: number | undefined, code: string | undefined]> {
  let endMs: number | undefined;
  const reading = new FakeReading();
  const pendingCount = await inTime((time) => {
    const limits = resolveLimits({ stallTimeoutMs: STEP_MS });
    const room = new RoomWait(reading as unknown as Reading, limits, () => {});
    reading.room = room;
    run(reading, time.at, room);
    room.wait().then(() => endMs = time.nowMs);
    time.at(100_000, () => room.end());
  });
  assertEquals([pendingCount, reading.room!.isWaiting], [0, false]);
  const { failed } = reading;
  return [endMs, failed instanceof LektError ? failed.code : undefined];
}

Deno.test("reading fails where it stands still for stallTimeoutMs while the application waits, ten times as long where that reads slowly", async () => {
  assertEquals(await roomMs(() => {}), [STEP_MS, "LIMIT"]);
  const slow = await roomMs(({ inbox }) => inbox.streamed.hasSlowReader = true);
  assertEquals(slow, [10 * STEP_MS, "LIMIT"]);
  const taken = await roomMs(({ inbox }, at) => {
    at(500, () => inbox.consumedCount++);
  });
  assertEquals(taken, [2 * STEP_MS, "LIMIT"]);
});

Deno.test("where the application waits for nothing reading stands still for as long as it likes", async () => {
  const idle = await roomMs((reading) =>
    reading.pendingReceives.isEmpty = true
  );
  assertEquals(idle, [100_000, undefined]);
  const late = await roomMs((reading, at) => {
    reading.pendingReceives.isEmpty = true;
    at(2_500, () => reading.inbox.streamed.isAwaited = true);
  });
  assertEquals(late, [3 * STEP_MS, "LIMIT"]);
});

Deno.test("while a send waits for the other side to allow it reading stands still ten times as long, and fails then", async () => {
  const sending = (heldBackSize: number) =>
    roomMs((reading) => {
      reading.pendingReceives.isEmpty = true;
      reading.outbox.heldBackSize = heldBackSize;
    });
  assertEquals(await sending(1), [10 * STEP_MS, "LIMIT"]);
  assertEquals(await sending(0), [100_000, undefined]);
  const both = await roomMs(({ outbox }) => outbox.heldBackSize = 1);
  assertEquals(both, [STEP_MS, "LIMIT"]);
});

Deno.test("where all connections together have no room, others may make some for ten times as long", async () => {
  const squeezed = await roomMs(({ inbox }) => inbox.held.isSqueezed = true);
  assertEquals(squeezed, [10 * STEP_MS, "LIMIT"]);
});

Deno.test("reading goes on with room for a large piece, or with any where somebody waits", async () => {
  const resume = (change: Record<string, unknown>, isAwaited: boolean) =>
    roomMs((reading, at, room) => {
      reading.pendingReceives.isEmpty = !isAwaited;
      at(300, () => {
        Object.assign(reading.inbox, change);
        room.noteConsumed();
      });
    });
  assertEquals(await resume({ hasUsualRoom: true }, false), [300, undefined]);
  assertEquals(await resume({ isFull: false }, true), [300, undefined]);
  assertEquals(await resume({ isFull: false }, false), [100_000, undefined]);
  assertEquals(await resume({}, true), [STEP_MS, "LIMIT"]);
});

Deno.test("what is collected gives way at once where there is nothing else, and before the connection fails", async () => {
  const atOnce = async (
    collectedShare: number,
    change: Record<string, unknown> = {},
  ): Promise<number> => {
    let cancelledCount = 0;
    await roomMs((reading, at) => {
      reading.pendingReceives.isEmpty = true;
      reading.collected = 2;
      Object.assign(reading.inbox, change);
      reading.inbox.streamed.collectedShare = collectedShare;
      at(1, () => cancelledCount = reading.cancelled.length);
    });
    return cancelledCount;
  };
  assertEquals(await atOnce(1), 2);
  assertEquals(await atOnce(0.99), 0);
  assertEquals(await atOnce(1, { isReady: true }), 0);
  assertEquals(await atOnce(1, { held: { isSqueezed: true } }), 0);
  const later = await roomMs((reading) => reading.collected = 2);
  assertEquals(later, [3 * STEP_MS, "LIMIT"]);
});

Deno.test("where there is room nothing is waited for", async () => {
  assertEquals(await roomMs(({ inbox }) => inbox.isFull = false), [
    0,
    undefined,
  ]);
});
