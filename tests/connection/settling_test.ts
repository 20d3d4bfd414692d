// How send() settles: one way, whenever its signal fires, and never before its memory is free.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { withPair } from "../helpers/connection_pair.ts";
import { turns, until, within } from "../helpers/deadline.ts";
import { inPieces, pattern, receive } from "../helpers/messages.ts";

Deno.test("a transport is never lent the memory of an application", () =>
  withPair(async ({ alice, bob, aliceTransport }) => {
    const messages = [10, 2_000, 70_000, 262_144, 700_000].map((size) =>
      pattern(size)
    );
    const buffers = new Set<ArrayBufferLike>(
      messages.map(({ buffer }) => buffer),
    );
    let foreignCount = 0;
    const { write } = aliceTransport;
    aliceTransport.write = (bytes): Promise<number> => {
      if (buffers.has(bytes.buffer)) foreignCount++;
      return write.call(aliceTransport, bytes);
    };
    for (const bytes of messages) {
      for (const data of [bytes, inPieces(bytes, bytes.length)]) {
        const sending = alice.send(data);
        const received = await (await receive(bob)).bytes();
        assertEquals(received.length, bytes.length);
        await within(sending, "send()");
      }
    }
    assertEquals(foreignCount, 0);
  }));

const WRITES: [number, number][] = [[100, 4], [262_144, 8], [600_000, 24]];

for (const [size, writeCount] of WRITES) {
  for (let at = 0; at < writeCount; at++) {
    Deno.test(`a signal that fires at write ${at} of ${size} bytes: send() resolves exactly where the other side has it all`, () =>
      withPair(async ({ alice, bob, aliceTransport }) => {
        const controller = new AbortController();
        const { signal } = controller;
        let count = 0;
        const { write } = aliceTransport;
        aliceTransport.write = async (bytes): Promise<number> => {
          const isNow = count++ === at;
          // Half of them fire before, half of them behind the write.
          if (isNow && at % 2) controller.abort();
          const written = await write.call(aliceTransport, bytes);
          if (isNow) controller.abort();
          return written;
        };
        const source = inPieces(pattern(size), 100_000);
        const outcomes = [pattern(size), source].map((data) =>
          alice.send(data, { signal }).then(() => true, () => false)
        );
        const receiving: Promise<boolean>[] = [];
        const all = (async () => {
          for await (const message of bob) {
            receiving.push(message.bytes().then(() => true, () => false));
          }
        })();
        const sent = await within(Promise.all(outcomes), "both send()");
        await within(alice.closeWrite(), "closeWrite()");
        await within(all, "all messages");
        const received = await Promise.all(receiving);
        assertEquals(
          received.filter((isWhole) => isWhole).length,
          sent.filter((isSent) => isSent).length,
        );
      }));
  }
}

Deno.test("sends that share a signal leave one listener there, and none when they have settled", () =>
  withPair(async ({ alice, bob }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const calls: string[] = [];
    for (const name of ["addEventListener", "removeEventListener"] as const) {
      const original = signal[name];
      signal[name] = (...args: unknown[]): void => {
        calls.push(name);
        Reflect.apply(original, signal, args);
      };
    }
    const hanging = Array.from(
      { length: 1_000 },
      () => alice.send(new ReadableStream(), { signal }),
    );
    await until(() => calls.length > 0, "they listen");
    await turns();
    assertEquals(calls, ["addEventListener"]);
    controller.abort(new Error("enough"));
    for (const sending of hanging) {
      await within(assertRejects(() => sending, Error, "enough"), "send()");
    }
    assertEquals(calls, ["addEventListener", "removeEventListener"]);

    const another = new AbortController();
    const sending = alice.send(inPieces(pattern(100), 10), {
      signal: another.signal,
    });
    assert(await (await receive(bob)).bytes());
    await within(sending, "send()");
    another.abort();
    await within(alice.send("still here"), "send()");
  }));
