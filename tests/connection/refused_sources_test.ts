// What send() refuses: it lets it go, and never sends less than was meant.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Readable } from "node:stream";
import { type Connection, LektError, type Sendable } from "../../mod.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { until, within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";

const GOOD = pattern(2);

/** Memory of a kind that `send` does not take, by name. */
const NO_BYTES: [string, () => unknown][] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["a number", () => 7],
  ["a text", () => "text"],
  ["an array", () => [1, 2]],
  ["an ArrayBuffer", () => new ArrayBuffer(3)],
  ["a list of bytes", () => ({ length: 3, 0: 1, 1: 2, 2: 3 })],
  [
    "a list in the manner of Uint8ArrayList",
    () => ({
      byteLength: 3,
      length: 3,
      *[Symbol.iterator]() {
        yield pattern(3);
      },
    }),
  ],
  ["a proxy of bytes", () => new Proxy(pattern(3), {})],
  ["an object made from bytes", () => Object.create(Uint8Array.prototype)],
  [
    "bytes that were transferred",
    () => {
      const bytes = pattern(3);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      return bytes;
    },
  ],
  [
    "bytes that were resized away",
    () => {
      const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
      const bytes = new Uint8Array(buffer, 4, 4);
      buffer.resize(2);
      return bytes;
    },
  ],
];

/** Each kind of source, giving `chunks`; `closed` counts how often it was let go. */
const SOURCES: [
  string,
  (chunks: unknown[], closed: () => void) => Sendable,
][] = [
  [
    "a ReadableStream",
    (chunks, cancel) => {
      const left = [...chunks];
      return new ReadableStream<Uint8Array>({
        pull: (controller) => {
          if (left.length > 0) controller.enqueue(left.shift() as Uint8Array);
          else controller.close();
        },
        cancel,
      }, { highWaterMark: 0 });
    },
  ],
  [
    "an AsyncIterable",
    (chunks, closed) => ({
      [Symbol.asyncIterator]: () => {
        const iterator = chunks[Symbol.iterator]();
        return {
          next: () => Promise.resolve(iterator.next()),
          return: () => {
            closed();
            return Promise.resolve({ value: undefined, done: true });
          },
        };
      },
    } as AsyncIterable<Uint8Array>),
  ],
  [
    "a stream of Node",
    (chunks, closed) => {
      const left = [...chunks];
      return new Readable({
        objectMode: true,
        read(): void {
          const chunk = left.shift();
          this.push(chunk === undefined || chunk === null ? null : chunk);
        },
        destroy(_error, done): void {
          closed();
          done(null);
        },
      }) as unknown as Sendable;
    },
  ],
];

async function codeOf(sending: Promise<unknown>): Promise<string> {
  return (await within(assertRejects(() => sending, LektError), "send()")).code;
}

async function sendsGood(from: Connection, to: Connection): Promise<void> {
  await within(from.send("good"), "send()");
  assertEquals(await (await receive(to)).text(), "good");
  await within(from.closeWrite(), "closeWrite()");
}

for (const [name, make] of NO_BYTES) {
  for (const [kind, makeSource] of SOURCES) {
    const isEnd = make() === undefined || make() === null;
    if (isEnd && kind === "a stream of Node") continue; // its way to say the end
    Deno.test(`send() of ${kind} that gives ${name} is aborted, never cut short`, () =>
      withPair(async ({ alice, bob }) => {
        let closedCount = 0;
        const source = makeSource(
          [GOOD, make(), GOOD],
          () => void closedCount++,
        );
        assertEquals(await codeOf(alice.send(source)), "INVALID_ARGUMENT");
        await until(() => closedCount === 1, "the source is let go");
        const message = await receive(bob);
        assertEquals(await codeOf(message.bytes()), "ABORTED");
        await sendsGood(alice, bob);
      }));
  }
  if (name === "a text" || name === "an ArrayBuffer") continue;
  Deno.test(`send() refuses ${name}`, () =>
    withPair(async ({ alice, bob }) => {
      const data = make() as Sendable;
      assertEquals(await codeOf(alice.send(data)), "INVALID_ARGUMENT");
      await sendsGood(alice, bob);
    }));
}

Deno.test("send() takes the bytes that a view has, whatever it says of itself", () =>
  withPair(async ({ alice, bob }) => {
    class Longer extends Uint8Array {
      override get length(): number {
        return 100;
      }
    }
    const longer = Object.defineProperty(pattern(5), "length", { value: 50 });
    for (const data of [new Longer(5), longer]) {
      await within(alice.send(data), "send()");
      assertEquals((await (await receive(bob)).bytes()).length, 5);
      const source = ReadableStream.from([data, data]);
      await within(alice.send(source), "send()");
      assertEquals((await (await receive(bob)).bytes()).length, 10);
    }
  }));

Deno.test("send() refuses memory that was transferred, in every form, and takes empty bytes", () =>
  withPair(async ({ alice, bob }) => {
    const gone: ArrayBuffer = new ArrayBuffer(8);
    const views = [
      new DataView(gone),
      new Uint16Array(gone),
      new Uint8Array(gone),
    ];
    structuredClone(gone, { transfer: [gone] });
    for (const data of [gone, ...views]) {
      assertEquals(await codeOf(alice.send(data)), "INVALID_ARGUMENT");
    }
    const fake = Object.create(ArrayBuffer.prototype);
    assertEquals(await codeOf(alice.send(fake)), "INVALID_ARGUMENT");
    await within(alice.send(new Uint8Array(0)), "send()");
    assertEquals((await (await receive(bob)).bytes()).length, 0);
  }));

Deno.test("send() rejects a message whose memory is transferred or resized while it waits, and the connection lives", () =>
  withPair(async ({ alice, bob }) => {
    const first = alice.send(pattern(250_000));
    const resizable = new ArrayBuffer(250_000, { maxByteLength: 300_000 });
    const changing = [pattern(250_000), pattern(400_000)].map((bytes) => ({
      sending: codeOf(alice.send(bytes)),
      change: (): unknown =>
        structuredClone(bytes, { transfer: [bytes.buffer] }),
    }));
    changing.push({
      sending: codeOf(alice.send(new Uint8Array(resizable))),
      change: () => resizable.resize(10),
    });
    for (const { change } of changing) change();
    const last = alice.send(pattern(250_000, 1));
    for (const { sending } of changing) {
      assertEquals(await sending, "INVALID_ARGUMENT");
    }
    for (const sending of [first, last]) {
      assertEquals((await (await receive(bob)).bytes()).length, 250_000);
      await within(sending, "send()");
    }
    await sendsGood(alice, bob);
  }));

Deno.test("send() tells the other side of a message that it has begun and whose memory is gone, without waiting for another", () =>
  withPair(async ({ alice, bob }) => {
    const bytes = pattern(5_000_000);
    const sending = codeOf(alice.send(bytes));
    const message = await receive(bob);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    assertEquals(await codeOf(message.bytes()), "ABORTED");
    assertEquals(await sending, "INVALID_ARGUMENT");
    await sendsGood(alice, bob);
  }));

/** Ways to be refused before anything is read, with how to bring them about. */
const REFUSALS: [
  string,
  (alice: Connection) => Promise<{ signal?: AbortSignal }>,
][] = [
  ["behind closeWrite()", async (alice) => {
    await alice.closeWrite();
    return {};
  }],
  ["behind close()", (alice) => {
    alice.close();
    return Promise.resolve({});
  }],
  [
    "with a signal that has fired",
    () => Promise.resolve({ signal: AbortSignal.abort() }),
  ],
  [
    "with a signal that is none",
    () => Promise.resolve({ signal: {} as AbortSignal }),
  ],
];

for (const [name, prepare] of REFUSALS) {
  for (const [kind, makeSource] of SOURCES) {
    Deno.test(`send() ${name} lets ${kind} go`, () =>
      withPair(async ({ alice }) => {
        let closedCount = 0;
        const source = makeSource([GOOD], () => void closedCount++);
        const options = await prepare(alice);
        await within(
          assertRejects(() => alice.send(source, options)),
          "send()",
        );
        await until(() => closedCount === 1, "the source is let go");
      }));
  }
}

function isClosed(file: Deno.FsFile): boolean {
  try {
    file.statSync();
    return false;
  } catch (error) {
    assert(error instanceof Deno.errors.BadResource);
    return true;
  }
}

Deno.test("send() on a closed connection closes the file of a stream that it refuses", () =>
  withPair(async ({ alice }) => {
    const path = await Deno.makeTempFile();
    await alice.closeWrite();
    const file = await Deno.open(path);
    assertEquals(await codeOf(alice.send(file.readable)), "CLOSED");
    // The sanitizer would find the file open, too.
    await until(() => isClosed(file), "the file is closed");
    await Deno.remove(path);
  }));
