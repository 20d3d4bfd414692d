// What a socket round a client's byte stream lets through before the client is accepted.
import { assertEquals } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { TransportSocket } from "../../src/transport/transport_socket.ts";
import { within } from "../helpers/deadline.ts";

/** A byte stream that gives pieces of `pieceSize` bytes, `count` of them, and then no more. */
function giving(pieceSize: number, count: number): Transport {
  return {
    address: "192.0.2.7:7",
    tellsCut: true,
    read: (into) => {
      if (count-- <= 0) return new Promise(() => {});
      return Promise.resolve(Math.min(pieceSize, into.byteLength));
    },
    write: (bytes) => Promise.resolve(bytes.byteLength),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
}

/** What becomes of a socket that is read until `size` bytes came, or it broke. */
async function readAll(socket: TransportSocket, size: number): Promise<string> {
  const outcome = Promise.withResolvers<string>();
  let arrivedSize = 0;
  socket.on("error", (error) => {
    outcome.resolve(error instanceof LektError ? error.code : String(error));
  });
  socket.on("data", (chunk: Uint8Array) => {
    arrivedSize += chunk.byteLength;
    if (arrivedSize >= size) outcome.resolve("all");
  });
  const text = await within(outcome.promise, "the bytes");
  socket.destroy();
  return text;
}

for (
  const [name, pieceSize, count, expected] of [
    ["2,048 bytes", 64, 32, "all"],
    ["one byte more", 683, 3, "LIMIT"],
    ["64 pieces", 1, 64, "all"],
    ["one piece more", 1, 65, "LIMIT"],
  ] as const
) {
  Deno.test(`of something unfinished ${name} from a stranger: ${expected}`, async () => {
    const socket = new TransportSocket(
      giving(pieceSize, count),
      new Uint8Array(1),
    );
    socket.guard(0);
    assertEquals(await readAll(socket, pieceSize * count + 1), expected);
  });
}

Deno.test("what is whole, or comes from somebody accepted, is not bounded", async () => {
  const stranger = new TransportSocket(giving(1_000, 50), new Uint8Array(1));
  stranger.guard(0);
  stranger.on("data", ({ byteLength }) => stranger.noteWhole(byteLength));
  assertEquals(await readAll(stranger, 50_001), "all");
  const accepted = new TransportSocket(giving(60_000, 3), new Uint8Array(1));
  accepted.guard(0);
  accepted.admit();
  assertEquals(await readAll(accepted, 180_001), "all");
});

Deno.test("a socket from which nobody takes anything has read once ahead at most", async () => {
  let readCount = 0;
  const transport = giving(1_000, 50);
  const socket = new TransportSocket({
    ...transport,
    read(into) {
      readCount++;
      return transport.read(into);
    },
  });
  socket.once("data", () => socket.pause());
  for (let turn = 0; turn < 20; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  assertEquals(readCount, 2);
  socket.destroy();
});

Deno.test("what was whole counts no more, and nothing counts less than nothing", async () => {
  const outcome = (
    prepare: (socket: TransportSocket) => void,
    size: number,
  ): Promise<string> => {
    const socket = new TransportSocket(giving(size, 1), new Uint8Array(1));
    prepare(socket);
    return readAll(socket, size + 1);
  };
  const held =
    (size: number, wholeSize: number) => (socket: TransportSocket) => {
      socket.guard(size);
      socket.noteWhole(wholeSize);
    };
  assertEquals(await outcome(held(2_048, 0), 1), "LIMIT");
  assertEquals(await outcome(held(2_048, 1), 1), "all");
  assertEquals(await outcome(held(10, 5_000), 2_048), "all");
  assertEquals(await outcome(held(1, 5_000), 2_048), "all");
});

Deno.test("without a guard pieces are not counted, whole ones or not", async () => {
  for (const isToldOfWhole of [false, true]) {
    const socket = new TransportSocket(giving(1, 200), new Uint8Array(1));
    if (isToldOfWhole) socket.noteWhole(1);
    assertEquals(await readAll(socket, 201), "all");
  }
});

Deno.test("small pieces that are written together leave together, up to 16 KiB", async () => {
  for (const [size, count] of [[16_384, 1], [16_385, 2]] as const) {
    const writes: number[] = [];
    const socket = new TransportSocket({
      ...giving(1, 0),
      write: (bytes) => {
        writes.push(bytes.length);
        return Promise.resolve(bytes.length);
      },
    });
    socket.cork();
    socket.write(new Uint8Array(2));
    const written = Promise.withResolvers<void>();
    socket.write(new Uint8Array(size - 2), () => written.resolve());
    socket.uncork();
    await within(written.promise, "the write");
    assertEquals(writes.length, count);
    socket.destroy();
  }
});
