/**
 * Tests of a program that uses lekt: both sides in one process, on a port that
 * is free. All that was opened is closed again, so `deno test` finds no leaks.
 *
 * deno test --allow-net=127.0.0.1 examples/testing.ts
 */
import {
  connect,
  type Connection,
  LektError,
  listen,
  type Listener,
} from "@lekt/lekt";
import { assertEquals, assertRejects } from "@std/assert";

/** What is tested: a server that greets whoever comes, unless that is mallory. */
async function startGreeter(): Promise<Listener> {
  const listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: (remote) => remote.nickname !== "mallory" || "not you",
  });
  listener.serve(greet);
  return listener;
}

async function greet(connection: Connection): Promise<void> {
  for await (const message of connection) {
    await connection.send(`hello ${await message.text()}`);
  }
}

Deno.test("the greeter greets", async () => {
  const greeter = await startGreeter();
  const bob = await connect(greeter.methods, { nickname: "alice" });
  await bob.send("alice");
  assertEquals(await (await bob.receive())?.text(), "hello alice");
  await bob.close();
  assertEquals(await bob.closed, { clean: true });
  await greeter.shutdown();
});

Deno.test("the greeter lets mallory wait outside", async () => {
  const greeter = await startGreeter();
  const error = await assertRejects(
    () => connect(greeter.methods, { nickname: "mallory" }),
    LektError,
  );
  assertEquals([error.code, error.reason], ["REJECTED", "not you"]);
  await greeter.shutdown();
});

Deno.test("the greeter ends its answers when a client leaves amid", async () => {
  await using listener = await listen({
    nickname: "alice",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  // Without serve() the test has both ends: who greets, and who is greeted.
  const clients = listener[Symbol.asyncIterator]();
  const [bob, { value: alice }] = await Promise.all([
    connect(listener.methods, { nickname: "bob" }),
    clients.next(),
  ]);
  const greeting = greet(bob);
  await alice!.send("alice");
  await alice!.receive();
  // Both at once: close() waits for the other side, for up to 2 s.
  await Promise.all([alice!.close(), greeting.then(() => bob.close())]);
});
