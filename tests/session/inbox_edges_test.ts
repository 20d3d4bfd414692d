// An inbox by itself, told of records as by the core: what it counts, and what
// memory it sets aside, to the byte.
import { assertEquals, assertLess } from "@std/assert";
import { concat } from "@std/bytes";
import { RECORD_FIRST, RECORD_LAST, SINGLE_SLOT } from "../../asm/wire.ts";
import { LektError } from "../../src/base/errors.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { Inbox, type InboxHost } from "../../src/session/inbox.ts";
import type { IncomingMessage } from "../../src/session/incoming_message.ts";
import { MessageBatch } from "../../src/session/message_batch.ts";
import type { MessageSource } from "../../src/session/ready_queue.ts";
import { pattern } from "../helpers/messages.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const CONTENT = pattern(256 * KIB);

/** An inbox, and the core that tells it of records. */
class Scene implements Disposable {
  readonly inbox: Inbox;

  constructor(maxBufferedBytes = 64 * MIB) {
    const host = {
      core: { receiveRegion: CONTENT },
      takeControl: (): undefined => {},
      notePart: (): void => {},
      noteEnded: (): void => {},
      noteAborted: (): void => {},
      noteDropped: (): void => {},
    };
    const limits = resolveLimits({
      maxBufferedBytes,
      maxTotalBufferedBytes: 1_024 * MIB,
    });
    this.inbox = new Inbox(host as unknown as InboxHost, limits);
  }

  /** The first part of a message, of so many bytes. */
  begin(slot: number, size: number, flags = 0): IncomingMessage {
    this.inbox.takePart(slot, slot, 0, size, RECORD_FIRST | flags);
    return [...this.inbox.streamed].at(-1)!;
  }

  /** Another part of it. */
  goOn(slot: number, size: number, flags = 0): void {
    this.inbox.takePart(slot, slot, 0, size, flags);
  }

  /** What other tests of the process hold makes no difference. */
  [Symbol.dispose](): void {
    this.inbox.held.clear();
  }
}

/** Messages of one packet each, of 100 bytes. */
function batchOf(...ids: number[]): MessageBatch {
  const records = ids.flatMap((id, at) => [0, id, at * 100, 100]);
  return new MessageBatch(pattern(ids.length * 100), 0, records);
}

function gone(): LektError {
  return new LektError("CLOSED", "gone");
}

Deno.test("an inbox is full at its last byte, and reading goes on where a quarter of it is free", () => {
  using scene = new Scene(100_000);
  const { inbox } = scene;
  const states = [74_999, 75_000, 75_001, 99_999, 100_000, 100_001].map(
    (size) => {
      inbox.held.clear();
      inbox.held.change(size);
      return [inbox.hasUsualRoom, inbox.isFull];
    },
  );
  assertEquals(states, [
    [true, false],
    [true, false],
    [false, false],
    [false, false],
    [false, true],
    [false, true],
  ]);
});

Deno.test("the message to be read first is the largest that comes, unless those that are ready hold more", () => {
  using scene = new Scene();
  const { inbox } = scene;
  assertEquals(inbox.unreadId, undefined);
  const { heldSize } = scene.begin(7, 4 * KIB);
  assertEquals(inbox.unreadId, 7);
  inbox.takeBatch(batchOf(21, 22));
  inbox.shift(() => true);
  inbox.held.change(2 * heldSize - inbox.heldSize);
  assertEquals(inbox.unreadId, 7);
  inbox.held.change(1);
  assertEquals(inbox.unreadId, 22);
  inbox.held.change(-2);
  assertEquals(inbox.unreadId, 7);
});

Deno.test("messages that come behind discard() are dropped, and counted", () => {
  using scene = new Scene();
  const { inbox } = scene;
  inbox.discard(gone);
  assertEquals(inbox.hasDropped, false);
  inbox.takeBatch(batchOf(1, 2));
  assertEquals([inbox.isReady, inbox.heldSize, inbox.receivedCount], [
    false,
    0,
    2,
  ]);
  assertEquals(inbox.hasDropped, true);
});

Deno.test("discard() drops what was not handed over, and nothing else counts as dropped", () => {
  using scene = new Scene();
  const { inbox } = scene;
  inbox.takeBatch(batchOf(1));
  inbox.shift(() => true);
  inbox.discard(gone);
  assertEquals(inbox.hasDropped, false);
  using other = new Scene();
  other.inbox.takeBatch(batchOf(1));
  other.inbox.discard(gone);
  assertEquals([other.inbox.hasDropped, other.inbox.isReady], [true, false]);
});

Deno.test("a message that the application has whole stays readable behind discard(), and counts no more", () => {
  using scene = new Scene();
  const { inbox } = scene;
  const message = scene.begin(3, 200 * KIB);
  assertEquals(inbox.shift((source) => source), message);
  scene.goOn(3, 100 * KIB, RECORD_LAST);
  // Longer than what counts no more as soon as it is whole.
  assertLess(300 * KIB, inbox.heldSize);
  inbox.discard(gone);
  assertEquals([inbox.hasDropped, inbox.heldSize], [false, 0]);
  assertEquals(message.join().length, 300 * KIB);
  assertEquals(inbox.heldSize, 0);
});

Deno.test("the reason of an Abort counts until the application has the message, and then no more", () => {
  using scene = new Scene();
  const { inbox } = scene;
  const taken = scene.begin(3, 100 * KIB);
  scene.begin(4, 5);
  assertEquals(inbox.shift((source) => source), taken);
  inbox.takeAbort(3, 3, "a".repeat(1_000));
  const { heldSize } = inbox;
  inbox.takeAbort(4, 4, "a".repeat(1_000));
  assertLess(heldSize + 1_000, inbox.heldSize);
  inbox.shift(() => true);
  assertEquals(inbox.heldSize, 0);
});

Deno.test("the reader of a message has taken something where memory has become free, and then alone", () => {
  using scene = new Scene();
  const { inbox } = scene;
  const message = scene.begin(3, 4 * KIB);
  scene.goOn(3, 4 * KIB);
  scene.goOn(3, 0);
  assertEquals(inbox.consumedCount, 0);
  message.read(new Uint8Array(1));
  assertEquals(inbox.consumedCount, 0);
  message.read(new Uint8Array(8 * KIB));
  assertEquals([inbox.consumedCount, inbox.heldSize], [1, 0]);
});

Deno.test("one of eight messages has an eighth of a usual piece set aside for what may follow, and room for what comes", () => {
  const blockOf = (size: number, openCount: number): number => {
    using scene = new Scene(MIB);
    for (let slot = 1; slot < openCount; slot++) scene.begin(slot, 0);
    const message = scene.begin(0, 50 * KIB);
    while (message.shift());
    scene.goOn(0, size);
    return message.heldSize;
  };
  assertEquals(blockOf(1, 8), 32 * KIB);
  assertEquals(blockOf(1, 1), 64 * KIB);
  assertEquals(blockOf(100 * KIB, 8), 128 * KIB);
});

Deno.test("many short messages that wait take little more than came, and stay in order", () => {
  using scene = new Scene();
  const { inbox } = scene;
  const count = 30_000;
  for (let id = 0; id < count; id++) inbox.takeBatch(batchOf(id));
  // Up to 256 KiB each is as it came; a record is 16 bytes.
  assertLess(inbox.heldSize, 256 * KIB + count * (100 + 16) * 1.02);
  assertEquals(inbox.receivedCount, count);
  const ids: number[] = [];
  while (inbox.isReady) {
    inbox.shift((source, index) =>
      ids.push(source instanceof MessageBatch ? source.idAt(index) : -1)
    );
  }
  assertEquals(ids, Array.from({ length: count }, (_, id) => id));
  assertEquals(inbox.heldSize, 0);
});

Deno.test("batches that wait are joined from 256 KiB on, but for the next one", () => {
  using scene = new Scene();
  const { inbox } = scene;
  const heldBehind = (heldBefore: number): number => {
    inbox.takeBatch(batchOf(1));
    inbox.takeBatch(batchOf(2));
    inbox.held.change(heldBefore - inbox.heldSize);
    inbox.takeBatch(batchOf(3));
    const size = inbox.heldSize - heldBefore;
    while (inbox.isReady) inbox.shift(() => true);
    inbox.held.clear();
    return size;
  };
  const alone = batchOf(1).heldSize;
  assertEquals(heldBehind(256 * KIB - 1), alone);
  assertEquals(heldBehind(256 * KIB), batchOf(2, 3).heldSize - alone);
});

Deno.test("a message that is whole before it was handed over counts as one that came in one read", () => {
  for (const slot of [0, SINGLE_SLOT]) {
    using scene = new Scene();
    const { inbox } = scene;
    scene.begin(slot, 600);
    scene.goOn(slot, 400, RECORD_LAST);
    assertEquals([inbox.heldSize, inbox.receivedCount, inbox.openCount], [
      1_000 + 16 + 512,
      1,
      0,
    ]);
    assertEquals([...inbox.streamed], []);
    const bytes = inbox.shift((source, index) =>
      source instanceof MessageBatch && source.bytesAt(index)
    );
    assertEquals(bytes, concat([CONTENT.slice(0, 600), CONTENT.slice(0, 400)]));
    assertEquals([inbox.heldSize, inbox.consumedCount], [0, 1]);
  }
});

Deno.test("what the application has taken counts no longer once it is whole, up to 256 KiB", () => {
  for (const [size, held] of [[128 * KIB, 0], [128 * KIB + 1, 512 * KIB]]) {
    using scene = new Scene();
    const { inbox } = scene;
    const message = scene.begin(5, size!);
    inbox.shift(() => true);
    message.read(new Uint8Array(1));
    scene.goOn(5, 128 * KIB, RECORD_LAST);
    assertEquals(inbox.heldSize, held);
    assertEquals(inbox.streamed.has(message), held! > 0);
  }
});

Deno.test("of what has begun, that is handed over which has cost so much at least", () => {
  using scene = new Scene();
  const { inbox } = scene;
  scene.begin(1, 10).cost = 4_095;
  scene.begin(2, 10).cost = 4_096;
  inbox.handOverAll(4_096);
  const idOf = (source: MessageSource) => "id" in source ? source.id : -1;
  assertEquals([inbox.shift(idOf), inbox.shift(idOf)], [2, undefined]);
  inbox.handOverAll();
  assertEquals(inbox.shift(idOf), 1);
});
