// Whatever two sides do, and however they end: where both say that the end was
// clean, all that was sent was handed over.
import { assert, assertEquals } from "@std/assert";
import type { Connection } from "../../mod.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { turns, within } from "../helpers/deadline.ts";
import { pattern } from "../helpers/messages.ts";
import { Prng } from "../helpers/prng.ts";

const SEED = 20_261_129;

const SIZES = [0, 1, 50, 1_000, 70_000];

const ENDINGS = ["close", "closeWrite", "abort", "readAll"] as const;

/** What one side has done. */
interface Ledger {
  sentCount: number;
  takenCount: number;
}

async function take(connection: Connection, ledger: Ledger): Promise<boolean> {
  const message = await connection.receive();
  if (!message) return false;
  await message.bytes();
  ledger.takenCount++;
  return true;
}

/** Sends, receives and ends at random; rejects where the connection fails. */
async function live(
  connection: Connection,
  prng: Prng,
  ledger: Ledger,
  ending: typeof ENDINGS[number],
): Promise<void> {
  const steps = prng.below(8);
  // So long that the other side may have ended before.
  await turns(prng.pick([0, 0, 200]));
  for (let step = 0; step < steps; step++) {
    if (prng.below(3) > 0) {
      await connection.send(pattern(prng.pick(SIZES)));
      ledger.sentCount++;
    } else if (connection.stats().messagesReceived > ledger.takenCount) {
      await take(connection, ledger);
    }
    await turns(prng.below(3));
  }
  switch (ending) {
    case "abort":
      return await connection.abort();
    case "close":
      return await connection.close();
    case "closeWrite":
      await connection.closeWrite();
      while (await take(connection, ledger));
      return await connection.close();
    case "readAll":
      while (await take(connection, ledger));
      return await connection.close();
  }
}

Deno.test("where both ends are clean nothing was lost, whatever two sides do", async () => {
  const prng = new Prng(SEED);
  let cleanCount = 0;
  for (let round = 0; round < 200; round++) {
    const { alice, bob } = await connectPair({
      stream: {
        cutLooksClean: true,
        partial: true,
        seed: round,
        bufferSize: prng.pick([20, 300, 100_000]),
      },
      limits: { closeTimeoutMs: 50 },
    });
    // Two that wait for each other's end would wait for ever.
    const endings = [prng.pick(ENDINGS), prng.pick(ENDINGS.slice(0, -1))];
    const sides = [alice, bob].map((connection, index) => ({
      ending: endings[index]!,
      connection,
      ledger: { sentCount: 0, takenCount: 0 },
    }));
    await within(
      Promise.all(sides.map(async ({ connection, ledger, ending }) => {
        await live(connection, prng, ledger, ending).catch(() => {});
        await connection.close();
      })),
      `seed ${SEED}, round ${round}`,
      30_000,
    );
    const ends = await Promise.all(
      sides.map((side) => side.connection.closed),
    );
    const [first, second] = sides.map(({ ledger }) => ledger);
    if (!ends.every(({ clean }) => clean)) continue;
    cleanCount++;
    assertEquals(
      [first!.takenCount, second!.takenCount],
      [second!.sentCount, first!.sentCount],
      `seed ${SEED}, round ${round}`,
    );
  }
  assert(cleanCount > 10, `${cleanCount}`);
});
