/**
 * The same program on Deno, Node and Bun: both sides over TLS, each of whom
 * knows the other's key, with `close` in `finally`, as Node 22 has no
 * `await using`.
 *
 * deno run --allow-net=127.0.0.1 examples/everywhere.ts
 *
 * Where the package is installed from npm: `node everywhere.ts` (24 or later;
 * before, compile it), `bun everywhere.ts`.
 */
import { connect, listen } from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";

const certificate = await makeCertificate();
const listener = await listen({
  nickname: "bob",
  methods: ["tls://127.0.0.1:0"],
  tls: certificate,
  accept: ({ nickname }) => nickname === "alice" || "I only talk to alice",
});
const serving = listener.serve(async (connection) => {
  for await (const message of connection) {
    await connection.send(`got ${await message.text()}`);
  }
});

const bob = await connect(listener.methods, {
  nickname: "alice",
  tls: { pinnedKey: certificate.spki },
});
try {
  await bob.send("hello", { confirm: true });
  const reply = await bob.receive();
  console.log(`${bob.remote.nickname}: ${await reply?.text()}`);
} finally {
  await bob.close();
}

await listener.shutdown();
await serving;
