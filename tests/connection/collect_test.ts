// Collecting several messages at once, with less memory than they have bytes.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { LektError } from "../../mod.ts";
import { until, within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";
import { withPair } from "../helpers/connection_pair.ts";

/** Collects five messages of 150,000 bytes at once; returns the length of each, or the error. */
function collectFive(
  isOneUnread: boolean,
): Promise<(number | LektError)[]> {
  let outcomes: (number | LektError)[] = [];
  return withPair(async ({ alice, bob }) => {
    if (isOneUnread) {
      const sending = alice.send(pattern(70_000));
      await receive(bob);
      await sending;
      await until(() => bob.stats().bytesBuffered >= 70_000, "it is held");
    }
    const sends = [1, 2, 3, 4, 5].map((seed) =>
      // Where the versions have it, the sender of the one that fails is told.
      alice.send(new Blob([pattern(1_400_000, seed)])).catch(({ code }) => {
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
      Array(4).fill(1_400_000),
    );
  });
}
