// Readers that do not keep up, with little memory to hold what comes.
import { assert, assertEquals } from "@std/assert";
import type { Message } from "../../mod.ts";
import { turns, until, untilStill, within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";
import { OLD_VERSIONS, withPair } from "../helpers/connection_pair.ts";

const MIB = 1024 * 1024;

/** The mean of what a slow reader gets at once, once all is full. */
async function meanPiece(maxBufferedBytes: number): Promise<number> {
  let mean = 0;
  await withPair(async ({ alice, bob }) => {
    const sending = alice.send(new Uint8Array(20 * MIB));
    const { body } = await receive(bob);
    await until(
      () => bob.stats().bytesBuffered >= 0.6 * MIB,
      "much is held",
    );
    const reader = body.getReader();
    let size = 0;
    const count = 10;
    for (let at = -2; at < count; at++) {
      const { value } = await within(reader.read(), "a piece");
      if (at >= 0) size += value!.length;
      // Nothing more comes before the next one is taken.
      await untilStill(() => bob.stats().bytesBuffered);
    }
    mean = size / count;
    await reader.cancel();
    await within(sending.catch(() => {}), "send()");
  }, { bobLimits: { maxBufferedBytes } });
  return mean;
}

Deno.test("a slow reader gets as much at once with a buffer of 1 MiB as with one of 64 MiB", async () => {
  const most = await meanPiece(64 * MIB);
  for (const size of [1, 2, 3, 16]) {
    const mean = await meanPiece(size * MIB);
    assert(mean >= 0.8 * most, `${size} MiB: ${mean} of ${most} bytes`);
  }
});

/** Reads a body, one piece after the other. */
async function sizeOf(message: Message): Promise<number> {
  let size = 0;
  for await (const piece of message.body) size += piece.length;
  return size;
}

Deno.test("a reader who waits goes on although unread messages leave little room", () =>
  withPair(
    async ({ alice, bob }) => {
      const unread = alice.send(pattern(900_000));
      const first = await receive(bob);
      await within(unread, "send()");
      await until(() => bob.stats().bytesBuffered >= 900_000, "it is held");
      const sending = alice.send(pattern(3_000_000));
      const second = await receive(bob);
      assertEquals(await within(sizeOf(second), "the second"), 3_000_000);
      assertEquals(await within(sizeOf(first), "the first"), 900_000);
      await sending;
    },
    { bobLimits: { maxBufferedBytes: 1_000_000 } },
    OLD_VERSIONS,
  ));

Deno.test("who waits for a message gets it although unread ones leave little room", () =>
  withPair(
    async ({ alice, bob }) => {
      const unread = alice.send(pattern(900_000));
      const first = await receive(bob);
      await within(unread, "send()");
      async function send(): Promise<void> {
        for (let id = 0; id < 40; id++) await alice.send(pattern(10_000));
        await alice.closeWrite();
      }
      const sending = send();
      let count = 0;
      await turns();
      for await (const message of bob) {
        assertEquals((await message.bytes()).length, 10_000);
        count++;
      }
      assertEquals(count, 40);
      assertEquals(await within(sizeOf(first), "the first"), 900_000);
      await sending;
    },
    { bobLimits: { maxBufferedBytes: 1_000_000 } },
    OLD_VERSIONS,
  ));
