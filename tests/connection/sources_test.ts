import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import {
  pieceBytes,
  pieces,
  type Sendable,
  wholeBytes,
} from "../../src/connection/sources.ts";
import { within } from "../helpers/deadline.ts";

Deno.test("wholeBytes() takes bytes as they are, without a copy", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  assertStrictEquals(wholeBytes(bytes), bytes);
  const part = wholeBytes(new DataView(bytes.buffer, 1, 2))!;
  assertEquals([...part], [2, 3]);
  assertStrictEquals(part.buffer, bytes.buffer);
  assertStrictEquals(wholeBytes(bytes.buffer)!.buffer, bytes.buffer);
  const shared = new SharedArrayBuffer(2);
  assertEquals(wholeBytes(shared as unknown as ArrayBuffer)!.length, 2);
  assertEquals(wholeBytes(new Blob(["x"])), undefined);
});

Deno.test("pieces() refuses what is no source", () => {
  for (
    const data of [null, undefined, 1, true, {}, [], Symbol(), (): void => {}]
  ) {
    const error = assertThrows(
      () => pieces(data as unknown as Sendable),
      LektError,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
  for (const piece of ["text", null, [1], new ArrayBuffer(1)]) {
    const error = assertThrows(() => pieceBytes(piece), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("pieces() unlocks a stream at its end, and cancels one that is let go while it hangs", async () => {
  const short = new Blob(["x"]).stream();
  const first = pieces(short);
  assertEquals((await first.next()).done, false);
  assertEquals((await first.next()).done, true);
  assertEquals(short.locked, false);

  const cancelled = Promise.withResolvers<unknown>();
  const hanging = new ReadableStream<Uint8Array>({
    cancel: (reason) => cancelled.resolve(reason),
  });
  const second = pieces(hanging);
  const next = second.next();
  await second.return!("enough");
  assertEquals(await within(cancelled.promise, "the cancel"), "enough");
  assertEquals((await within(next, "the read")).done, true);
});
