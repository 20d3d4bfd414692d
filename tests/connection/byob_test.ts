// BYOB readers that ask for a least number of bytes: as with the stream of a Blob.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import type { Connection, LektError } from "../../mod.ts";
import { turns, until, within } from "../helpers/deadline.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { withRawPeer } from "../helpers/raw_pair.ts";
import { ABORT, MORE, packet } from "../helpers/raw_peer.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** All bytes of a body, of which a reader takes at least `min` each time; only the last piece may be shorter, and says that it is the last. */
async function readAll(
  body: Body,
  viewSize: number,
  min: number,
): Promise<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  const pieces: Uint8Array[] = [];
  while (true) {
    const reading = reader.read(new Uint8Array(viewSize), { min });
    const { value, done } = await within(reading, `${min} of ${viewSize}`);
    pieces.push(value!);
    assertEquals(done, value!.length < min, `${value!.length} of ${min}`);
    if (done) return concat(pieces);
  }
}

const VIEWS = [[1, 1], [16, 8], [16, 16], [100_000, 8], [100_000, 90_000]];

for (const size of [0, 5, 8, 16, 20, 70_000, 700_000]) {
  for (const [viewSize, min] of VIEWS as [number, number][]) {
    if (size > 2_000 * viewSize) continue;
    Deno.test(`reads of at least ${min} of ${viewSize} bytes end with a message of ${size}`, () =>
      withPair(async ({ alice, bob }) => {
        const sending = alice.send(pattern(size));
        const { body } = await receive(bob);
        assertEquals(await readAll(body, viewSize, min), pattern(size));
        await sending;
      }));
  }
}

/** Resolves when so many bytes have come, and whoever waits for them has had a turn. */
async function untilReceived(
  connection: Connection,
  count: number,
): Promise<void> {
  await until(
    () => connection.stats().bytesReceived >= count,
    `${count} bytes have come`,
  );
  await turns(5);
}

Deno.test("a long message goes to its reader's memory without a copy, but for the 66 KiB that tell of it", () =>
  withPair(async ({ alice, bob, bobTransport }) => {
    const viewSize = 300_000;
    let directSize = 0;
    const read = bobTransport.read.bind(bobTransport);
    bobTransport.read = async (into): Promise<number | null> => {
      const isDirect = into.buffer.byteLength === viewSize;
      const size = await read(into);
      if (isDirect) directSize += size!;
      return size;
    };
    // Of the first a part more is copied: it begins with a short read.
    const sizes: number[] = [];
    for (let count = 0; count < 6; count++) {
      directSize = 0;
      const sending = alice.send(pattern(1_000_000));
      const { body } = await receive(bob);
      const bytes = await readAll(body, viewSize, 1);
      assertEquals(bytes.length, 1_000_000);
      await sending;
      sizes.push(directSize);
    }
    const direct = sizes.filter((size) => size >= 930_000);
    assert(direct.length >= 3, `of each 1,000,000 bytes: ${sizes}`);
  }, { stream: { bufferSize: 2_000_000, partial: false } }));

Deno.test("a read of at least so many bytes ends with a message that comes in short parts", () =>
  withRawPeer(async (raw, connection) => {
    let count = connection.stats().bytesReceived;
    for (const last of [new Uint8Array(0), pattern(3)]) {
      await raw.write(packet(1, MORE, pattern(70_000)));
      const { body } = await receive(connection);
      const reading = readAll(body, 100_000, 90_000);
      for (let index = 1; index < 20; index++) {
        await raw.write(packet(1, MORE + index, pattern(3)));
        await turns(1);
      }
      await untilReceived(connection, count += 70_057 + 20 * 12);
      await raw.write(packet(1, 20, last));
      count += 12 + last.length;
      assertEquals((await reading).length, 70_057 + last.length);
    }
    await raw.end();
  }));

Deno.test("a body of an odd length fails a reader who wants whole elements of two bytes", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send(pattern(5));
    const reader = (await receive(bob)).body.getReader({ mode: "byob" });
    await assertRejects(
      () => within(reader.read(new Uint16Array(8), { min: 4 }), "the end"),
      TypeError,
    );
    await alice.send("next");
    assertEquals(await (await receive(bob)).text(), "next");
  }));

/** What a read of at least 90,000 bytes comes to, of which 70,000 are there. */
async function readTooMuch(body: Body): Promise<LektError> {
  const reader = body.getReader({ mode: "byob" });
  return await failureOf(() =>
    reader.read(new Uint8Array(100_000), { min: 90_000 })
  );
}

Deno.test("a read of at least so many bytes rejects where the message is aborted", () =>
  withRawPeer(async (raw, connection) => {
    await raw.write(packet(1, MORE, pattern(70_000)));
    const failing = readTooMuch((await receive(connection)).body);
    await turns(5);
    await raw.write(packet(1, ABORT, "enough"));
    assertEquals((await failing).code, "ABORTED");
    await raw.end();
  }));

Deno.test("a read of at least so many bytes rejects where the message is cut short", () =>
  withRawPeer(async (raw, connection) => {
    await raw.write(packet(1, MORE, pattern(70_000)));
    const failing = readTooMuch((await receive(connection)).body);
    await turns(5);
    await raw.end();
    assertEquals((await failing).code, "TRUNCATED");
  }));

Deno.test("a read of at least so many bytes rejects where this side closes", () =>
  withRawPeer(async (raw, connection) => {
    await raw.write(packet(1, MORE, pattern(70_000)));
    const failing = readTooMuch((await receive(connection)).body);
    await turns(5);
    const closing = connection.close();
    assertEquals((await failing).code, "CLOSED");
    await raw.end();
    await closing;
  }));

Deno.test("a read of at least so many bytes ends where the body is cancelled, and what follows is dropped", () =>
  withRawPeer(async (raw, connection) => {
    await raw.write(packet(1, MORE, pattern(70_000)));
    const reader = (await receive(connection)).body.getReader({ mode: "byob" });
    const reading = reader.read(new Uint8Array(100_000), { min: 90_000 });
    await turns(5);
    await within(reader.cancel("not for me"), "cancel()");
    assert((await within(reading, "the read")).done);
    await raw.write(
      packet(1, MORE + 1, pattern(200_000)),
      packet(1, 2, "end"),
      packet(2, 0, "next"),
    );
    assertEquals(await (await receive(connection)).text(), "next");
    assertEquals(connection.stats().bytesBuffered, 0);
    await raw.end();
  }));

Deno.test("what came for a read that was given up goes to a read of at least more", () =>
  withRawPeer(async (raw, connection) => {
    await raw.write(packet(1, MORE, pattern(70_000)));
    const { body } = await receive(connection);
    const reader = body.getReader();
    let size = 0;
    while (size < 70_000) size += (await reader.read()).value!.length;
    const abandoned = assertRejects(() => reader.read(), TypeError);
    await turns(5);
    reader.releaseLock();
    await abandoned;
    const { bytesReceived } = connection.stats();
    await raw.write(packet(1, 1, pattern(5)));
    await untilReceived(connection, bytesReceived + 12 + 5);
    assertEquals(await readAll(body, 16, 8), pattern(5));
    await raw.end();
  }));
