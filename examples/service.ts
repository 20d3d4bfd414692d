/**
 * A server as a service manager runs it: the method is an argument, SIGTERM and
 * SIGINT stop it in order. Clients that are connected get the answers to what
 * they have asked, and then the end; whoever is not done after five seconds is
 * cut off.
 *
 * deno run --allow-net --ignore-env examples/service.ts ws://127.0.0.1:8080/lekt
 */
import { listen } from "@lekt/lekt";

const [method] = Deno.args;
if (method === undefined) {
  console.error("Say on which method to listen");
  Deno.exit(2);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => stop.abort());
}

const listener = await listen({
  nickname: "bob",
  methods: [method],
  accept: () => true,
});
console.log(`Listening on ${listener.methods}`);
await listener.serve(async (connection) => {
  for await (const message of connection) {
    await connection.send(`got ${await message.text()}`);
  }
}, { signal: stop.signal });
console.log("Stopped");
Deno.exit(0);
