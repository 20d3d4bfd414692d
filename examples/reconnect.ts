/**
 * A client that stays connected: it connects again when the server was
 * restarted, with pauses that grow and differ, so that a thousand clients do
 * not come back in the same moment. A rejection is an answer and ends it.
 *
 * deno run --allow-net=127.0.0.1 examples/reconnect.ts
 */
import {
  connect,
  type Connection,
  LektError,
  listen,
  type Listener,
} from "@lekt/lekt";
import { assertEquals } from "@std/assert";

const PAUSE_MS_MIN = 20; // one second in a real program
const PAUSE_MS_MAX = 30_000;

/** Gives one connection after the other, until `signal` fires. */
async function* connections(
  methods: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Connection> {
  let pauseMs = PAUSE_MS_MIN;
  while (!signal.aborted) {
    try {
      const connection = await connect(methods, { nickname: "alice", signal });
      pauseMs = PAUSE_MS_MIN;
      yield connection;
      await connection.close();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof LektError) || error.code === "REJECTED") {
        throw error;
      }
      const ms = pauseMs * (0.5 + Math.random());
      console.log(`${error.code}: next try in ${Math.round(ms)} ms`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
    }
  }
}

async function startServer(method: string): Promise<Listener> {
  const listener = await listen({
    nickname: "bob",
    methods: [method],
    accept: () => true,
  });
  listener.serve(async (connection) => {
    await connection.send("welcome");
    await connection.receive(); // until the client or the server ends it
  });
  return listener;
}

let server = await startServer("tcp://127.0.0.1:0");
const { methods } = server;
const stop = new AbortController();
let welcomeCount = 0;
for await (const connection of connections(methods, stop.signal)) {
  const message = await connection.receive();
  assertEquals(await message?.text(), "welcome");
  console.log(`Connected, ${++welcomeCount}`);
  if (welcomeCount === 3) {
    stop.abort();
    continue;
  }
  const stopped = server.shutdown(); // the server restarts
  assertEquals(await connection.receive(), null);
  await connection.close();
  await stopped;
  setTimeout(async () => server = await startServer(methods[0]!), 50);
}
await server.shutdown();
