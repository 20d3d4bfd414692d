/**
 * Both sides prove who they are: bob and alice have told each other the keys
 * of their certificates, and each talks only to the other one. A stranger is
 * refused, with a certificate of their own and without one.
 *
 * deno run --allow-net=127.0.0.1 examples/mutual_tls.ts
 */
import { connect, listen } from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";
import { assertEquals, assertRejects } from "@std/assert";

const bob = await makeCertificate();
const alice = await makeCertificate();
const mallory = await makeCertificate();

await using listener = await listen({
  nickname: "bob",
  methods: ["tls://127.0.0.1:0"],
  tls: { ...bob, requireClientKey: (key) => key === alice.spki },
  accept: () => true, // only alice gets so far
});
listener.serve(async (connection) => {
  for await (const message of connection) {
    await connection.send(`got ${await message.text()}`);
  }
});

await using connection = await connect(listener.methods, {
  nickname: "alice",
  tls: { ...alice, pinnedKey: bob.spki },
});
assertEquals(connection.remote.key, bob.spki);
await connection.send("hello");
console.log(await (await connection.receive())?.text());

for (const shown of [mallory, {}]) {
  await assertRejects(() =>
    connect(listener.methods, {
      nickname: "alice",
      tls: { ...shown, pinnedKey: bob.spki },
    })
  );
}
// Whoever listens in bob's place has another key.
await assertRejects(() =>
  connect(listener.methods, {
    nickname: "alice",
    tls: { ...alice, pinnedKey: mallory.spki },
  })
);
console.log("Strangers were refused");
