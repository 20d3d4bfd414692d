// Sending: `Connection.send` and all that is below it.
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { type Connection, LektError, type Message } from "../mod.ts";
import type { Sendable } from "../mod.ts";
import { isSettled, turns, until, within } from "./helpers/deadline.ts";
import { withPair } from "./helpers/connection_pair.ts";
import { withRawPeer } from "./helpers/raw_pair.ts";
import { MORE } from "./helpers/raw_peer.ts";

async function receive(connection: Connection): Promise<Message> {
  const message = await within(connection.receive(), "a message");
  assert(message, "the stream ended");
  return message;
}

/** Reads a message as it comes; returns its size, or the code of its failure. */
async function drain({ body }: Message): Promise<number | string> {
  let size = 0;
  try {
    for await (const piece of body) size += piece.length;
    return size;
  } catch (error) {
    return (error as LektError).code;
  }
}

function pattern(size: number, seed = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed) & 0xff);
}

async function* inPieces(
  bytes: Uint8Array,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.subarray(offset, offset + size);
  }
}

const LONG = pattern(300_000);
const TEXT = "\u00e9\u{1f642}x".repeat(20_000);

const SENDABLES: [string, () => Sendable, Uint8Array][] = [
  ["an empty string", () => "", new Uint8Array(0)],
  ["a string", () => "hello", new TextEncoder().encode("hello")],
  ["emoji", () => "\u{1f642}", new TextEncoder().encode("\u{1f642}")],
  [
    "a byte order mark",
    () => "\ufeffx",
    Uint8Array.of(0xef, 0xbb, 0xbf, 0x78),
  ],
  [
    "lone surrogates as U+FFFD",
    () => "a\ud800b\udc00",
    new TextEncoder().encode("a\ufffdb\ufffd"),
  ],
  ["a text of 140 KB", () => TEXT, new TextEncoder().encode(TEXT)],
  ["bytes", () => pattern(10), pattern(10)],
  ["no bytes", () => new Uint8Array(0), new Uint8Array(0)],
  [
    "a subarray",
    () => pattern(100).subarray(20, 30),
    pattern(100).slice(20, 30),
  ],
  ["bytes of several parts", () => LONG, LONG],
  ["a Node buffer", () => pattern(9), pattern(9)],
  ["an ArrayBuffer", () => pattern(70_000).buffer, pattern(70_000)],
  [
    "a SharedArrayBuffer",
    () => {
      const shared = new Uint8Array(new SharedArrayBuffer(LONG.length));
      shared.set(LONG);
      return shared.buffer as unknown as ArrayBuffer;
    },
    LONG,
  ],
  [
    "a DataView on a part of a buffer",
    () => new DataView(pattern(100).buffer, 7, 13),
    pattern(100).slice(7, 20),
  ],
  [
    "16-bit numbers",
    () => new Uint16Array(pattern(8).buffer),
    pattern(8),
  ],
  [
    "a Blob",
    () => new Blob([pattern(50), "end"]),
    Uint8Array.of(...pattern(50), 101, 110, 100),
  ],
  ["a Blob of several parts", () => new Blob([LONG]), LONG],
  ["an empty Blob", () => new Blob([]), new Uint8Array(0)],
  [
    "a ReadableStream",
    () => ReadableStream.from(inPieces(LONG, 70_001)),
    LONG,
  ],
  ["a body of a Response", () => new Response(LONG).body!, LONG],
  [
    "an AsyncIterable of small pieces",
    () => inPieces(pattern(3_000), 7),
    pattern(3_000),
  ],
  [
    "an AsyncIterable of one large piece",
    () => inPieces(LONG, LONG.length),
    LONG,
  ],
  [
    "an AsyncIterable of nothing",
    () => inPieces(new Uint8Array(0), 1),
    new Uint8Array(0),
  ],
  [
    "empty pieces between others",
    async function* () {
      yield new Uint8Array(0);
      yield Uint8Array.of(1);
      yield new Uint8Array(0);
      yield Uint8Array.of(2);
      yield new Uint8Array(0);
    } as unknown as () => Sendable,
    Uint8Array.of(1, 2),
  ],
];

for (const [name, make, expected] of SENDABLES) {
  Deno.test(`send() sends ${name}`, () =>
    withPair(async ({ alice, bob }) => {
      const id = alice.send(make());
      const message = await receive(bob);
      const bytes = await within(message.bytes(), "the bytes");
      assertEquals(bytes.length, expected.length);
      assertEquals(Uint8Array.from(bytes), Uint8Array.from(expected));
      assertEquals(await within(id, "send()"), message.id);
    }, { stream: { partial: true, seed: 5 } }));
}

const UNSENDABLES: [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a number", 5],
  ["an object", {}],
  ["an array", [1, 2]],
  ["a function", (): void => {}],
  ["a promise", Promise.resolve("x")],
];

for (const [name, data] of UNSENDABLES) {
  Deno.test(`send() rejects ${name} with INVALID_ARGUMENT`, () =>
    withPair(async ({ alice, bob }) => {
      const error = await assertRejects(
        () => alice.send(data as Sendable),
        LektError,
      );
      assertEquals(error.code, "INVALID_ARGUMENT");
      await alice.send("good");
      assertEquals(await (await receive(bob)).text(), "good");
    }));
}

Deno.test("send() rejects a locked stream, and a source of what is no bytes", () =>
  withPair(async ({ alice, bob }) => {
    const locked = new ReadableStream<Uint8Array>();
    locked.getReader();
    const first = await assertRejects(() => alice.send(locked), LektError);
    assertEquals(first.code, "INVALID_ARGUMENT");
    let isReturned = false;
    async function* texts(): AsyncGenerator<string> {
      try {
        yield "not bytes";
      } finally {
        isReturned = true;
      }
    }
    const source = texts() as unknown as AsyncIterable<Uint8Array>;
    const second = await assertRejects(() => alice.send(source), LektError);
    assertEquals(second.code, "INVALID_ARGUMENT");
    await until(() => isReturned, "the source is told");
    await alice.send("good");
    assertEquals(await (await receive(bob)).text(), "good");
  }));

Deno.test("send() of a source that fails aborts its message with the reason; others live", () =>
  withPair(async ({ alice, bob }) => {
    const boom = new Error("disk on fire");
    const sending = alice.send((async function* () {
      yield pattern(10);
      throw boom;
    })());
    assertStrictEquals(await assertRejects(() => sending), boom);
    const message = await receive(bob);
    const error = await assertRejects(() => message.bytes(), LektError);
    assertEquals([error.code, error.reason], ["ABORTED", "disk on fire"]);
    await alice.send("next");
    assertEquals(await (await receive(bob)).text(), "next");
    await alice.closeWrite();
    await bob.closeWrite();
    assertEquals(await alice.closed, { clean: true });
    assertEquals(await bob.closed, { clean: true });
  }));

Deno.test("send() of a source that fails before its first piece sends nothing", () =>
  withPair(async ({ alice, bob }) => {
    const source = ReadableStream.from((async function* () {
      await Promise.resolve();
      throw new Error("never began");
    })()) as ReadableStream<Uint8Array>;
    await assertRejects(() => alice.send(source), Error, "never began");
    await alice.send("only");
    assertEquals(await (await receive(bob)).text(), "only");
  }));

Deno.test("send() with a signal that has fired sends nothing", () =>
  withPair(async ({ alice, bob }) => {
    const reason = new Error("no");
    const signal = AbortSignal.abort(reason);
    const error = await assertRejects(() => alice.send("x", { signal }));
    assertStrictEquals(error, reason);
    await alice.send("y");
    assertEquals(await (await receive(bob)).text(), "y");
  }));

Deno.test("send() rejects at once when its signal fires while the other side does not read", () =>
  withPair(async ({ alice, bob }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const sends = [
      alice.send(pattern(3_000_000), { signal }),
      alice.send(inPieces(pattern(3_000_000), 100_000), { signal }),
      alice.send(new ReadableStream(), { signal }),
    ];
    const bystander = alice.send(pattern(400_000, 1));
    bystander.catch(() => {});
    await turns();
    for (const sending of sends) assert(!await isSettled(sending));
    controller.abort();
    for (const sending of sends) {
      assert(await isSettled(sending), "it waits for the other side");
      assertInstanceOf(await assertRejects(() => sending), DOMException);
    }
    alice.closeWrite();
    const outcomes: Promise<number | string>[] = [];
    for await (const message of bob) outcomes.push(drain(message));
    const expected = ["ABORTED", "ABORTED", 400_000];
    assertEquals((await Promise.all(outcomes)).sort(), expected.sort());
    await bystander;
    await bob.closeWrite();
    assertEquals(await bob.closed, { clean: true });
  }, { bobLimits: { maxBufferedBytes: 1_000_000 } }));

Deno.test("send() of a short message that waits is taken back when its signal fires", () =>
  withPair(async ({ alice, bob }) => {
    const controller = new AbortController();
    const before = [1, 2, 3, 4].map((seed) =>
      alice.send(pattern(250_000, seed))
    );
    const waiting = alice.send(pattern(99), { signal: controller.signal });
    const behind = alice.send(pattern(98));
    await turns();
    assert(!await isSettled(waiting));
    controller.abort();
    assert(await isSettled(waiting), "it waits for the other side");
    await assertRejects(() => waiting, DOMException);
    const sizes: number[] = [];
    for (let i = 0; i < 5; i++) {
      sizes.push((await (await receive(bob)).bytes()).length);
    }
    assertEquals(sizes, [250_000, 250_000, 250_000, 250_000, 98]);
    await within(Promise.all([...before, behind]), "the others");
  }, { bobLimits: { maxBufferedBytes: 300_000 } }));

Deno.test("send() lets its source go when the signal fires while the source hangs", () =>
  withPair(async ({ alice, bob }) => {
    const controller = new AbortController();
    const cancelled = Promise.withResolvers<unknown>();
    const source = new ReadableStream<Uint8Array>({
      start: (streamer) => streamer.enqueue(pattern(10)),
      cancel: (reason) => cancelled.resolve(reason),
    });
    const sending = alice.send(source, { signal: controller.signal });
    await turns();
    controller.abort(new Error("changed my mind"));
    await assertRejects(() => sending, Error, "changed my mind");
    await within(cancelled.promise, "the source is cancelled");
    const message = await receive(bob);
    const error = await assertRejects(() => message.text(), LektError);
    assertEquals(error.reason, "changed my mind");
  }));

Deno.test("send() survives a source that throws when it is let go, or answers without promises", () =>
  withPair(async ({ alice, bob }) => {
    let count = 0;
    const plain = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          count++ < 3
            ? { value: Uint8Array.of(count), done: false }
            : { value: undefined, done: true },
      }),
    } as unknown as AsyncIterable<Uint8Array>;
    await alice.send(plain);
    assertEquals([...await (await receive(bob)).bytes()], [1, 2, 3]);
    const stubborn = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ value: "text", done: false }),
        return: () => {
          throw new Error("I do not go");
        },
      }),
    } as unknown as AsyncIterable<Uint8Array>;
    const error = await assertRejects(() => alice.send(stubborn), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }));

Deno.test("send() rejects with CLOSED behind closeWrite() and close()", () =>
  withPair(async ({ alice, bob }) => {
    const ended = alice.closeWrite();
    for (const data of ["x", pattern(10), inPieces(LONG, 1000)]) {
      const error = await assertRejects(() => alice.send(data), LektError);
      assertEquals(error.code, "CLOSED");
    }
    await ended;
    bob.close();
    const error = await assertRejects(() => bob.send("x"), LektError);
    assertEquals(error.code, "CLOSED");
  }));

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
    await until(() => bob.stats().bytesBuffered >= 1_024_000, "all are open");
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
