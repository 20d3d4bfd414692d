// Which of the long messages can have a turn.
import { assertEquals } from "@std/assert";
import { OPEN_COUNT_MAX } from "../../asm/wire.ts";
import { MessageIds } from "../../src/framing/message_ids.ts";
import { OutgoingMessage } from "../../src/session/outgoing_message.ts";
import { Turns } from "../../src/session/turns.ts";

const BYTES = new Uint8Array(10);

/** Turns with so many messages open besides those in it. */
function turnsBeside(openCount: number): [turns: Turns, ids: MessageIds] {
  const ids = new MessageIds(1);
  while (ids.openCount < openCount) ids.open();
  return [new Turns(ids), ids];
}

Deno.test("a message that has begun goes on however many are open, whatever its id", () => {
  for (const id of [0, 0xffff_ffff]) {
    const [turns] = turnsBeside(OPEN_COUNT_MAX);
    const begun = new OutgoingMessage();
    begun.id = id;
    turns.add(begun);
    const other = new OutgoingMessage();
    turns.add(other);
    assertEquals(turns.readyCount, 0);
    other.offer(BYTES, false);
    assertEquals(turns.readyCount, 0);
    begun.offer(BYTES, false);
    assertEquals([turns.readyCount, turns.first], [1, begun]);
  }
});

Deno.test("a message that is over has no turn, whatever its source still offers", () => {
  const [turns] = turnsBeside(0);
  const message = new OutgoingMessage();
  turns.add(message);
  turns.remove(message);
  message.end();
  message.offer(BYTES, true);
  assertEquals([turns.readyCount, turns.size, turns.first], [0, 0, undefined]);
});
