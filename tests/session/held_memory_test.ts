// How memory is shared among the connections of a process, to the byte. What
// other tests in this process hold makes no difference.
import { assertEquals } from "@std/assert";
import { resolveLimits } from "../../src/base/limits.ts";
import { ByteQueue } from "../../src/session/byte_queue.ts";
import { goodbyeFault } from "../../src/session/end_errors.ts";
import { HeldMemory, totalMemory } from "../../src/session/held_memory.ts";
import { pattern } from "../helpers/messages.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const TOTAL_MAX = 1_024 * MIB;
const OWN_MAX = 256 * MIB;

function holder(maxBufferedBytes = OWN_MAX): HeldMemory {
  return new HeldMemory(resolveLimits({
    maxBufferedBytes,
    maxTotalBufferedBytes: TOTAL_MAX,
  }));
}

/** Runs something while all connections together hold so much. */
function whileHeld(size: number, run: () => void): void {
  const others = holder();
  others.change(size - totalMemory.size);
  try {
    run();
  } finally {
    others.clear();
  }
}

Deno.test("a connection may hold what is free but an eighth, 1 MiB of that eighth, and 96 KiB in any case", () => {
  const table: [held: number, sizeMax: number][] = [
    [600 * MIB, OWN_MAX],
    [640 * MIB, OWN_MAX],
    [640 * MIB + 8, OWN_MAX - 8],
    [700 * MIB, 196 * MIB],
    [895 * MIB, MIB],
    [895 * MIB + 8, MIB],
    [896 * MIB, MIB],
    [TOTAL_MAX - 2 * MIB, MIB],
    [TOTAL_MAX - 512 * KIB, 512 * KIB],
    [TOTAL_MAX - 96 * KIB - 1, 96 * KIB + 1],
    [TOTAL_MAX - 96 * KIB + 1, 96 * KIB],
    [TOTAL_MAX, 96 * KIB],
    [TOTAL_MAX + MIB, 96 * KIB],
  ];
  for (const [size, sizeMax] of table) {
    whileHeld(size, () => {
      const held = holder();
      assertEquals([size, held.sizeMax, held.room], [size, sizeMax, sizeMax]);
      assertEquals(held.pieceSize, Math.min(256 * KIB, sizeMax / 4));
    });
  }
  whileHeld(TOTAL_MAX, () => assertEquals(holder(1_000).sizeMax, 1_000));
});

Deno.test("a connection is squeezed where all together hold too much, and it does not by itself", () => {
  for (
    const [ownMax, size, isSqueezed] of [
      [OWN_MAX, 96 * KIB - 1, false],
      [OWN_MAX, 96 * KIB, true],
      [OWN_MAX, MIB, true],
      [96 * KIB, 96 * KIB, false],
      [96 * KIB + 1, 96 * KIB, true],
    ] as const
  ) {
    whileHeld(TOTAL_MAX + MIB, () => {
      const held = holder(ownMax);
      held.change(size);
      assertEquals([size, held.isSqueezed], [size, isSqueezed]);
      assertEquals(
        held.fullText(ownMax).includes("maxTotalBufferedBytes"),
        isSqueezed,
      );
      held.clear();
    });
  }
});

Deno.test("who waits for memory is told when a 256th of what may be held is free again", () => {
  const held = holder();
  held.change(10 * MIB);
  let toldCount = 0;
  const onRoom = (): void => void toldCount++;
  totalMemory.wait(onRoom, 256 * KIB);
  held.change(-KIB);
  assertEquals(toldCount, 0);
  held.change(-1);
  assertEquals(toldCount, 1);
  totalMemory.leave(onRoom);
  held.change(-MIB);
  assertEquals(toldCount, 1);
  held.clear();
});

Deno.test("of several who wait for memory each is told until it leaves", () => {
  const held = holder();
  held.change(10 * MIB);
  const told: string[] = [];
  const [one, other] = ["one", "other"].map((name) => (): void => {
    told.push(name);
  });
  totalMemory.wait(one!, 256 * KIB);
  totalMemory.wait(other!, 256 * KIB);
  totalMemory.leave(one!);
  held.change(-2 * KIB);
  assertEquals(told, ["other"]);
  totalMemory.leave(other!);
  // What was waited for before is forgotten.
  held.change(-MIB);
  totalMemory.wait(one!, 256 * KIB);
  held.change(-1);
  assertEquals(told, ["other"]);
  held.change(-KIB);
  assertEquals(told, ["other", "one"]);
  totalMemory.leave(one!);
  // Also where nothing has become free since.
  totalMemory.wait(one!, 256 * KIB);
  totalMemory.leave(one!);
  totalMemory.wait(other!, 4 * MIB);
  held.change(-2 * KIB);
  assertEquals(told, ["other", "one"]);
  totalMemory.leave(other!);
  held.clear();
});

/** Memory that bytes take in a queue. */
function allocatedFor(size: number): number {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(size));
  const { allocatedSize } = queue;
  queue.clear();
  return allocatedSize;
}

Deno.test("a queue takes blocks of 512 bytes to 256 KiB, in powers of two that fit", () => {
  const table: [size: number, allocated: number][] = [
    [1, KIB / 2],
    [KIB / 2, KIB / 2],
    [KIB / 2 + 1, KIB],
    [KIB, KIB],
    [KIB + 1, 2 * KIB],
    [5_000, 8 * KIB],
    [256 * KIB, 256 * KIB],
    [256 * KIB + 1, 512 * KIB],
    [530_000, 768 * KIB],
  ];
  for (const [size, allocated] of table) {
    assertEquals([size, allocatedFor(size)], [size, allocated]);
  }
});

Deno.test("a block has room for as much as came before, but for no more than is said", () => {
  const allocated = (growthMax: number, before = 10_000): number => {
    const queue = new ByteQueue();
    queue.push(new Uint8Array(before), growthMax);
    while (queue.shift());
    queue.push(Uint8Array.of(1), growthMax);
    const { allocatedSize } = queue;
    queue.clear();
    return allocatedSize;
  };
  assertEquals(allocated(20_000), 16 * KIB);
  assertEquals(allocated(4 * KIB), 4 * KIB);
  assertEquals(allocated(0), KIB / 2);
  assertEquals(allocated(10 * MIB, 10 * MIB), 256 * KIB);
});

Deno.test("a full block is handed over for good, and nobody else gets it", () => {
  for (const take of ["shift", "join"] as const) {
    const queue = new ByteQueue();
    queue.push(pattern(KIB));
    const bytes = queue[take]()!;
    assertEquals([queue.size, queue.allocatedSize], [0, 0]);
    const others = takeBlocks(KIB, 10);
    assertEquals(bytes, pattern(KIB));
    for (const other of others) other.clear();
  }
});

/** So many bytes of blocks are kept for later. */
const SPARE_MAX = 4 * MIB;

/** Queues with a block of a size each, which is not full. */
function takeBlocks(size: number, count: number): ByteQueue[] {
  const bytes = new Uint8Array(size - 1);
  return Array.from({ length: count }, () => {
    const queue = new ByteQueue();
    queue.push(bytes);
    return queue;
  });
}

/** How many blocks of a size are made anew while `run` runs. */
function countMade(size: number, run: () => unknown): number {
  const { Uint8Array: original } = globalThis;
  let count = 0;
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, args): Uint8Array {
      if (args[0] === size) count++;
      return Reflect.construct(target, args);
    },
  });
  try {
    run();
  } finally {
    globalThis.Uint8Array = original;
  }
  return count;
}

Deno.test("blocks of up to 256 KiB are used again, 4 MiB of them in all", () => {
  const size = 256 * KIB;
  const count = SPARE_MAX / size;
  // What others have left is taken first.
  const left: ByteQueue[] = [];
  for (let size = KIB / 2; size <= 256 * KIB; size *= 2) {
    left.push(...takeBlocks(size, SPARE_MAX / size + 1));
  }
  for (const queue of takeBlocks(size, count + 1)) queue.clear();
  const made = countMade(
    size,
    () => left.push(...takeBlocks(size, count + 1)),
  );
  assertEquals(made, 1);
  assertEquals(countMade(size, () => takeBlocks(size, 1)), 1);
});

Deno.test("a stream of version 1.1 ends in order when both have said Goodbye and this one's was heard", () => {
  const order = {
    hasRemoteEnded: true,
    hasSaidGoodbye: true,
    isGoodbyeHeard: true,
  };
  assertEquals(goodbyeFault(order), undefined);
  const says = {
    hasRemoteEnded: "did not say Goodbye",
    hasSaidGoodbye: "did not wait for this side's Goodbye",
    isGoodbyeHeard: "has not read all that this side has sent",
  } as const;
  for (const [name, text] of Object.entries(says)) {
    const fault = goodbyeFault({ ...order, [name]: false });
    assertEquals(fault?.endsWith(text), true, fault);
  }
});
