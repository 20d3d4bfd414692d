/**
 * Answers every message of every client until it is stopped. A client that is
 * killed, or that breaks a rule, costs one line on standard error and nothing
 * else. `client.ts` is the other side.
 *
 * deno run --allow-net=127.0.0.1 examples/server.ts
 */
import { listen } from "@lekt/lekt";

await using listener = await listen({
  nickname: "bob",
  methods: ["tcp://127.0.0.1:15358"],
  accept: (remote) => remote.nickname === "alice" || "I only talk to alice",
});
console.log(`Listening on ${listener.methods}`);
await listener.serve(async (connection) => {
  for await (const message of connection) {
    await connection.send(`got ${await message.text()}`);
  }
});
