// Collecting several messages at once, with less memory than they have bytes.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { LektError } from "../../mod.ts";
import { until, within } from "../helpers/deadline.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";
import { withPair } from "../helpers/connection_pair.ts";

/** Collects five messages of 150,000 bytes at once; returns the length of each, or the error. */
function collectFive(
  isOneUnread: boolean,
): Promise<(number | LektError)[]> {
  let outcomes: (number | LektError)[] = [];
  return withPair(async ({ alice, bob }) => {
    const over = Promise.withResolvers<void>();
    const unfinished = async function* () {
      yield pattern(70_000);
      await over.promise;
    };
    const sending = isOneUnread ? alice.send(unfinished()) : undefined;
    if (isOneUnread) {
      await receive(bob);
      await until(() => bob.stats().bytesBuffered >= 70_000, "it is held");
    }
    const sends = [1, 2, 3, 4, 5].map((seed) =>
      // Where the versions have it, the sender of the one that fails is told.
      alice.send(new Blob([pattern(1_500_000, seed)])).catch(({ code }) => {
        assertEquals(code, "CANCELLED");
      })
    );
    const collecting: Promise<number | LektError>[] = [];
    for (let count = 0; count < 5; count++) {
      const message = await receive(bob);
      collecting.push(
        message.bytes().then(({ length }) => length, (error) => error),
      );
    }
    outcomes = await within(Promise.all(collecting), "all five");
    await within(Promise.all(sends), "the sends");
    await alice.send("next");
    assertEquals(await (await receive(bob)).text(), "next");
    const held = bob.stats().bytesBuffered;
    assertEquals(held < (isOneUnread ? 300_000 : 1), true, `${held}`);
    over.resolve();
    await within(Promise.resolve(sending), "the unread one");
  }, {
    limits: { maxPartBytes: 100_000 },
    bobLimits: {
      maxBufferedBytes: 7_200_000,
      streamThresholdBytes: 10_000,
      stallTimeoutMs: 100,
    },
  }).then(() => outcomes);
}

for (const isOneUnread of [false, true]) {
  const beside = isOneUnread ? "beside an unread one " : "";
  Deno.test(`of messages that are collected at once ${beside}and have too many bytes, the largest fails alone`, async () => {
    const outcomes = await collectFive(isOneUnread);
    const failed = outcomes.filter((each) => each instanceof LektError);
    assertEquals(failed.length, 1);
    assertEquals(failed[0]!.code, "LIMIT");
    assertStringIncludes(failed[0]!.message, "maxBufferedBytes");
    assertEquals(
      outcomes.filter((each) => typeof each === "number"),
      Array(4).fill(1_500_000),
    );
  });
}

for (const maxPartBytes of [16_384, 262_144]) {
  for (const maxBufferedBytes of [1_000_000, 3_000_000]) {
    Deno.test(`a message of half of ${maxBufferedBytes} bytes that may be held is collected, in parts of ${maxPartBytes}`, () =>
      withPair(async ({ alice, bob }) => {
        const bytes = pattern(maxBufferedBytes / 2);
        const sending = alice.send(bytes);
        const message = await receive(bob);
        assertEquals(await within(message.bytes(), "all of it"), bytes);
        await within(sending, "the send");
      }, { limits: { maxPartBytes }, bobLimits: { maxBufferedBytes } }));
  }
}

Deno.test("who collects a message for which there is no room is told what is held, and of how much", () =>
  withPair(async ({ alice, bob }) => {
    const sending = alice.send(pattern(3_100_000)).catch(() => {});
    const message = await receive(bob);
    const { code, message: text } = await failureOf(() => message.bytes());
    assertEquals(code, "LIMIT");
    assertMatch(text, / bytes are held .* of 3000000 \(maxBufferedBytes\)/);
    const held = Number(text.match(/(\d+) bytes are held/)![1]);
    assert(held >= 1_500_000 && held <= 3_400_000, text);
    await within(sending, "the send");
  }, { bobLimits: { maxBufferedBytes: 3_000_000, stallTimeoutMs: 100 } }));

Deno.test("who looks again and again whether a message is complete gets it, however long", () =>
  withPair(async ({ alice, bob }) => {
    const bytes = pattern(5_000_000);
    const sending = alice.send(bytes);
    const message = await receive(bob);
    let got: Uint8Array | undefined;
    await until(() => (got = message.bytesNow()) !== undefined, "it is whole");
    assertEquals(got, bytes);
    await within(sending, "the send");
  }));

Deno.test("who looks whether a message is complete may still read it piece by piece", () =>
  withPair(async ({ alice, bob }) => {
    const sending = alice.send(new Blob([pattern(12_000_000)]));
    const message = await receive(bob);
    assertEquals(message.bytesNow(), undefined);
    const reader = message.body.getReader();
    let size = (await reader.read()).value!.length;
    assertEquals(message.bytesNow(), undefined);
    while (true) {
      const { value, done } = await within(reader.read(), "the next bytes");
      if (done) break;
      size += value.length;
    }
    assertEquals(size, 12_000_000);
    await within(sending, "the send");
  }));
