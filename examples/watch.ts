/**
 * Watching a server: a line for each client that misbehaves, spans and metrics,
 * and counts.
 *
 * Run with `deno run --allow-net=127.0.0.1 examples/watch.ts`
 */
import { connect, listen } from "@lekt/lekt";
import { logMisbehaviour, subscribe } from "@lekt/lekt/diagnostics";
import { instrument } from "@lekt/lekt/telemetry";
import { assertEquals } from "@std/assert";

using _spans = instrument();
using _lines = logMisbehaviour();
using _refused = subscribe("lekt:refused", ({ role, code, reason }) => {
  console.log(`refused, seen by the ${role}: ${code} ${reason ?? ""}`);
});
const misbehaviour = Promise.withResolvers<void>();
using _seen = subscribe("lekt:misbehaviour", () => misbehaviour.resolve());

await using listener = await listen({
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: (remote) => remote.nickname === "alice" || "I only talk to alice",
});
const serving = listener.serve(async (connection) => {
  for await (const message of connection) {
    await connection.send(await message.bytes());
  }
});

const bob = await connect(listener.methods, { nickname: "alice" });
await bob.send("hello");
await bob.receive();
await connect(listener.methods, { nickname: "mallory" }).catch(() => {});

// Somebody who takes it for a web server.
const port = Number(new URL(listener.methods[0]!).port);
const stranger = await Deno.connect({ hostname: "127.0.0.1", port });
await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
await misbehaviour.promise;
stranger.close();

const { open, accepted, refused, misbehaved } = listener.stats();
console.log({ open, accepted, refused, misbehaved });
assertEquals([open, accepted, misbehaved], [1, 1, 1]);

await bob.close();
await listener.shutdown();
await serving;
