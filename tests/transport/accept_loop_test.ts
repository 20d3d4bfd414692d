import { assertEquals } from "@std/assert";
import { AcceptLoop } from "../../src/transport/accept_loop.ts";

/** A listener of the system that fails with these codes, then gives its client. */
function failing(
  ...codes: string[]
): { accept(): Promise<string>; close(): void } {
  return {
    accept: () => {
      const code = codes.shift();
      if (code === undefined) return Promise.resolve("client");
      return Promise.reject(Object.assign(new Error(code), { code }));
    },
    close() {},
  };
}

/** What `body` waited for by timers, in milliseconds; none of them takes any time. */
async function pausesOf(body: () => Promise<unknown>): Promise<number[]> {
  const { setTimeout } = globalThis;
  const pauses: number[] = [];
  globalThis.setTimeout = ((callback: () => void, delayMs: number) => {
    pauses.push(delayMs);
    return setTimeout(callback, 0);
  }) as typeof setTimeout;
  try {
    await body();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  return pauses;
}

Deno.test("10,000 clients that reset before they are accepted cost no pause", async () => {
  const codes = Array.from(
    { length: 10_000 },
    (_, count) => count % 2 === 0 ? "ENOTCONN" : "ECONNABORTED",
  );
  const loop = new AcceptLoop(failing(...codes));
  const pauses = await pausesOf(async () => {
    assertEquals(await loop.accept(), "client");
  });
  assertEquals(pauses, []);
});

for (
  const [name, codes] of [
    ["reset before they are accepted", Array<string>(2_000).fill("ENOTCONN")],
    ["are there", []],
  ] as const
) {
  Deno.test(`clients who ${name} leave the event loop to others after a few`, async () => {
    const acceptor = failing(...codes);
    let count = 0;
    let most = 0;
    const loop = new AcceptLoop({
      ...acceptor,
      accept: () => {
        most = Math.max(most, ++count);
        return acceptor.accept();
      },
    });
    let isOver = false;
    const watch = (): void => {
      count = 0;
      if (!isOver) setImmediate(watch);
    };
    setImmediate(watch);
    for (let client = 0; client < 500; client++) await loop.accept();
    isOver = true;
    assertEquals(most, 32);
    await loop.close();
  });
}

Deno.test("what time may cure is waited for, longer each time to 1 s", async () => {
  const codes = ["EMFILE", "ENFILE", "ENOTCONN", "ENOBUFS", "ENOMEM"];
  const loop = new AcceptLoop(failing(...codes, ...Array(6).fill("EMFILE")));
  const pauses = await pausesOf(async () => {
    assertEquals(await loop.accept(), "client");
    assertEquals(await loop.accept(), "client");
  });
  assertEquals(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
});
