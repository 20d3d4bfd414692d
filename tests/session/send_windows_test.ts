// What may be sent, to the byte of its cost (PROTOCOL.md, section 6, "Windows").
import { assertEquals } from "@std/assert";
import { OutgoingMessage } from "../../src/session/outgoing_message.ts";
import { SendWindows, sizeWithin } from "../../src/session/send_windows.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const COST = 32;
/** What long messages leave to others, but for small parts: the largest message of one packet, and 128 KiB. */
const SHORT_RESERVE = 256 * KIB + COST;
const LONG_RESERVE = SHORT_RESERVE + 128 * KIB;

/** Windows of which so much is left. */
function windowsWith(credit: number): SendWindows {
  const windows = new SendWindows(true);
  windows.spend(new OutgoingMessage(), MIB - COST - credit, 1);
  return windows;
}

/** A message that has cost so much. */
function messageOf(cost: number, isAskedFor: boolean): OutgoingMessage {
  return Object.assign(new OutgoingMessage(), { cost, isAskedFor });
}

Deno.test("a window that goes down breaks W-4, one that stays as it is does not", () => {
  const windows = new SendWindows(true);
  assertEquals(windows.raise(MIB - 1)?.ruleId, "W-4");
  assertEquals([windows.raise(MIB), windows.credit], [undefined, MIB]);
  assertEquals([windows.raise(MIB + 1), windows.credit], [undefined, MIB + 1]);
  assertEquals(windows.raise(MIB)?.ruleId, "W-4");
  assertEquals(windows.credit, MIB + 1);
});

Deno.test("the window of a message that goes down breaks W-4, one that stays as it is does not", () => {
  const windows = new SendWindows(true);
  const message = new OutgoingMessage();
  const start = 2 * MIB;
  const fault = windows.raiseMessage(message, start - 1);
  assertEquals(fault?.ruleId, "W-4");
  assertEquals([message.allowed, message.isAskedFor], [start, false]);
  for (const total of [start, start + 1]) {
    assertEquals(windows.raiseMessage(message, total), undefined);
    assertEquals([message.allowed, message.isAskedFor], [total, true]);
  }
});

Deno.test("the window of a message is used up where nothing but a header has room", () => {
  const windows = new SendWindows(true);
  const spent = [COST + 1, COST, COST - 1].map((rest) =>
    windows.isSpent(messageOf(2 * MIB - rest, true))
  );
  assertEquals(spent, [false, true, true]);
});

Deno.test("a message that is read there leaves others the largest message of one packet, and 128 KiB but for small parts", () => {
  const message = messageOf(100, true);
  const table: [credit: number, budget: number][] = [
    [MIB, MIB - LONG_RESERVE],
    [LONG_RESERVE + 5 * KIB, 5 * KIB],
    [LONG_RESERVE + 4 * KIB, 4 * KIB],
    [LONG_RESERVE, 4 * KIB],
    [SHORT_RESERVE + 5 * KIB, 4 * KIB],
    [SHORT_RESERVE + 100, 100],
    [SHORT_RESERVE, 0],
    [SHORT_RESERVE - 1, -1],
  ];
  for (const [credit, budget] of table) {
    assertEquals(
      [credit, windowsWith(credit).budgetOf(message)],
      [credit, budget],
    );
  }
});

Deno.test("a message that nobody has asked for leaves three eighths of the largest window, 4 MiB at most, and begins with 4 KiB at most then", () => {
  const windows = windowsWith(1);
  windows.raise(MIB + 8 * MIB);
  assertEquals(windows.credit, 8 * MIB + 1);
  const budgetOf = (cost: number): number =>
    windows.budgetOf(messageOf(cost, false));
  const reserve = 3 * MIB + 1;
  windows.spend(
    new OutgoingMessage(),
    8 * MIB - reserve - 5 * KIB + 1 - COST,
    1,
  );
  assertEquals(windows.credit, reserve + 5 * KIB);
  assertEquals([budgetOf(0), budgetOf(KIB)], [5 * KIB, 5 * KIB]);
  windows.spend(new OutgoingMessage(), 5 * KIB - COST, 1);
  assertEquals([budgetOf(0), budgetOf(KIB), budgetOf(4 * KIB)], [
    4 * KIB,
    3 * KIB,
    0,
  ]);
  const large = windowsWith(1);
  large.raise(MIB + 16 * MIB);
  large.spend(new OutgoingMessage(), 11 * MIB + 1 - COST, 1);
  assertEquals(
    [large.credit, large.budgetOf(messageOf(0, false))],
    [5 * MIB, MIB],
  );
  // A window that is small has no share that would be larger than what all leave.
  assertEquals(
    windowsWith(MIB).budgetOf(messageOf(0, false)),
    640 * KIB - COST,
  );
});

Deno.test("a message may cost no more than its own window allows, and in version 1.0 anything", () => {
  const windows = windowsWith(MIB);
  for (const rest of [1, 0, -1]) {
    const message = messageOf(2 * MIB - rest, true);
    assertEquals(windows.budgetOf(message), rest);
  }
  const free = new SendWindows(false);
  assertEquals(free.budgetOf(messageOf(1e12, false)), Infinity);
  assertEquals(sizeWithin(Infinity, 1_000), Infinity);
});

Deno.test("bytes that fit into a budget leave room for the cost of their packets", () => {
  const table: [budget: number, size: number][] = [
    [0, 0],
    [COST, 0],
    [COST + 1, 1],
    [1_000 + COST - 1, 999],
    [1_000 + COST, 1_000],
    [1_000 + 2 * COST, 1_000],
    [1_000 + 2 * COST + 1, 1_001],
    [3 * (1_000 + COST), 3_000],
  ];
  for (const [budget, size] of table) {
    assertEquals([budget, sizeWithin(budget, 1_000)], [budget, size]);
  }
});
