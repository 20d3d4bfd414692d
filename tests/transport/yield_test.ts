import { assertEquals } from "@std/assert";
import {
  yieldToAnswer,
  yieldToArrivals,
  yieldToOthers,
} from "../../src/transport/yield.ts";
import { within } from "../helpers/deadline.ts";

Deno.test("a yield lets others have a turn", async () => {
  let hasRun = false;
  setImmediate(() => {
    hasRun = true;
  });
  await yieldToOthers();
  assertEquals(hasRun, true);
});

Deno.test("a yield works without setImmediate, as in a browser", async () => {
  const { setImmediate } = globalThis;
  Reflect.deleteProperty(globalThis, "setImmediate");
  try {
    const url =
      new URL("../../src/transport/yield.ts?browser", import.meta.url).href;
    const { yieldToOthers } = await import(url);
    await within(yieldToOthers(), "a turn");
  } finally {
    Object.assign(globalThis, { setImmediate });
  }
});

Deno.test("a read that waits gets what has arrived by then", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  using server = await listener.accept();
  for (let round = 0; round < 100; round++) {
    let size: number | null = 0;
    const reading = server.read(new Uint8Array(10)).then((count) => {
      size = count;
    });
    await client.write(new Uint8Array(3));
    await yieldToArrivals();
    assertEquals(size, 3);
    await reading;
  }
});

Deno.test("who waits for arrivals waits 64 turns, and who comes meanwhile 64 of his own", async () => {
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const first = yieldToArrivals().then(() => turn);
  await yieldToOthers();
  const second = yieldToArrivals().then(() => turn);
  assertEquals([await first, await second], [64, 65]);
  isOver = true;
});

Deno.test("who answers within eight steps has done so, whoever yields to it", async () => {
  let steps = 0;
  let isOver = false;
  const answer = async (): Promise<void> => {
    while (!isOver) {
      await undefined;
      steps++;
    }
  };
  const answering = answer();
  await yieldToAnswer();
  isOver = true;
  // One of them is that in which this test goes on.
  assertEquals(steps, 8 + 1);
  await answering;
});
