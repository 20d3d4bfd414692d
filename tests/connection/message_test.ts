// A message by itself: what of it is given, when, and what its connection is told.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { Message } from "../../src/connection/message.ts";
import type { MessageHost } from "../../src/connection/message_body.ts";
import { IncomingMessage } from "../../src/session/incoming_message.ts";
import { MessageBatch } from "../../src/session/message_batch.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { isSettled, within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";

const MOST = 1_000;

/** A connection that notes what it is told. */
class Host implements MessageHost {
  readonly maxCollectedBytes = MOST;
  owesAny = false;
  readonly told: string[] = [];

  noteConsumed(message?: IncomingMessage): void {
    this.told.push(message ? `wants ${message.id}` : "consumed");
  }

  settle(messageId: number, isTaken: boolean): void {
    this.told.push(`${messageId} ${isTaken ? "taken" : "dropped"}`);
  }

  cancel(message: IncomingMessage, reason: string): void {
    this.told.push(`cancel ${message.id} ${reason}`.trim());
  }

  release(message: IncomingMessage): void {
    this.told.push(`release ${message.id}`);
  }
}

/** A message that came whole, of one packet. */
function whole(size: number, host = new Host()): Message {
  const batch = new MessageBatch(pattern(size), 0, [0, 7, 0, size]);
  return new Message(batch, batch.shift(), host);
}

/** A message that comes piece by piece, of which so much is there. */
function coming(
  size: number,
  change: Partial<IncomingMessage> = {},
): { message: Message; incoming: IncomingMessage; host: Host } {
  const host = new Host();
  const incoming = new IncomingMessage(7, () => {});
  incoming.push(pattern(size));
  Object.assign(incoming, change);
  return { message: new Message(incoming, 0, host), incoming, host };
}

/** What a promise rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => undefined, (error) => error);
  return error instanceof LektError ? error.code : `${error?.name}`;
}

Deno.test("a message is collected up to maxCollectedBytes, and not a byte longer", async () => {
  assertEquals(whole(MOST).bytesNow()?.length, MOST);
  assertEquals((await whole(MOST).bytes()).length, MOST);
  assertEquals(whole(MOST + 1).bytesNow(), undefined);
  assertEquals(await codeOf(whole(MOST + 1).bytes()), "LIMIT");
  const isComplete = true;
  assertEquals(coming(MOST, { isComplete }).message.bytesNow()?.length, MOST);
  const long = coming(MOST + 1, { isComplete });
  assertEquals(long.message.bytesNow(), undefined);
  assertEquals(await codeOf(long.message.bytes()), "LIMIT");
  assertEquals(long.host.told, [
    "release 7",
    "cancel 7 Cannot collect message 7: it has more than 1000 bytes",
    "consumed",
  ]);
});

Deno.test("a message that grows beyond maxCollectedBytes while it is collected rejects, and one of just so many does not", async () => {
  for (const extra of [0, 1]) {
    const { message, incoming } = coming(MOST - 10);
    const collecting = message.bytes();
    incoming.push(pattern(10 + extra));
    incoming.notify();
    assertEquals(await isSettled(collecting), extra > 0);
    incoming.isComplete = true;
    incoming.notify();
    if (extra > 0) assertEquals(await codeOf(collecting), "LIMIT");
    else assertEquals((await collecting).length, MOST);
  }
});

Deno.test("who asks for the bytes of a message that has come half asks for the rest once half of its window is used", () => {
  const asked = [499, 500].map((cost) => {
    const { message, incoming, host } = coming(5, { cost, allowed: 1_000 });
    assertEquals(message.bytesNow(), undefined);
    return [incoming.isCollected, host.told.length];
  });
  assertEquals(asked, [[false, 0], [true, 1]]);
  const again = coming(5, { cost: 500, allowed: 1_000 });
  again.message.bytesNow();
  again.message.bytesNow();
  assertEquals(again.host.told, ["wants 7"]);
});

Deno.test("a message that has failed gives nothing, and says why", async () => {
  const error = new LektError("ABORTED", "enough");
  for (const read of ["bytes", "body"] as const) {
    const { message, incoming, host } = coming(5);
    incoming.fail(error);
    assertEquals(message.bytesNow(), undefined);
    const reading = read === "bytes"
      ? message.bytes()
      : message.body.getReader().read();
    assertEquals(await codeOf(reading), "ABORTED");
    assertEquals(host.told, ["release 7"]);
    message.cancel();
    assertEquals(host.told, ["release 7"]);
  }
  const used = coming(5, { cost: 500, allowed: 1_000 });
  used.incoming.fail(error);
  assertEquals([used.message.bytesNow(), used.host.told], [undefined, []]);
});

Deno.test("a message is read once, in one form", async () => {
  for (
    const make of [
      () => whole(5),
      () => coming(5, { isComplete: true }).message,
    ]
  ) {
    const collected = make();
    await collected.bytes();
    assertEquals(collected.bytesNow(), undefined);
    assertEquals(await codeOf(collected.bytes()), "TypeError");
    assertEquals(await codeOf(collected.body.getReader().read()), "TypeError");
    const streamed = make();
    await streamed.body.getReader().read();
    assertEquals(streamed.bytesNow(), undefined);
    assertEquals(await codeOf(streamed.bytes()), "TypeError");
    const locked = make();
    locked.body.getReader();
    assertEquals([locked.bodyUsed, locked.bytesNow()], [false, undefined]);
  }
});

Deno.test("a body gives all bytes of a message, in its reader's memory or in its own", async () => {
  for (const viewSize of [undefined, 1, 3, 5, 100]) {
    for (
      const make of [
        () => whole(5),
        () => coming(5, { isComplete: true }).message,
      ]
    ) {
      const bytes: number[] = [];
      const { body } = make();
      if (viewSize === undefined) {
        for await (const chunk of body) bytes.push(...chunk);
      } else {
        const reader = body.getReader({ mode: "byob" });
        while (true) {
          const { value, done } = await reader.read(new Uint8Array(viewSize));
          if (done) break;
          bytes.push(...value);
        }
      }
      assertEquals(bytes, [...pattern(5)]);
    }
  }
  for (
    const make of [
      () => whole(0),
      () => coming(0, { isComplete: true }).message,
    ]
  ) {
    const { done } = await make().body.getReader().read();
    assertEquals(done, true);
  }
});

Deno.test("the sender of a message hears once whether it was taken, where it has asked", async () => {
  for (const owesAny of [false, true]) {
    const tell = owesAny ? ["7 taken"] : [];
    const batched = Object.assign(new Host(), { owesAny });
    whole(5, batched).bytesNow();
    assertEquals(batched.told, tell);
    const { message, host } = coming(5, { isComplete: true });
    host.owesAny = owesAny;
    await message.bytes();
    assertEquals(host.told, ["release 7", ...tell, "consumed"]);
  }
  const dropped = new Host();
  const message = whole(5, dropped);
  message.cancel();
  message.cancel();
  assertEquals(dropped.told, ["7 dropped"]);
  const taken = new Host();
  const other = whole(5, taken);
  other.bytesNow();
  other.cancel();
  assertEquals(taken.told, []);
});

Deno.test("the sender of a short message hears of it once, however it is read and given up: the id may be another message's by then", async () => {
  const read = new Host();
  const message = whole(5, read);
  const reader = message.body.getReader();
  assertEquals((await reader.read()).value?.length, 5);
  assertEquals((await reader.read()).done, true);
  message.cancel();
  assertEquals(read.told, ["7 taken"]);
  const cancelled = new Host();
  const other = whole(5, cancelled);
  await other.body.cancel();
  other.cancel();
  assertEquals(cancelled.told, ["7 dropped"]);
});

Deno.test("a message whose memory was transferred with that of another is not called taken", async () => {
  const host = Object.assign(new Host(), { owesAny: true });
  const shared = pattern(10);
  const batch = new MessageBatch(shared, 0, [0, 7, 0, 5, 0, 8, 5, 5]);
  const [one, other] = [0, 1].map(() =>
    new Message(batch, batch.shift(), host)
  );
  structuredClone(shared, { transfer: [one!.bytesNow()!.buffer] });
  assertThrows(() => other!.bytesNow(), TypeError, "detached");
  await assertRejects(() => other!.bytes(), TypeError, "detached");
  other!.cancel();
  assertEquals(host.told, ["7 taken", "8 dropped"]);
});

Deno.test("cancel() stops a message that is not taken whole, and says why", async () => {
  const half = coming(5);
  half.message.cancel("too long");
  half.message.cancel("again");
  assertEquals(half.host.told, ["release 7", "cancel 7 too long", "consumed"]);
  assertEquals(half.incoming.error?.code, "CANCELLED");
  const silent = coming(5);
  await silent.message.body.cancel();
  assertEquals(silent.host.told, ["release 7", "cancel 7", "consumed"]);
  // Complete and untouched: it is dropped.
  const unread = coming(5, { isComplete: true });
  unread.message.cancel();
  assertEquals(unread.incoming.hasFailed, true);
  // Taken whole: nothing changes.
  const taken = coming(5, { isComplete: true });
  taken.incoming.read(new Uint8Array(5));
  taken.message.cancel();
  assertEquals([taken.incoming.hasFailed, taken.host.told], [false, []]);
  // Taken but for a byte: it is dropped.
  const begun = coming(5, { isComplete: true });
  begun.incoming.read(new Uint8Array(4));
  begun.message.cancel();
  assertEquals(begun.incoming.hasFailed, true);
  // All that came is taken, and more is to come: it is stopped.
  const open = coming(5);
  open.incoming.read(new Uint8Array(5));
  open.message.cancel();
  assertEquals(open.incoming.hasFailed, true);
  // An empty one that nobody has looked at is dropped.
  const empty = coming(0, { isComplete: true });
  empty.message.cancel();
  assertEquals(empty.incoming.hasFailed, true);
});

Deno.test("text that is not well-formed is refused, and a byte order mark is kept", async () => {
  const of = (...bytes: number[]): Message =>
    new Message(
      new MessageBatch(Uint8Array.from(bytes), 0, [0, 7, 0, bytes.length]),
      0,
      new Host(),
    );
  assertEquals(await of(0xef, 0xbb, 0xbf, 0x61).text(), "\ufeffa");
  await assertRejects(() => of(0xff).text(), TypeError);
});

Deno.test("what may not be held cannot be collected either", async () => {
  for (
    const limits of [
      { maxBufferedBytes: 100_000 },
      { maxCollectedBytes: 100_000 },
    ]
  ) {
    const pair = await connectPair({ bobLimits: limits });
    const outcomes: string[] = [];
    for (const size of [100_000, 100_001]) {
      const sending = pair.alice.send(new Uint8Array(size)).catch(() => {});
      const message = await receive(pair.bob);
      const collected = message.bytes().then(({ length }) => `${length}`);
      outcomes.push(await within(collected.catch(({ code }) => code), "it"));
      await sending;
    }
    assertEquals(outcomes, ["100000", "LIMIT"]);
    await Promise.all([pair.alice.close(), pair.bob.close()]);
  }
});
