/**
 * One end of a line, in a namespace of its own: `listen METHOD` answers small
 * messages and counts large ones; `dial METHOD BYTES` measures, and writes what
 * it found as JSON.
 *
 * @module
 */
import { connect, listen } from "../../mod.ts";

/** What a dialler found. */
export interface Found {
  /** Milliseconds until it was connected. */
  connectMs: number;
  /** Milliseconds for a small message and its answer, on a quiet line. */
  quietMs: number;
  /** Mbit/s of a large message. */
  mbits: number;
  /** The same as `quietMs` beside the large message: median and longest. */
  besideMs: [number, number];
}

const PINGS_EVERY_MS = 200;

async function serve(method: string): Promise<void> {
  const listener = await listen({
    nickname: "bob",
    methods: [method],
    tls: {
      cert: Deno.env.get("LEKT_WORLD_CERT")!,
      key: Deno.env.get("LEKT_WORLD_CERT_KEY")!,
    },
    accept: () => true,
  });
  console.log("listening");
  await listener.serve(async (connection) => {
    for await (const message of connection) {
      // Each by itself: small ones are answered while a large one arrives.
      (async () => {
        let size = 0;
        for await (const part of message.body) size += part.byteLength;
        await connection.send(`${size}`);
      })().catch(() => {});
    }
  });
}

async function measure(method: string, size: number): Promise<Found> {
  const startMs = performance.now();
  const pinnedKey = Deno.env.get("LEKT_WORLD_KEY");
  const connection = await connect(method, {
    nickname: "alice",
    ...(pinnedKey === undefined ? {} : { tls: { pinnedKey } }),
    limits: { dialTimeoutMs: 60_000, handshakeTimeoutMs: 60_000 },
  });
  const connectMs = performance.now() - startMs;
  async function ping(): Promise<number> {
    const startMs = performance.now();
    await connection.send("ping");
    await next("4");
    return performance.now() - startMs;
  }
  const waiting = new Map<string, () => void>();
  function next(size: string): Promise<void> {
    return new Promise((resolve) => waiting.set(size, resolve));
  }
  (async () => {
    for await (const message of connection) {
      waiting.get(await message.text())?.();
    }
  })().catch(() => {});
  const quietMs = await ping();
  const beganMs = performance.now();
  const sending = connection.send(new Blob([new Uint8Array(size)]));
  let isDone = false;
  const done = next(`${size}`).then(() => isDone = true);
  const times: number[] = [];
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, PINGS_EVERY_MS));
    if (!isDone) times.push(await ping());
  }
  await Promise.all([sending, done]);
  const seconds = (performance.now() - beganMs) / 1_000;
  times.sort((one, other) => one - other);
  return {
    connectMs,
    quietMs,
    mbits: size * 8 / seconds / 1e6,
    besideMs: [times[times.length >> 1] ?? 0, times.at(-1) ?? 0],
  };
}

if (import.meta.main) {
  const [command, method, size] = Deno.args;
  if (command === "listen") await serve(method!);
  else console.log(JSON.stringify(await measure(method!, Number(size))));
  Deno.exit();
}
