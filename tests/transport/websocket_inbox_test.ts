// What comes in WebSocket messages, as a reader of a byte stream gets it.
import { assertEquals, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { WebSocketInbox } from "../../src/transport/websocket_inbox.ts";
import { isSettled, within } from "../helpers/deadline.ts";
import { pattern } from "../helpers/messages.ts";

function inboxOf(...sizes: number[]): WebSocketInbox {
  const inbox = new WebSocketInbox("192.0.2.7:1");
  for (const size of sizes) inbox.push(pattern(size));
  return inbox;
}

Deno.test("one read takes as many messages as it has room for, and the first part of the next", () => {
  const table: [room: number, taken: number[]][] = [
    [3, [3, 1]],
    [4, [4, 5]],
    [5, [5, 4]],
    [9, [9, 2]],
    [11, [11]],
    [20, [11]],
  ];
  for (const [room, taken] of table) {
    const inbox = inboxOf(4, 5, 2);
    const sizes = taken.map((_, at) =>
      inbox.take(new Uint8Array(at === 0 ? room : 100))
    );
    const rest = 11 - taken[0]!;
    assertEquals([room, sizes[0]], [room, taken[0]]);
    if (rest > 0) assertEquals([room, sizes[1]], [room, rest]);
    assertEquals(inbox.size, 0);
  }
  const inbox = inboxOf(4);
  const into = new Uint8Array(3);
  inbox.take(into);
  assertEquals(into, pattern(4).slice(0, 3));
  inbox.take(into);
  assertEquals([into[0], inbox.size], [pattern(4)[3], 0]);
});

Deno.test("an empty message ends the stream behind what came before it", () => {
  const inbox = inboxOf(4, 0);
  assertEquals(inbox.hasEnded, true);
  assertEquals(inbox.take(new Uint8Array(10)), 4);
  assertEquals(inbox.take(new Uint8Array(10)), null);
});

Deno.test("text, and what comes behind the end, break a rule", () => {
  assertEquals(inboxOf(4).push("text")?.ruleId, "S-4");
  assertEquals(inboxOf(4).push("")?.ruleId, "S-4");
  const ended = inboxOf(4, 0);
  assertEquals(ended.push(pattern(1))?.ruleId, "S-6");
  assertEquals(ended.take(new Uint8Array(10)), 4);
  const error = assertThrows(() => ended.take(new Uint8Array(10)), LektError);
  assertEquals(error.ruleId, "S-6");
});

Deno.test("a close is a break, unless the stream has ended before, and the first one counts", () => {
  const ended = inboxOf(0);
  ended.closed(1000);
  assertEquals(ended.take(new Uint8Array(10)), null);
  ended.push(pattern(1));
  const fault = assertThrows(() => ended.take(new Uint8Array(10)), LektError);
  assertEquals(fault.ruleId, "S-6");
  const broken = inboxOf();
  broken.closed(0);
  broken.closed(1001);
  const error = assertThrows(() => broken.take(new Uint8Array(10)), LektError);
  assertEquals(error.message.includes("code 1006"), true);
});

Deno.test("who waits goes on with bytes, the end, or a failure", async () => {
  const changes: ((inbox: WebSocketInbox) => void)[] = [
    (inbox) => void inbox.push(pattern(1)),
    (inbox) => void inbox.push(pattern(0)),
    (inbox) => inbox.fail(new LektError("LIMIT", "full")),
    (inbox) => inbox.drop(new LektError("CLOSED", "closed")),
  ];
  for (const change of changes) {
    const inbox = inboxOf();
    const waiting = inbox.wait();
    assertEquals(await isSettled(waiting), false);
    change(inbox);
    await within(waiting, "the wait");
    await within(inbox.wait(), "another wait");
  }
});
