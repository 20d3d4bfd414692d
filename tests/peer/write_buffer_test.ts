import { assertEquals, assertRejects } from "@std/assert";
import { WriteBuffer } from "../../src/peer/write_buffer.ts";
import type { SystemFile } from "../../src/runtime/files.ts";
import { system } from "../../src/runtime/system.ts";
import { yieldToOthers } from "../../src/transport/yield.ts";

const PIECE_SIZE = 100_000;

/** Bytes of one write. */
const WRITE_SIZE = 256 * 1024;

Deno.test("what is collected for a file is written in order, all of it, and what is forgotten is not", async () => {
  const path = await Deno.makeTempFile({ prefix: "lekt-buffer-" });
  const buffer = new WriteBuffer();
  const expected: number[] = [];
  {
    using file = await system.open(path, { write: true });
    for (let number = 1; number <= 12; number++) {
      await buffer.append(file, new Uint8Array(PIECE_SIZE).fill(number));
      expected.push(number);
    }
    const { size } = await file.stat();
    // Whole pieces of memory are written on the way, the rest is not.
    assertEquals(size > 0 && size < 12 * PIECE_SIZE, true, `${size} bytes`);
    await buffer.flush(file);
    await buffer.append(file, new Uint8Array(PIECE_SIZE).fill(99));
    buffer.clear();
    await buffer.append(file, new Uint8Array(PIECE_SIZE).fill(13));
    await buffer.flush(file);
    await buffer.flush(file);
    expected.push(13);
  }
  const bytes = await Deno.readFile(path);
  assertEquals(bytes.length, 13 * PIECE_SIZE);
  const wrong = bytes.findIndex((byte, at) =>
    byte !== expected[Math.floor(at / PIECE_SIZE)]
  );
  assertEquals(wrong, -1);
  await Deno.remove(path);
});

/** A file whose writes end when the test says so. */
class HeldFile {
  readonly writes: PromiseWithResolvers<number>[] = [];

  write(): Promise<number> {
    const write = Promise.withResolvers<number>();
    this.writes.push(write);
    return write.promise;
  }
}

Deno.test("a write under way holds nobody up until there is a second one, and settled means that none is", async () => {
  const held = new HeldFile();
  const file = held as unknown as SystemFile;
  const buffer = new WriteBuffer();
  await buffer.append(file, new Uint8Array(WRITE_SIZE));
  await buffer.append(file, new Uint8Array(WRITE_SIZE - 1));
  let isTaken = false;
  const appending = buffer.append(file, new Uint8Array(1))
    .then(() => isTaken = true);
  await yieldToOthers();
  assertEquals([isTaken, held.writes.length], [false, 1]);
  held.writes[0]!.resolve(WRITE_SIZE);
  await appending;
  assertEquals(held.writes.length, 2);
  let isSettled = false;
  const settling = buffer.settle().then(() => isSettled = true);
  await yieldToOthers();
  assertEquals(isSettled, false);
  held.writes[1]!.reject(new Error("the disk is full"));
  await settling;
});

Deno.test("a write that fails shows in the next call that needs it, once", async () => {
  const held = new HeldFile();
  const file = held as unknown as SystemFile;
  const buffer = new WriteBuffer();
  await buffer.append(file, new Uint8Array(WRITE_SIZE));
  held.writes[0]!.reject(new Error("the disk is full"));
  await assertRejects(() => buffer.flush(file), Error, "the disk is full");
  buffer.clear();
  await buffer.flush(file);
  assertEquals(held.writes.length, 1);
});
