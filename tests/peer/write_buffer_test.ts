import { assertEquals } from "@std/assert";
import { WriteBuffer } from "../../src/peer/write_buffer.ts";
import { system } from "../../src/runtime/system.ts";

const PIECE_SIZE = 100_000;

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
    buffer.flushSync(file);
    buffer.flushSync(file);
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
