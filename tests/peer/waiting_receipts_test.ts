// Receipts that wait because the other side does not read.
import { assert, assertEquals } from "@std/assert";
import type { Connection } from "../../mod.ts";
import { Receipts } from "../../src/peer/receipts.ts";
import { isSettled, within } from "../helpers/deadline.ts";

Deno.test("16,384 receipts may wait until they are sent, and then nothing more is read", async () => {
  const go = Promise.withResolvers<void>();
  let sentCount = 0;
  const connection = {
    async send(): Promise<void> {
      await go.promise;
      sentCount++;
    },
  } as unknown as Connection;
  const receipts = new Receipts(connection);
  // The first one is on its way.
  for (let id = 0; id < 16_384; id++) receipts.add({ id, ok: true });
  assert(await isSettled(receipts.ready()));
  receipts.add({ id: 16_384, ok: true });
  const ready = receipts.ready();
  assertEquals(await isSettled(ready), false);
  go.resolve();
  await within(ready, "room");
  await within(receipts.flush(), "all to be sent");
  assertEquals(sentCount, 16_385);
});
