import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { connect, type Connection, listen } from "../../../mod.ts";
import { adapter as kept } from "./agent/adapters/hand_written_kept.ts";
import { adapter as lent } from "./agent/adapters/hand_written_lent.ts";
import type { Link, Mode, Sink } from "./agent/link.ts";
import { Inspector, Payloads } from "./agent/pattern.ts";

const SIZES = [0, 1, 64, 1024, 32_767, 65_536, 262_144, 262_145, 3_000_000];
const MODES: readonly Mode[] = ["collect", "stream"];

/** Takes messages of any size, whole. */
class AnySink implements Sink {
  readonly mode = "collect";
  readonly size = -1;
  readonly messages: Uint8Array[] = [];
  #wake: () => void = () => {};

  whole(bytes: Uint8Array): void {
    this.messages.push(bytes.slice());
    this.#wake();
  }

  lent(): void {
    throw new Error("No size is known");
  }

  open() {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    return {
      part: (bytes: Uint8Array) => void pieces.push(bytes.slice()),
      end: () => this.whole(concat(pieces)),
    };
  }

  async until(count: number): Promise<void> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new Payloads(size).at(0));
}

for (const [name, adapter] of Object.entries({ kept, lent })) {
  Deno.test(`what is written by hand, ${name}, speaks lekt's wire to a lekt that listens`, async () => {
    await using listener = await listen({
      nickname: "lekt",
      methods: ["tcp://127.0.0.1:0"],
      accept: () => true,
    });
    const port = listener.methods[0]!.split(":").at(-1)!;
    const link = await adapter.dial(port, 1);
    const connection = (await listener[Symbol.asyncIterator]().next())
      .value as Connection;
    await exchange(link, connection);
    await link.close();
    await connection.close();
  });

  // The adapters of the bench listen until their process ends.
  const options = { sanitizeOps: false, sanitizeResources: false };

  Deno.test(
    `what is written by hand, ${name}, speaks lekt's wire to a lekt that dials`,
    options,
    async () => {
      const { promise, resolve } = Promise.withResolvers<Link>();
      const port = await adapter.listen(resolve, 1);
      const connection = await connect(`tcp://127.0.0.1:${port}`, {
        nickname: "lekt",
      });
      const link = await promise;
      await exchange(link, connection);
      await connection.close();
    },
  );

  for (const mode of MODES) {
    Deno.test(
      `what is written by hand, ${name}, hands over all that it sends: ${mode}`,
      options,
      async () => {
        const { promise, resolve } = Promise.withResolvers<Link>();
        const port = await adapter.listen(resolve, 1);
        const sender = await adapter.dial(port, 1);
        const receiver = await promise;
        sender.receive(new AnySink());
        for (const size of SIZES.filter((size) => size > 0)) {
          const payloads = new Payloads(size);
          const inspector = new Inspector(size, 40, mode);
          receiver.receive(inspector);
          for (let i = 0; i < 40; i++) await sender.send(payloads.at(i));
          await sender.flush();
          await inspector.done;
        }
        await sender.close();
        await receiver.close();
      },
    );
  }
}

/** Messages of all sizes in both directions, those of lekt as streams, too. */
async function exchange(link: Link, connection: Connection): Promise<void> {
  const sink = new AnySink();
  link.receive(sink);
  for (const size of SIZES) {
    const bytes = bytesOf(size);
    await link.send(bytes);
    await link.flush();
    assertEquals(await (await connection.receive())!.bytes(), bytes);
    await connection.send(bytes);
  }
  await sink.until(SIZES.length);
  assertEquals(sink.messages.map(({ length }) => length), SIZES);
  assertEquals(sink.messages.at(-1), bytesOf(SIZES.at(-1)!));
}
