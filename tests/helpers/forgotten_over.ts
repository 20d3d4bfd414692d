/**
 * Forgets connections that are over, with messages unread, together with who
 * holds them: the error of each leads back there. Tells how many bytes are still
 * held for them. Run with `--v8-flags=--expose-gc`.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import { totalMemory } from "../../src/session/held_memory.ts";
import { connectPair } from "./connection_pair.ts";
import { DEADLINE_MS, until } from "./deadline.ts";

const { gc } = globalThis as unknown as { gc: () => void };

/** A part of an application. */
class Holder {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Gives the connection up; the error has this call, and what led to it, in its stack. */
  async giveUp(): Promise<void> {
    await this.#connection.abort(
      Object.assign(new Error("enough"), { of: this }),
    );
  }
}

async function giveUpOne(): Promise<void> {
  const { alice, bob } = await connectPair();
  await alice.send("unread");
  await until(() => bob.stats().bytesBuffered > 0, "it has arrived");
  await new Holder(bob).giveUp();
  await alice.closed;
}

for (let count = 0; count < 5; count++) await giveUpOne();
const endMs = performance.now() + DEADLINE_MS;
while (totalMemory.size > 0 && performance.now() < endMs) {
  gc();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log(`held: ${totalMemory.size}`);
