import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { concat } from "@std/bytes";
import { ByteQueue } from "../../src/session/byte_queue.ts";
import { withSeed } from "../helpers/prng.ts";
import { pattern } from "../helpers/messages.ts";

Deno.test("a queue gives bytes back in order, whatever is pushed and taken", () => {
  withSeed(77, (prng) => {
    const sent = pattern(3_000_000);
    const queue = new ByteQueue();
    const taken: Uint8Array[] = [];
    let offset = 0;
    let takenSize = 0;
    while (takenSize < sent.length) {
      const size = prng.pick([0, 1, 13, 1_000, 70_000, 300_000]);
      queue.push(sent.subarray(offset, offset + size));
      offset = Math.min(sent.length, offset + size);
      if (prng.below(2) === 0) {
        const into = new Uint8Array(prng.pick([1, 500, 100_000]));
        const count = queue.read(into);
        taken.push(into.slice(0, count));
        takenSize += count;
      } else if (prng.below(3) === 0) {
        const bytes = queue.shift();
        if (bytes) taken.push(bytes.slice());
        takenSize += bytes?.length ?? 0;
      }
      assertEquals(queue.size, offset - takenSize);
      assert(queue.allocatedSize >= queue.size);
    }
    assertEquals(concat(taken), sent);
    assertEquals([queue.size, queue.shift()], [0, undefined]);
  });
});

Deno.test("a queue of many small pieces takes little more memory than its bytes", () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 100_000; i++) queue.push(Uint8Array.of(i));
  assertEquals(queue.size, 100_000);
  assertLessOrEqual(queue.allocatedSize, 4 * 100_000);
});

Deno.test("a queue joins all that it holds, and begins anew", () => {
  for (const size of [0, 1, 1_024, 1_025, 100_000, 600_000]) {
    const queue = new ByteQueue();
    queue.push(pattern(size));
    assertEquals(queue.join(), pattern(size), `${size}`);
    assertEquals([queue.size, queue.allocatedSize], [0, 0]);
    queue.push(Uint8Array.of(7));
    assertEquals(queue.join(), Uint8Array.of(7));
  }
});

Deno.test("a queue joins what is left of it", () => {
  const queue = new ByteQueue();
  queue.push(pattern(5_000));
  queue.read(new Uint8Array(4_999));
  assertEquals(queue.join(), pattern(5_000).subarray(4_999));
});

Deno.test("a queue that is cleared holds nothing, and goes on", () => {
  const queue = new ByteQueue();
  queue.push(pattern(700_000));
  queue.read(new Uint8Array(10));
  queue.clear();
  assertEquals([queue.size, queue.allocatedSize], [0, 0]);
  assertEquals(queue.read(new Uint8Array(1)), 0);
  queue.push(pattern(10));
  assertEquals(queue.join(), pattern(10));
});

Deno.test("blocks that are used again hand out no bytes of others", () => {
  const first = new ByteQueue();
  first.push(new Uint8Array(2_000_000).fill(0xaa));
  first.clear();
  const second = new ByteQueue();
  second.push(new Uint8Array(600_000));
  second.read(new Uint8Array(599_000));
  second.push(Uint8Array.of(1));
  const rest = second.shift()!;
  const all = new Uint8Array(rest.buffer);
  assert(!all.includes(0xaa), "bytes of another message are behind it");
});

const BLOCK_SIZE = 256 * 1024;
const SPARE_COUNT = 16;

/** Memory that is made, from here on. */
class Allocations implements Disposable {
  readonly #original = Uint8Array;
  count = 0;

  constructor() {
    const noteOne = (): void => void this.count++;
    globalThis.Uint8Array = new Proxy(Uint8Array, {
      construct(target, args: unknown[], newTarget): Uint8Array {
        noteOne();
        return Reflect.construct(target, args, newTarget);
      },
    });
  }

  [Symbol.dispose](): void {
    globalThis.Uint8Array = this.#original;
  }
}

/** A queue of `count` blocks, and how many of them were made for it. */
function queueOfBlocks(count: number): [queue: ByteQueue, madeCount: number] {
  const bytes = new Uint8Array(count * BLOCK_SIZE);
  using allocations = new Allocations();
  const queue = new ByteQueue();
  queue.push(bytes);
  return [queue, allocations.count];
}

/** Takes all blocks that are kept, so that none is. */
function takeSpares(): void {
  const queue = new ByteQueue();
  for (let size = 512; size <= BLOCK_SIZE; size *= 2) {
    const bytes = new Uint8Array(size);
    using allocations = new Allocations();
    while (allocations.count === 0) queue.push(bytes, size);
  }
}

Deno.test("4 MiB of blocks are kept for those who come, and no more", () => {
  takeSpares();
  const [queue, madeCount] = queueOfBlocks(SPARE_COUNT + 1);
  assertEquals(madeCount, SPARE_COUNT + 1);
  queue.clear();
  assertEquals(queueOfBlocks(SPARE_COUNT + 1)[1], 1);
});

Deno.test("what fills its block is given away without a copy, and what does not has memory of just its size", () => {
  takeSpares();
  const [queue] = queueOfBlocks(1);
  assertEquals(queue.shift()?.length, BLOCK_SIZE);
  // It is the caller's now, and no spare one.
  assertEquals(queueOfBlocks(1)[1], 1);
  queue.push(pattern(BLOCK_SIZE));
  {
    using allocations = new Allocations();
    assertEquals(queue.join().length, BLOCK_SIZE);
    assertEquals(allocations.count, 0);
  }
  assertEquals(queue.shift(), undefined);
  queue.push(pattern(5));
  assertEquals(queue.shift()?.buffer.byteLength, 5);
});
