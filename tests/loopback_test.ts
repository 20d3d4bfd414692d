// Whole connections over real sockets on this machine; few, for most is tested
// without sockets.
import { ownMemorySize } from "./helpers/own_memory.ts";
import { assert, assertEquals, assertLess } from "@std/assert";
import { connect, type Connection, listen } from "../mod.ts";
import { turns, within } from "./helpers/deadline.ts";
import { inPieces, pattern, receive } from "./helpers/messages.ts";

/** Bytes of the long message; `LEKT_LONG=1` makes it 10 GiB. */
function longSize(): number {
  const { state } = Deno.permissions.querySync({ name: "env" });
  const isLong = state === "granted" && Deno.env.get("LEKT_LONG") === "1";
  return (isLong ? 10 * 1024 : 256) * 1024 * 1024;
}

async function withLoopback(
  scheme: "tcp" | "unix" | "ws",
  run: (alice: Connection, bob: Connection) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const method = scheme === "unix"
    ? `unix:${folder}/bob.sock`
    : `${scheme}://127.0.0.1:0`;
  try {
    await using listener = await listen({
      nickname: "bob",
      methods: [method],
      accept: () => true,
    });
    const accepted = listener[Symbol.asyncIterator]().next();
    const connecting = connect(listener.methods, { nickname: "alice" });
    const alice = await within(connecting, "to connect");
    const { value: bob } = await within(accepted, "a connection");
    await run(alice, bob!);
    const both = Promise.all([alice.close(), bob!.close()]);
    await within(both, "both to close");
    assertEquals(await alice.closed, { clean: true });
    assertEquals(await bob!.closed, { clean: true });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const scheme of ["tcp", "unix", "ws"] as const) {
  Deno.test(`two peers talk over ${scheme}`, () =>
    withLoopback(scheme, async (alice, bob) => {
      assertEquals([alice.remote.nickname, bob.remote.nickname], [
        "bob",
        "alice",
      ]);
      assertEquals([alice.remote.version, bob.remote.version], [
        "1.1.0",
        "1.1.0",
      ]);
      assert(alice.remote.method.startsWith(scheme));
      assertEquals(alice.remote.method, bob.remote.method);
      const echoing = (async () => {
        for await (const message of bob) await bob.send(message.body);
        await bob.closeWrite();
      })();
      const sizes = [0, 1, 1_000, 65_536, 262_144, 262_145, 3_000_000];
      for (const size of sizes) {
        const sent = pattern(size, size);
        const sending = alice.send(size % 2 ? sent : inPieces(sent, 100_000));
        const bytes = await (await receive(alice)).bytes();
        assertEquals(Uint8Array.from(bytes), sent, `${size} bytes`);
        await sending;
      }
      await alice.closeWrite();
      assertEquals(await alice.receive(), null);
      await echoing;
    }));

  Deno.test(`many messages of all sizes go both ways at once over ${scheme}`, () =>
    withLoopback(scheme, async (alice, bob) => {
      const count = 60;
      async function sendAll(from: Connection): Promise<void> {
        const sends: Promise<number>[] = [];
        for (let i = 0; i < count; i++) {
          sends.push(from.send(pattern((i * 7_919) % 400_000, i)));
        }
        await Promise.all(sends);
        await from.closeWrite();
      }
      async function receiveAll(to: Connection): Promise<void> {
        const sizes = new Set<number>();
        for await (const message of to) {
          const bytes = await message.bytes();
          sizes.add(bytes.length);
          if (bytes.length < 4) continue;
          const seed = bytes[0]!;
          assertEquals(bytes[3], (3 * 31 + seed) & 0xff);
          assertEquals(bytes.at(-1), ((bytes.length - 1) * 31 + seed) & 0xff);
        }
        assertEquals(sizes.size, count);
      }
      const all = [alice, bob].flatMap((each) => [
        sendAll(each),
        receiveAll(each),
      ]);
      await within(Promise.all(all), "all messages");
    }));
}

Deno.test("a long message streams with flat memory", () =>
  withLoopback("tcp", async (alice, bob) => {
    const size = longSize();
    const piece = new Uint8Array(1024 * 1024);
    async function* source(): AsyncGenerator<Uint8Array> {
      const numbers = new Uint32Array(piece.buffer);
      for (let offset = 0; offset < size; offset += piece.length) {
        numbers[0] = offset / piece.length;
        yield piece;
      }
    }
    const sending = alice.send(source());
    const reader = (await receive(bob)).body.getReader({ mode: "byob" });
    let view = new Uint8Array(1024 * 1024);
    let readSize = 0;
    // Garbage comes and goes: what stays is the least of each quarter.
    const lowestSizes = new Array(4).fill(Infinity);
    while (true) {
      const { value, done } = await reader.read(view, { min: view.length });
      if (done) break;
      const numbers = new Uint32Array(value.buffer, value.byteOffset, 1);
      assertEquals(numbers[0], readSize / piece.length);
      readSize += value.length;
      view = new Uint8Array(value.buffer);
      const quarter = Math.ceil(4 * readSize / size) - 1;
      lowestSizes[quarter] = Math.min(lowestSizes[quarter], ownMemorySize());
    }
    assertEquals(readSize, size);
    assertLess(lowestSizes[3] - lowestSizes[0], 16 * 1024 * 1024);
    await sending;
  }));

Deno.test("two peers that both send 32 MiB before they read do not lock up", () =>
  withLoopback("tcp", async (alice, bob) => {
    const size = 32 * 1024 * 1024;
    const sends = [
      alice.send(new Uint8Array(size)),
      bob.send(new Uint8Array(size)),
    ];
    // More than the other side allows, unread, of one message (1.1), or than the system takes.
    await turns();
    for (const each of [alice, bob]) {
      let readSize = 0;
      const { body } = await receive(each);
      for await (const piece of body) readSize += piece.length;
      assertEquals(readSize, size);
    }
    await within(Promise.all(sends), "both sends");
  }));
