// Sending: `Connection.send` and all that is below it.
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { LektError, type Message } from "../../mod.ts";
import type { Sendable } from "../../mod.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { inPieces, pattern, receive } from "../helpers/messages.ts";
import {
  NEW_VERSIONS,
  OLD_VERSIONS,
  withPair,
} from "../helpers/connection_pair.ts";

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
    const source = new ReadableStream<Uint8Array>({
      pull(): void {
        throw new Error("never began");
      },
    });
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
      // It would wait for the other side for ever.
      const error = await within(assertRejects(() => sending), "send()");
      assertInstanceOf(error, DOMException);
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
  withPair(
    async ({ alice, bob }) => {
      const controller = new AbortController();
      const before = [1, 2, 3, 4].map((seed) =>
        alice.send(pattern(250_000, seed))
      );
      const waiting = alice.send(pattern(99), { signal: controller.signal });
      const behind = alice.send(pattern(98));
      await turns();
      assert(!await isSettled(waiting));
      controller.abort();
      // It would wait for the other side for ever.
      await within(assertRejects(() => waiting, DOMException), "send()");
      const sizes: number[] = [];
      for (let i = 0; i < 5; i++) {
        sizes.push((await (await receive(bob)).bytes()).length);
      }
      assertEquals(sizes, [250_000, 250_000, 250_000, 250_000, 98]);
      await within(Promise.all([...before, behind]), "the others");
    },
    { bobLimits: { maxBufferedBytes: 300_000 } },
    OLD_VERSIONS,
  ));

Deno.test("send() lets its source go when the signal fires while the source hangs", () =>
  withPair(async ({ alice, bob }) => {
    const controller = new AbortController();
    const cancelled = Promise.withResolvers<unknown>();
    const source = new ReadableStream<Uint8Array>({
      start: (streamer) => streamer.enqueue(pattern(10)),
      cancel: (reason) => cancelled.resolve(reason),
    });
    const sending = alice.send(source, { signal: controller.signal });
    await until(() => bob.stats().messagesReceiving === 1, "it has begun");
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

Deno.test("send() tells the id of a message as soon as its first part has gone, in every form", async () => {
  await withPair(async ({ alice, bob }) => {
    for (const [name, make] of SENDABLES) {
      const told: number[] = [];
      const sending = alice.send(make(), { onId: (id) => told.push(id) });
      const message = await within(bob.receive(), name);
      await message!.bytes();
      const id = await within(sending, name);
      assertEquals([told, message!.id], [[id], id], name);
    }

    const aborting = new AbortController();
    const known = Promise.withResolvers<number>();
    async function* endless() {
      while (true) yield pattern(1_000);
    }
    const sending = alice.send(endless(), {
      signal: aborting.signal,
      onId: known.resolve,
    });
    const id = await within(known.promise, "the id of an endless message");
    const message = await within(bob.receive(), "the endless message");
    assertEquals(message!.id, id);
    aborting.abort(new Error("enough"));
    await assertRejects(() => sending, Error, "enough");
    assertEquals(await drain(message!), "ABORTED");
  });
});

Deno.test("the id of bytes that wait for their reader is told with their first part", () =>
  withPair(
    async ({ alice, bob }) => {
      const known = Promise.withResolvers<number>();
      const sending = alice.send(new Uint8Array(6_000_000), {
        onId: known.resolve,
      });
      const id = await within(known.promise, "the id");
      assertEquals(await isSettled(sending), false);
      const message = await receive(bob);
      assertEquals(message.id, id);
      assertEquals((await message.bytes()).length, 6_000_000);
      assertEquals(await sending, id);
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("what onId throws, now or later, rejects that send alone, and aborts what has not gone out whole", async () => {
  const fault = new Error("no such id");
  const reject = (): Promise<never> => Promise.reject(fault);
  const fail = (): never => {
    throw fault;
  };
  for (const onId of [fail, reject, () => turns(1).then(fail)]) {
    await withPair(async ({ alice, bob }) => {
      const taken = await assertRejects(() => alice.send("taken", { onId }));
      assertEquals(taken, fault);
      const first = await within(bob.receive(), "what was taken over");
      assertEquals(await first!.text(), "taken");

      const endless = ReadableStream.from(Array(1e6).fill(pattern(1_000)));
      const aborted = await assertRejects(() => alice.send(endless, { onId }));
      assertEquals(aborted, fault);
      const second = await within(bob.receive(), "what was begun");
      assertEquals(await drain(second!), "ABORTED");

      await alice.send("goes on");
      const third = await within(bob.receive(), "what follows");
      assertEquals(await third!.text(), "goes on");
    });
  }
});
