/**
 * Sends one message and prints the answer. `server.ts` is the other side.
 *
 * deno run --allow-net=127.0.0.1 examples/client.ts
 */
import { connect } from "@lekt/lekt";

await using bob = await connect("tcp://127.0.0.1:15358", { nickname: "alice" });
await bob.send("hello");
const reply = await bob.receive();
console.log(`${bob.remote.nickname}: ${await reply?.text()}`);
