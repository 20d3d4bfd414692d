/**
 * Connections that are opened, used and closed, again and again: the heap stays
 * as large as it was.
 *
 * @module
 */
import { connect, listen } from "../../mod.ts";

/** The heap is looked at so many times. */
const LOOK_COUNT = 10;

const { gc } = globalThis as { gc?: () => void };

/** Bytes of the heap behind each tenth, garbage collected. */
export async function cycleMany(count: number): Promise<number[]> {
  if (!gc) throw new Error("Cannot look at the heap: run with --expose-gc");
  await using listener = await listen({
    nickname: "acceptor",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const serving = listener.serve(async (connection) => {
    for await (const message of connection) {
      await connection.send(await message.bytes());
    }
  });
  const sizes: number[] = [];
  const share = Math.ceil(count / LOOK_COUNT);
  for (let number = 1; number <= count; number++) {
    const connection = await connect(listener.methods, { nickname: "alice" });
    await connection.send("ping");
    const answer = await connection.receive();
    if (await answer?.text() !== "ping") throw new Error("no echo has come");
    await connection.close();
    if (number % share > 0) continue;
    gc();
    sizes.push(Deno.memoryUsage().heapUsed);
  }
  await listener.shutdown();
  await serving;
  return sizes;
}
