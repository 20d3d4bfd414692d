// Messages that come piece by piece: what they hold, and which has to give way.
import { assertEquals } from "@std/assert";
import { resolveLimits } from "../../src/base/limits.ts";
import { HeldMemory } from "../../src/session/held_memory.ts";
import { IncomingMessage } from "../../src/session/incoming_message.ts";
import { StreamedMessages } from "../../src/session/streamed_messages.ts";
import { pattern } from "../helpers/messages.ts";

const KIB = 1024;

/** Messages that hold so many KiB each, with ids from 0 on. */
function messagesOf(...sizes: number[]): IncomingMessage[] {
  return sizes.map((size, id) => {
    const message = new IncomingMessage(id, () => {});
    message.push(pattern(size * KIB));
    return message;
  });
}

function fail(
  messages: readonly IncomingMessage[],
): number | undefined {
  const held = new HeldMemory(resolveLimits());
  return new StreamedMessages(messages).failLargestCollected(held, 1_000)?.id;
}

Deno.test("the largest message is the first of those that hold most, and none where none holds anything", () => {
  const largestOf = (...sizes: number[]): number | undefined =>
    new StreamedMessages(messagesOf(...sizes)).largest?.id;
  assertEquals(largestOf(), undefined);
  assertEquals(largestOf(0, 0), undefined);
  assertEquals(largestOf(0, 4), 1);
  assertEquals(largestOf(4, 16, 8), 1);
  assertEquals(largestOf(4, 16, 16), 1);
});

Deno.test("what holds most gives way only where it is collected, and not complete", () => {
  const [small, large] = messagesOf(4, 16);
  small!.isCollected = true;
  assertEquals(fail([small!, large!]), undefined);
  large!.isCollected = true;
  assertEquals(fail([small!, large!]), 1);
  assertEquals([small!.hasFailed, large!.error?.code], [false, "LIMIT"]);
  const [complete] = messagesOf(4);
  Object.assign(complete!, { isCollected: true, isComplete: true });
  assertEquals([fail([complete!]), complete!.hasFailed], [undefined, false]);
  assertEquals(fail(messagesOf(0)), undefined);
});

Deno.test("a reader is slow where it has begun, and has not taken all", () => {
  const isSlow = (message: IncomingMessage): boolean =>
    new StreamedMessages([message]).hasSlowReader;
  const [message] = messagesOf(4);
  assertEquals(isSlow(message!), false);
  message!.read(new Uint8Array(100));
  assertEquals(isSlow(message!), true);
  message!.read(new Uint8Array(4 * KIB));
  assertEquals([message!.heldSize, isSlow(message!)], [0, false]);
});

Deno.test("the collected share is of what all hold, and nothing where they hold nothing", () => {
  const [one, other] = messagesOf(4, 12);
  const messages = new StreamedMessages([one!, other!]);
  assertEquals(messages.collectedShare, 0);
  other!.isCollected = true;
  const share = other!.heldSize / (one!.heldSize + other!.heldSize);
  assertEquals(messages.collectedShare, share);
  one!.isCollected = true;
  assertEquals(messages.collectedShare, 1);
  assertEquals(new StreamedMessages(messagesOf(0)).collectedShare, 0);
});
