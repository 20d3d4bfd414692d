// Whose turn it is: order, overtaking, fairness, and the limit of open messages.
import { assert, assertEquals } from "@std/assert";
import { yieldToOthers } from "../../src/transport/yield.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { isSettled, until, within } from "../helpers/deadline.ts";
import { inPieces, pattern, receive } from "../helpers/messages.ts";
import { withRawPeer } from "../helpers/raw_pair.ts";
import { MORE } from "../helpers/raw_peer.ts";

const LONG = pattern(300_000);

Deno.test("send() keeps the order of short messages, also of those that had to wait", () =>
  withPair(async ({ alice, bob }) => {
    const count = 3_000;
    const sizes = [3, 5_000, 0, 100_000, 700];
    const sent: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      const bytes = new Uint8Array(sizes[i % sizes.length]! + 4);
      new DataView(bytes.buffer).setUint32(0, i);
      const data = i % 3 === 0 ? new DataView(bytes.buffer) : bytes;
      sent.push(alice.send(data));
      if (i === count / 2) sent.push(alice.send(LONG));
    }
    let next = 0;
    for (let i = 0; i <= count; i++) {
      const bytes = await (await receive(bob)).bytes();
      if (bytes.length === LONG.length) continue;
      const { buffer, byteOffset } = bytes;
      assertEquals(new DataView(buffer, byteOffset).getUint32(0), next);
      next++;
    }
    assertEquals(next, count);
    await within(Promise.all(sent), "all sends");
  }));

Deno.test("send() keeps the order of texts, whatever their size", () =>
  withPair(async ({ alice, bob }) => {
    const texts = Array.from(
      { length: 300 },
      (_, i) => `${i} ` + "\u00e9".repeat((i % 7) * 12_000),
    );
    const sent = Promise.all(texts.map((text) => alice.send(text)));
    for (const text of texts) {
      assertEquals(await (await receive(bob)).text(), text);
    }
    await within(sent, "all sends");
  }));

Deno.test("an answer is written before the next read begins", () =>
  withPair(async ({ alice, bob, bobTransport }) => {
    const calls: string[] = [];
    const { read, write } = bobTransport;
    async function echo(): Promise<void> {
      for await (const message of bob) await bob.send(await message.text());
    }
    const echoing = echo();
    for (let i = 0; i < 4; i++) {
      await alice.send("ping");
      assertEquals(await (await receive(alice)).text(), "ping");
      // Bob's next read is under way then.
      await yieldToOthers();
      if (i > 0) continue;
      bobTransport.read = (into): Promise<number | null> => {
        calls.push("read");
        return read.call(bobTransport, into);
      };
      bobTransport.write = (bytes): Promise<number> => {
        calls.push("write");
        return write.call(bobTransport, bytes);
      };
    }
    assertEquals(calls.slice(0, 5).join(" "), "write read write read write");
    await alice.closeWrite();
    await within(echoing, "the end of the echo");
  }));

Deno.test("send() lets short messages overtake long ones", () =>
  withPair(async ({ alice, bob }) => {
    const size = 20_000_000;
    const long = alice.send(pattern(size));
    const { body } = await receive(bob);
    const quick = bob.receive();
    await alice.send("quick");
    let readSize = 0;
    let sizeAtQuick = size;
    quick.then(() => sizeAtQuick = readSize);
    for await (const piece of body) readSize += piece.length;
    assertEquals(await (await quick)?.text(), "quick");
    assert(sizeAtQuick < size / 2, `it came behind ${sizeAtQuick} bytes`);
    await within(long, "the long one");
  }, { bobLimits: { maxBufferedBytes: 1_000_000 } }));

Deno.test("several send() at once take turns", () =>
  withRawPeer(async (raw, connection) => {
    const size = 4_000_000;
    const sends = Promise.all([
      connection.send(pattern(size)),
      connection.send(inPieces(pattern(size), 262_144)),
      connection.send(inPieces(pattern(size), 1_000_000)),
      connection.send(new Blob([pattern(size)])),
    ]);
    const sizes = new Map<number, number>();
    while (true) {
      const { id, part, payload } = await raw.readPacket();
      sizes.set(id, (sizes.get(id) ?? 0) + payload.length);
      if (part < MORE) break;
    }
    assertEquals(sizes.size, 4);
    for (const sent of sizes.values()) {
      assert(sent > size / 4, `unfair: ${[...sizes.values()]}`);
    }
    for (let lastCount = 1; lastCount < 4;) {
      if ((await raw.readPacket()).part < MORE) lastCount++;
    }
    await within(sends, "all sends");
    await raw.end();
  }));

Deno.test("a long message makes progress beside endless short ones", () =>
  withPair(async ({ alice, bob }) => {
    let isOver = false;
    async function chatter(): Promise<void> {
      const short = new Uint8Array(60_000);
      while (!isOver) {
        await Promise.all(Array.from({ length: 8 }, () => alice.send(short)));
      }
    }
    const chatting = chatter();
    const long = alice.send(pattern(2_000_000));
    while (true) {
      const message = await receive(bob);
      const bytes = await within(message.bytes(), "the bytes");
      if (bytes.length === 2_000_000) break;
    }
    isOver = true;
    await within(long, "the long message");
    while (!await isSettled(chatting)) {
      await receive(bob).then((m) => m.bytes());
    }
  }));

Deno.test("more than 1,024 sends may be under way at once", () =>
  withPair(async ({ alice, bob }) => {
    const count = 1_100;
    const sends = Array.from(
      { length: count },
      (_, i) => alice.send(inPieces(pattern(30, i), 10)),
    );
    for (let i = 0; i < count; i++) {
      assertEquals((await (await receive(bob)).bytes()).length, 30);
    }
    await within(Promise.all(sends), "all sends");
  }));

Deno.test("a send() waits where 1,024 hanging ones are open, and goes when one has ended", () =>
  withPair(async ({ alice, bob }) => {
    const controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
    const sends = Array.from({ length: 1_024 }, () =>
      alice.send(
        new ReadableStream<Uint8Array>({
          start(controller): void {
            controller.enqueue(Uint8Array.of(1));
            controllers.push(controller);
          },
        }),
      ));
    await until(() => bob.stats().bytesBuffered >= 1_024 * 512, "all are open");
    const late = alice.send(inPieces(pattern(20), 10));
    await alice.send("short ones still go");
    assertEquals(await (await receive(bob)).text(), "short ones still go");
    assert(!await isSettled(late));
    controllers[5]!.close();
    assertEquals((await (await receive(bob)).bytes()).length, 1);
    assertEquals((await (await receive(bob)).bytes()).length, 20);
    await within(late, "the late one");
    for (const controller of controllers) {
      try {
        controller.close();
      } catch {
        // The one that was closed before.
      }
    }
    for (let i = 0; i < 1_023; i++) await receive(bob).then((m) => m.bytes());
    await within(Promise.all(sends), "all sends");
  }));
