// What all connections of a process may hold together, and who gets how much of it.
import { assert, assertEquals, assertLess } from "@std/assert";
import { concat } from "@std/bytes";
import { connect, type Connection, listen, type Listener } from "../../mod.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { HeldMemory, totalMemory } from "../../src/session/held_memory.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { turns, until, within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";
import {
  AGREED,
  hello,
  packet,
  RawPeer,
  welcome,
} from "../helpers/raw_peer.ts";

const MIB = 1024 * 1024;
const TOTAL = 64 * MIB;
const OWN = 16 * MIB;
const COUNT = 16;

/** An eighth is kept for those that hold little. */
const FULL = 0.8 * TOTAL;

/** What a connection may hold in any case, and what one read may bring beyond. */
const EXTRA = 96 * 1024 + 256 * 1024;

/** Patience for tens of megabytes on a busy machine. */
const LONG_MS = 30_000;

const BLOCK = concat(
  Array.from({ length: 16 }, (_, id) => packet(id, 0, pattern(60_000))),
);

/** A peer of version 1.0 that sends messages for as long as somebody takes the bytes. */
class Hog implements Disposable {
  #socket: Deno.TcpConn;

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
    this.#run();
  }

  static async enter(method: string): Promise<Hog> {
    const port = Number(new URL(method.replace("tcp:", "http:")).port);
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    const raw = new RawPeer(socket);
    await raw.write(hello("hog"));
    await raw.expect(welcome());
    await raw.write(AGREED);
    return new Hog(socket);
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        for (let at = 0; at < BLOCK.length;) {
          at += await this.#socket.write(BLOCK.subarray(at));
        }
      }
    } catch {
      // It was closed.
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

async function withHogs(
  run: (
    connections: readonly Connection[],
    listener: Listener,
  ) => Promise<void>,
): Promise<void> {
  const connections: Connection[] = [];
  await using listener = await listen({
    nickname: "bob",
    methods: "tcp://127.0.0.1:0",
    accept: () => true,
    limits: { maxBufferedBytes: OWN, maxTotalBufferedBytes: TOTAL },
  });
  const isOver = Promise.withResolvers<void>();
  listener.serve(async (connection) => {
    if (connection.remote.nickname === "hog") {
      connections.push(connection);
      await isOver.promise;
      return connection.abort();
    }
    for await (const message of connection) {
      await connection.send(await message.bytes());
    }
  });
  const hogs: Hog[] = [];
  for (let count = 0; count < COUNT; count++) {
    hogs.push(await Hog.enter(listener.methods[0]!));
  }
  await until(() => connections.length === COUNT, "all are in", LONG_MS);
  try {
    await run(connections, listener);
  } finally {
    isOver.resolve();
    for (const hog of hogs) hog[Symbol.dispose]();
    await listener.shutdown();
  }
  await until(() => totalMemory.size === 0, "nothing is held");
}

function heldBy(connections: readonly Connection[]): number[] {
  return connections.map((connection) => connection.stats().bytesBuffered);
}

Deno.test("16 full connections hold no more than a process may, each about as much as the others, and one with little is served beside them", () =>
  withHogs(async (connections, listener) => {
    await until(() => totalMemory.size > FULL, "they are full", LONG_MS);
    await turns(2_000);
    assertLess(totalMemory.size, TOTAL + COUNT * EXTRA);
    const held = heldBy(connections);
    assertLess(Math.max(...held), OWN + EXTRA);
    await using alice = await connect(listener.methods, { nickname: "alice" });
    for (let count = 0; count < 20; count++) {
      await alice.send(pattern(1_000));
      const message = await within(alice.receive(), "an answer");
      assertEquals((await message!.bytes()).length, 1_000);
    }
    await alice.send(pattern(200_000));
    const message = await within(alice.receive(), "the long answer");
    const bytes = await within(message!.bytes(), "its bytes");
    assertEquals(bytes, pattern(200_000));
  }));

Deno.test("a connection that stopped because others hold much goes on when these are read", () =>
  withHogs(async (connections) => {
    await until(() => totalMemory.size > FULL, "they are full", LONG_MS);
    const least = Math.min(...heldBy(connections));
    const unread = connections[heldBy(connections).indexOf(least)]!;
    const { messagesReceived } = unread.stats();
    let isOver = false;
    const reading = connections.filter((each) => each !== unread).map(
      async (connection) => {
        while (!isOver && await connection.receive());
      },
    );
    await until(
      () => unread.stats().messagesReceived > messagesReceived + 20,
      "the one that nobody reads gets more",
      LONG_MS,
    );
    isOver = true;
    await within(Promise.all(reading), "the others");
    assert(unread.stats().bytesBuffered > least + MIB);
  }));

Deno.test("messages of up to 64 KiB are collected, whatever the other connections hold", async () => {
  const others = new HeldMemory(resolveLimits());
  others.change(2 * TOTAL);
  try {
    await withPair(async ({ alice, bob }) => {
      for (const size of [1_000, 59_000, 65_536, 65_536, 65_536]) {
        for (const step of [500, 9_000, 20_000, 40_000]) {
          const sending = alice.send(slowly(pattern(size), step));
          const message = await receive(bob);
          const bytes = await within(message.bytes(), `${size} by ${step}`);
          assertEquals(bytes, pattern(size));
          await sending;
        }
      }
    }, { bobLimits: { maxTotalBufferedBytes: TOTAL } });
  } finally {
    others.clear();
  }
});

/** The bytes piece by piece, each behind what the last one has brought about. */
async function* slowly(
  bytes: Uint8Array<ArrayBuffer>,
  step: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += step) {
    await turns(3);
    yield bytes.subarray(at, at + step);
  }
}
