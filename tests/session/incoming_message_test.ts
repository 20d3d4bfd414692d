// What a message that arrives keeps of its bytes.
import { assertEquals } from "@std/assert";
import { IncomingMessage } from "../../src/session/incoming_message.ts";
import { pattern } from "../helpers/messages.ts";

Deno.test("what comes of a message that was dropped is counted, and not kept", () => {
  const changes: number[] = [];
  const message = new IncomingMessage(1, (change) => changes.push(change));
  message.push(pattern(10));
  message.push(pattern(0));
  message.drop();
  message.push(pattern(5_000));
  assertEquals([message.size, message.heldSize], [5_010, 0]);
  assertEquals(changes, [512, -512]);
});

Deno.test("what comes goes to the reader's memory up to its end, and the rest waits", () => {
  const message = new IncomingMessage(1, () => {});
  message.readInto = new Uint8Array(8);
  message.push(pattern(5));
  assertEquals([message.readSize, message.bufferedSize], [5, 0]);
  message.push(pattern(5, 100));
  assertEquals([message.readSize, message.bufferedSize], [8, 2]);
  message.push(pattern(5));
  assertEquals([message.readSize, message.bufferedSize], [8, 7]);
  assertEquals([...message.readInto], [...pattern(5), ...pattern(3, 100)]);
});
