import { assert, assertEquals, assertLess } from "@std/assert";
import { concat } from "@std/bytes";
import { OPEN_COUNT_MAX, SEND_SIZE } from "../../asm/wire.ts";
import { Core } from "../../src/framing/core.ts";
import { Reassembler } from "../../src/framing/reassembler.ts";
import { Outbox } from "../../src/session/outbox.ts";
import { pattern } from "../helpers/messages.ts";

const MIB = 1024 * 1024;
const LONG = pattern(MIB + 400_000);
/** So many of them are more than 32 writes. */
const WARM_COUNT = 7;

function outboxOf(): Outbox {
  return new Outbox({ core: new Core(OPEN_COUNT_MAX) }, 262_144);
}

/** Sends all that is queued, each write in `ms` milliseconds; returns the writes. */
function drain(
  outbox: Outbox,
  ms: number | undefined,
  onWrite = (): void => {},
): Uint8Array<ArrayBuffer>[] {
  const writes: Uint8Array<ArrayBuffer>[] = [];
  for (let bytes; (bytes = outbox.pollTransmit()) !== undefined;) {
    writes.push(Uint8Array.from(bytes));
    onWrite();
    outbox.handleTransmitted(bytes.length, ms);
  }
  return writes;
}

/** Has the link show that it is quick. */
function warm(outbox: Outbox): void {
  for (let count = 0; count < WARM_COUNT; count++) {
    outbox.queueWhole(LONG);
    drain(outbox, 0);
  }
}

function longest(writes: readonly Uint8Array[]): number {
  return Math.max(...writes.map(({ length }) => length));
}

/** How many bytes the messages have that writes bring, by their ids. */
function sizesOf(
  writes: readonly Uint8Array<ArrayBuffer>[],
): Map<number, number> {
  const sizes = new Map<number, number>();
  const reassembler = new Reassembler();
  for (const bytes of writes) {
    for (const event of reassembler.push(bytes)) {
      assert(event.kind === "part");
      const size = sizes.get(event.messageId) ?? 0;
      sizes.set(event.messageId, size + event.payload.length);
    }
  }
  return sizes;
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  let isEqual = one.length === other.length;
  for (let at = 0; at < one.length; at++) isEqual &&= one[at] === other[at];
  return isEqual;
}

Deno.test("a link that is quick gets many parts of a long message in one write, and the same packets", () => {
  const slow = outboxOf();
  const quick = outboxOf();
  warm(quick);
  for (let count = 0; count < WARM_COUNT; count++) {
    slow.queueWhole(LONG);
    drain(slow, undefined);
  }
  slow.queueWhole(LONG);
  quick.queueWhole(LONG);
  const slowWrites = drain(slow, undefined);
  const quickWrites = drain(quick, 0);
  assert(longest(slowWrites) <= SEND_SIZE);
  assert(longest(quickWrites) > MIB);
  assert(areEqual(concat(quickWrites), concat(slowWrites)));
});

Deno.test("a write that was slow, a short message and another long one go back to one part in each write", () => {
  for (const reason of ["slow", "short", "other"]) {
    const outbox = outboxOf();
    warm(outbox);
    outbox.queueWhole(LONG);
    if (reason === "other") outbox.queueWhole(LONG);
    let count = 0;
    const writes = drain(outbox, reason === "slow" ? 10 : 0, () => {
      if (reason === "short" && count++ === 0) outbox.trySend(pattern(10));
    });
    const behind = reason === "other" ? writes : writes.slice(1);
    assert(longest(behind) <= SEND_SIZE, reason);
  }
});

Deno.test("a long message that is given up between two long writes ends with its Abort, and what follows is whole", () => {
  const outbox = outboxOf();
  warm(outbox);
  const message = outbox.queueWhole(LONG);
  const first = outbox.pollTransmit()!;
  assertLess(MIB, first.length);
  const rest = first.length - 100;
  outbox.handleTransmitted(100, 0);
  outbox.abort(message, "enough");
  assert(!outbox.buffers.isBetweenPackets);
  outbox.handleTransmitted(rest, 0);
  assert(outbox.buffers.isBetweenPackets);
  const abort = outbox.pollTransmit()!;
  assertEquals(abort.length, 12 + "enough".length);
  outbox.handleTransmitted(abort.length, 0);
  outbox.queueWhole(LONG);
  assertEquals([...sizesOf(drain(outbox, 0)).values()], [LONG.length]);
  assert(outbox.isDrained);
});
