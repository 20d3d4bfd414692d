// What waits to be said to a side that reads nothing.
import { assertEquals, assertLess } from "@std/assert";
import { ABORT_PART } from "../../asm/wire.ts";
import {
  bytesOfControl,
  ControlQueue,
} from "../../src/session/control_queue.ts";
import { MessageBatch } from "../../src/session/message_batch.ts";
import type { Session } from "../../src/session/session.ts";
import { MORE, packet } from "../helpers/raw_peer.ts";
import { SessionPair, shiftIncoming } from "../helpers/session_pair.ts";

/** Bytes that a session has to write. */
function waitingSize(session: Session): number {
  let size = 0;
  for (let bytes; (bytes = session.pollTransmit());) {
    size += bytes.length;
    session.handleTransmitted(bytes.length);
  }
  return size;
}

/** Has a message of one packet confirmed, of which the application takes everything at once. */
function confirmOne(pair: SessionPair, messageId: number): void {
  const { bob } = pair;
  pair.deliver(bob, bytesOfControl({ type: "confirm", messageId }));
  if (bob.error) return;
  pair.deliver(bob, packet(messageId, 0, "x"));
  bob.shift((source, index) => {
    const { owed } = bob.exchange!.receipts!;
    if (source instanceof MessageBatch) owed.settle(source.idAt(index), true);
    return true;
  });
}

Deno.test("answers to Confirms that wait to be written count as not given", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { bob } = pair;
  for (let messageId = 0; messageId < 1_024; messageId++) {
    confirmOne(pair, messageId);
  }
  assertEquals(bob.error, undefined);
  assertEquals(waitingSize(bob), 1_024 * 14);
  // They are written: as many more may be asked for, and not one besides.
  let messageId = 1_024;
  while (!bob.error && messageId < 9_999) confirmOne(pair, messageId++);
  assertEquals([bob.error?.code, messageId], ["PROTOCOL", 2_049]);
});

Deno.test("a message that its sender aborts is not answered, and no place is taken by it", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { bob } = pair;
  for (let messageId = 0; messageId < 3_000; messageId++) {
    pair.deliver(bob, bytesOfControl({ type: "confirm", messageId }));
    pair.deliver(bob, packet(messageId, MORE, "begun"));
    bob.exchange!.receipts!.owed.settle(messageId, false);
    pair.deliver(bob, packet(messageId, ABORT_PART));
    shiftIncoming(bob.inbox);
  }
  assertEquals(bob.error, undefined);
  assertEquals(waitingSize(bob), 0);
});

for (const [name, end] of [["aborted", ABORT_PART], ["complete", 2]] as const) {
  Deno.test(`nothing waits to be said of messages that are ${name}`, () => {
    const pair = SessionPair.connected({
      maxVersionMinor: 1,
      maxMessageWindowBytes: 4_000_000,
      streamThresholdBytes: 1,
    });
    const { bob } = pair;
    const into = new Uint8Array(200_000);
    for (let messageId = 0; messageId < 100; messageId++) {
      pair.deliver(bob, packet(messageId, MORE, "begun"));
      const message = shiftIncoming(bob.inbox)!;
      // Its reader is told so early only where it is collected as a whole.
      message.isCollected = true;
      message.window = 1e9;
      pair.deliver(bob, packet(messageId, 1 + MORE, into));
      message.read(into);
      bob.noteConsumed(message);
      if (messageId % 2) {
        message.drop();
        bob.exchange!.receipts!.stop(message, "enough");
      }
      pair.deliver(bob, packet(messageId, end));
      bob.inbox.release(message);
    }
    assertEquals(bob.error, undefined);
    // The window of the connection alone.
    assertLess(waitingSize(bob), 22);
  });
}

Deno.test("a control queue from which everything was taken out is empty", () => {
  const queue = new ControlQueue();
  queue.drop("stop", 1);
  queue.add({ type: "stop", messageId: 1, reason: "enough" });
  queue.add({ type: "confirmed", messageId: 1, isTaken: false });
  queue.add({ type: "confirmed", messageId: 1, isTaken: true });
  assertEquals(queue.confirmedCount, 1);
  queue.drop("stop", 2);
  queue.drop("stop", 1);
  assertEquals(queue.isEmpty, false);
  queue.drop("confirmed", 1);
  assertEquals([queue.isEmpty, queue.confirmedCount], [true, 0]);
  queue.add({ type: "confirmed", messageId: 1, isTaken: true });
  queue.take();
  assertEquals([queue.isEmpty, queue.confirmedCount], [true, 0]);
});
