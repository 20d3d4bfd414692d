import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { type FramingEvent, LektError, Reassembler } from "../src/framing.ts";
import { allCuts } from "./helpers/cuts.ts";
import { ABORT, header, latin, MORE, packet } from "./helpers/raw_peer.ts";

/** Messages as `id:text`, aborted ones as `id!reason`. */
function collect(
  open: Map<number, string>,
  events: Iterable<FramingEvent>,
): string[] {
  const ended: string[] = [];
  for (const event of events) {
    if (event.kind === "aborted") {
      ended.push(`${event.messageId}!${event.reason}`);
      open.delete(event.messageId);
      continue;
    }
    const before = event.isFirst ? "" : open.get(event.messageId);
    const text = before + new TextDecoder().decode(event.payload);
    if (event.isLast) ended.push(`${event.messageId}:${text}`);
    if (event.isLast) open.delete(event.messageId);
    else open.set(event.messageId, text);
  }
  return ended;
}

Deno.test("a reassembler refuses counts out of bounds", () => {
  for (const maxOpenMessages of [0, -1, 1.5, NaN, 1_025]) {
    const error = assertThrows(
      () => new Reassembler({ maxOpenMessages }),
      LektError,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("a reassembler finds the same messages in all cuts", () => {
  const wire = concat([
    packet(1, MORE, "on"),
    packet(0x8000_0000, 0, "single"),
    packet(2, MORE, "lost"),
    packet(1, 1, "e"),
    packet(2, ABORT, "why"),
    packet(3, 0),
  ]);
  for (const { name, reads } of allCuts(wire)) {
    const reassembler = new Reassembler();
    const open = new Map<number, string>();
    const ended = reads.flatMap((read) =>
      collect(open, reassembler.push(read))
    );
    assertEquals(ended, ["2147483648:single", "1:one", "2!why", "3:"], name);
    reassembler.end();
  }
});

Deno.test("a reassembler takes what was read into its own memory, and more than that at once", () => {
  const reassembler = new Reassembler();
  const bytes = packet(5, 0, "direct");
  reassembler.receiveBuffer().set(bytes);
  const open = new Map<number, string>();
  assertEquals(collect(open, reassembler.receive(bytes.length)), ["5:direct"]);
  const long = packet(6, 0, "x".repeat(600_000));
  assertEquals(collect(open, reassembler.push(long)), [
    `6:${"x".repeat(600_000)}`,
  ]);
});

Deno.test("a reassembler gives what was good before a fault, then throws at each call", () => {
  const reassembler = new Reassembler();
  const ended: FramingEvent[] = [];
  const bad = concat([packet(1, 0, "good"), header(2, 7, 1)]);
  const error = assertThrows(() => {
    for (const event of reassembler.push(bad)) ended.push(event);
  }, LektError);
  assertEquals([error.code, error.messageId, ended.length], ["PROTOCOL", 2, 1]);
  const again = assertThrows(
    () => [...reassembler.push(latin("x"))],
    LektError,
  );
  assertEquals(again, error);
  assertThrows(() => [...reassembler.receive(0)], LektError);
});

Deno.test("a reassembler opens no more messages than it was told", () => {
  const reassembler = new Reassembler({ maxOpenMessages: 2 });
  assertEquals([...reassembler.push(packet(1, MORE, "a"))].length, 1);
  assertEquals([...reassembler.push(packet(2, MORE, "a"))].length, 1);
  assertEquals([...reassembler.push(packet(3, 0, "a"))].length, 1);
  assertThrows(() => [...reassembler.push(packet(4, MORE, "a"))], LektError);
});

for (
  const [name, sent, text] of [
    ["inside a header", header(1, 0, 1).subarray(0, 5), "a packet header"],
    ["inside a packet", header(7, 0, 5), "message 7"],
    [
      "while messages are open",
      concat([packet(8, MORE, "x"), packet(9, MORE, "y")]),
      "message 8, 9",
    ],
  ] as const
) {
  Deno.test(`a reassembler tells an end ${name}`, () => {
    const reassembler = new Reassembler();
    for (const _ of reassembler.push(sent));
    const error = assertThrows(() => reassembler.end(), LektError, text);
    assertEquals(error.code, "TRUNCATED");
  });
}
