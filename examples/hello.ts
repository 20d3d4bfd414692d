/**
 * Says hello: bob listens, alice connects, and a message goes each way.
 *
 * deno run --allow-net=127.0.0.1 examples/hello.ts
 */
import { connect, listen } from "@lekt/lekt";
import { assertEquals } from "@std/assert";

await using listener = await listen({
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"], // port 0: a free one
  accept: (remote) => remote.nickname === "alice" || "I only talk to alice",
});

listener.serve(async (connection) => {
  for await (const message of connection) {
    await connection.send(`${await message.text()} to you, too`);
  }
});

await using bob = await connect(listener.methods, { nickname: "alice" });
await bob.send("hello");
const reply = await (await bob.receive())?.text();
console.log(`${bob.remote.nickname}: ${reply}`);
assertEquals(reply, "hello to you, too");
