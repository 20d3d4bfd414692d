// What the receiving side tells the sending one, and when it does not.
import { assertEquals } from "@std/assert";
import { resolveLimits } from "../../src/base/limits.ts";
import type { Inbox } from "../../src/session/inbox.ts";
import { IncomingMessage } from "../../src/session/incoming_message.ts";
import { LinkControl } from "../../src/session/link_control.ts";
import { Receipts } from "../../src/session/receipts.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const HELD_MAX = 56 * MIB;

/** What receipts look at of what has arrived. */
interface Arrived {
  receivedCount: number;
  begunCount: number;
  heldSize: number;
  isReady: boolean;
  collectedShare: number;
}

const NOTHING: Arrived = {
  receivedCount: 0,
  begunCount: 0,
  heldSize: 0,
  isReady: false,
  collectedShare: 0,
};

/** Receipts, and what they say. */
class Scene {
  readonly link = new LinkControl(resolveLimits(), 1, 0);
  readonly receipts = new Receipts(this.link, resolveLimits());
  /** How often the largest message that is collected had to give way. */
  failedCount = 0;

  /** An inbox to which this has come. */
  inbox(change: Partial<Arrived>): Inbox {
    const { heldSize, collectedShare, ...arrived } = { ...NOTHING, ...change };
    return {
      ...arrived,
      held: { size: heldSize, room: Infinity },
      streamed: Object.assign([], {
        collectedShare,
        failLargestCollected: (): void => void this.failedCount++,
      }),
      handOverAll: (): void => {},
    } as unknown as Inbox;
  }

  /** Whether something waits to be said; it is said then. */
  get says(): boolean {
    return this.link.queue.take() !== undefined;
  }
}

Deno.test("a Goodbye is taken where it counts the messages that came, and once", () => {
  const scene = new Scene();
  const { receipts } = scene;
  const inbox = scene.inbox({ receivedCount: 5, begunCount: 5 });
  for (const count of [4, 6]) {
    assertEquals(receipts.takeGoodbye(count, inbox), false);
  }
  assertEquals([receipts.goodbye, receipts.takeNews()], [undefined, false]);
  assertEquals(receipts.takeGoodbye(5, inbox), true);
  assertEquals([receipts.takeNews(), receipts.takeNews()], [true, false]);
  assertEquals(receipts.goodbye?.messageCount, 5);
  assertEquals(receipts.takeGoodbye(5, inbox), false);
});

Deno.test("a Goodbye counts messages modulo 2^32", () => {
  const scene = new Scene();
  const inbox = scene.inbox({ receivedCount: 2 ** 32 + 5 });
  assertEquals(scene.receipts.takeGoodbye(5, inbox), true);
});

Deno.test("nothing more is allowed to a side that has said Goodbye", () => {
  for (const hasGoodbye of [false, true]) {
    const scene = new Scene();
    const inbox = scene.inbox({});
    if (hasGoodbye) scene.receipts.takeGoodbye(0, inbox);
    scene.receipts.settleCost(600 * KIB, inbox);
    assertEquals(scene.says, !hasGoodbye);
  }
});

Deno.test("the sender of a message that is complete is not told to stop", () => {
  for (const isComplete of [false, true]) {
    const scene = new Scene();
    const message = new IncomingMessage(7, () => {});
    message.isComplete = isComplete;
    scene.receipts.stop(message, "enough");
    assertEquals(scene.says, !isComplete);
  }
});

Deno.test("what is collected gives way where nothing else is ready, and it holds seven eighths", () => {
  const table: [change: Partial<Arrived>, failedCount: number][] = [
    [{ collectedShare: 7 / 8 }, 1],
    [{ collectedShare: 1 }, 1],
    [{ collectedShare: 6.9 / 8 }, 0],
    [{ collectedShare: 1, isReady: true }, 0],
    [{ collectedShare: 1, heldSize: 0 }, 0],
  ];
  for (const [change, failedCount] of table) {
    const scene = new Scene();
    const inbox = scene.inbox({ heldSize: HELD_MAX, ...change });
    scene.receipts.settleCost(MIB, inbox);
    assertEquals([change, scene.failedCount], [change, failedCount]);
  }
});
