// Memory that a message lends for its next bytes, and what it keeps of them.
import { assertEquals } from "@std/assert";
import { IncomingMessage } from "../../src/session/incoming_message.ts";
import { pattern } from "../helpers/messages.ts";

const KIB = 1024;
const BLOCK = 256 * KIB;

/** A message of so many bytes, whose memory is full. */
function fullOf(size: number): IncomingMessage {
  const message = new IncomingMessage(1, () => {});
  message.expect(size);
  message.push(pattern(size));
  assertEquals(message.heldSize, size);
  return message;
}

Deno.test("a message lends as much as has come of it, where that is as much as is asked for", () => {
  const lent = [999, 1_000, 1_001].map((size) =>
    fullOf(size).lend(1_000, 300, BLOCK)?.length
  );
  assertEquals(lent, [undefined, 300, 300]);
});

Deno.test("a message lends no block that would be longer than one may be", () => {
  const lent = [999, 1_000].map((blockSizeMax) =>
    fullOf(5_000).lend(1_000, 300, blockSizeMax)?.length
  );
  assertEquals(lent, [undefined, 300]);
});

Deno.test("a message lends what is left of its block, and no other while there is any", () => {
  const lent = [3_000, 3_001].map((size) => {
    const message = new IncomingMessage(1, () => {});
    message.expect(4_000);
    message.push(pattern(size));
    return message.lend(1_000, 5_000, BLOCK)?.length;
  });
  assertEquals(lent, [1_000, undefined]);
});

Deno.test("a message lends nothing where it was dropped, or its reader has begun", () => {
  const [dropped, begun] = [fullOf(5_000), fullOf(5_000)];
  dropped!.drop();
  begun!.read(new Uint8Array(1));
  assertEquals(dropped!.lend(1, 300, BLOCK), undefined);
  assertEquals(begun!.lend(1, 300, BLOCK), undefined);
});

Deno.test("what comes of a message that was dropped is counted, and not kept", () => {
  const changes: number[] = [];
  const message = new IncomingMessage(1, (change) => changes.push(change));
  message.push(pattern(10));
  message.push(pattern(0));
  message.drop();
  message.push(pattern(5_000));
  assertEquals([message.size, message.heldSize], [5_010, 0]);
  assertEquals(changes, [1_024, -1_024]);
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
