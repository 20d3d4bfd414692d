// Bodies that are looked at before they are read.
import { assert, assertEquals } from "@std/assert";
import { ByteReader } from "../../src/talk/byte_reader.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import { within } from "../helpers/deadline.ts";
import { pattern } from "../helpers/messages.ts";

const FIRST_SIZE = 16 * 1024;
const LATER_SIZE = 256 * 1024;

/** All that is left, to the end; not by `assertEquals`, which takes long over so many bytes. */
async function assertRest(
  reader: ByteReader,
  expected: Uint8Array,
): Promise<void> {
  let at = 0;
  for (let chunk; (chunk = await reader.next()); at += chunk.length) {
    const from = at;
    assert(chunk.every((byte, index) => byte === expected[from + index]));
  }
  assertEquals(at, expected.length);
}

Deno.test("a look at so many bytes as have come waits for no more", async () => {
  const body = new ReadableStream({
    type: "bytes",
    start: (controller) => controller.enqueue(pattern(8)),
    pull: () => new Promise<void>(() => {}),
  });
  const reader = new ByteReader(body);
  for (const size of [1, 8]) {
    const seen = await within(reader.peek(size), `${size} bytes`);
    assertEquals(seen, pattern(8));
  }
  assertEquals(await within(reader.next(), "what was seen"), pattern(8));
});

Deno.test("a chunk is taken up to so many bytes, and the rest with the next one", async () => {
  const bytes = pattern(10);
  const reader = new ByteReader(bodyOf([bytes.subarray(0, 6), bytes]));
  assertEquals(await reader.take(5), bytes.subarray(0, 5));
  assertEquals(await reader.take(5), bytes.subarray(5, 6));
  assertEquals(await reader.take(10), bytes);
  assertEquals(await reader.take(1), undefined);
});

Deno.test("a body is read to small memory first, and to large memory once it has filled that", async () => {
  const bytes = pattern(2 * LATER_SIZE);
  const reader = new ByteReader(bodyOf([bytes]));
  const sizes: number[] = [];
  for (let chunk; (chunk = await reader.next());) sizes.push(chunk.length);
  const left = bytes.length - FIRST_SIZE - LATER_SIZE;
  assertEquals(sizes, [FIRST_SIZE, LATER_SIZE, left]);
});

Deno.test("a look at more than the memory holds gets memory for all of it", async () => {
  const bytes = pattern(3 * LATER_SIZE);
  for (const held of [FIRST_SIZE, LATER_SIZE]) {
    for (const extra of [-1, 0, 1]) {
      const reader = new ByteReader(bodyOf([bytes]));
      assertEquals((await reader.peek(held)).length >= held, true);
      const size = LATER_SIZE + extra;
      assertEquals((await reader.peek(size)).length >= size, true);
      await assertRest(reader, bytes);
    }
  }
});

Deno.test("what a look needs is read at once where it has come, and is not copied from piece to piece", async () => {
  for (
    const [size, room] of [
      [FIRST_SIZE, FIRST_SIZE],
      [FIRST_SIZE + 1, LATER_SIZE],
      [LATER_SIZE + 1, LATER_SIZE + 1],
    ] as const
  ) {
    let given = 0;
    const body = new ReadableStream({
      type: "bytes",
      pull(controller: ReadableByteStreamController): void {
        given = controller.byobRequest!.view!.byteLength;
        controller.byobRequest!.respond(given);
      },
    });
    assertEquals((await new ByteReader(body).peek(size)).length, room);
    assertEquals(given, room);
  }
});

Deno.test("a body that was given up has no more bytes, not even for who waits for some", async () => {
  const reader = new ByteReader(bodyOf([pattern(10)]));
  await reader.cancel();
  assertEquals(await reader.next(), undefined);
  assertEquals(await reader.peek(1), new Uint8Array(0));
  const waiting = new ByteReader(
    new ReadableStream({
      type: "bytes",
      pull: () => new Promise<void>(() => {}),
    }),
  );
  const next = waiting.next();
  await waiting.cancel();
  assertEquals(await within(next, "the end"), undefined);
});

Deno.test("what was seen to its last byte is not looked at again once its memory is read to anew", async () => {
  const bytes = pattern(12);
  const reader = new ByteReader(
    bodyOf([0, 4, 8].map((at) => bytes.subarray(at, at + 4))),
  );
  assertEquals(await reader.peek(4), bytes.subarray(0, 4));
  reader.skip(4);
  assertEquals(await reader.take(4), bytes.subarray(4, 8));
  assertEquals(await reader.peek(1), bytes.subarray(8));
});
