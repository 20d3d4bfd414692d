// Callbacks and iterators of a listener that wait, or wait no longer.
import { assertEquals } from "@std/assert";
import { connect, listen, type ListenOptions } from "../../mod.ts";
import { within } from "../helpers/deadline.ts";

const BOB: ListenOptions = {
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: () => true,
};

Deno.test("serve() ends the connection of a handler that has thrown also where onError waits for that end", async () => {
  const told: [string, boolean][] = [];
  await using listener = await listen(BOB);
  const serving = listener.serve(() => {
    throw new Error("broken");
  }, {
    onError: async (error, connection) => {
      const sending = connection.send("sorry");
      const { clean } = await connection.closed;
      await sending;
      told.push([(error as Error).message, clean]);
    },
  });
  const alice = await connect(listener.methods, { nickname: "alice" });
  const message = await within(alice.receive(), "what onError has sent");
  assertEquals(await message?.text(), "sorry");
  assertEquals(await within(alice.receive(), "the end"), null);
  await alice.close();
  await listener.close();
  await within(serving, "serve()");
  assertEquals(told, [["broken", true]]);
});

Deno.test("an iterator of a listener that was left takes no connection, and may be taken up again", async () => {
  await using listener = await listen(BOB);
  const [left, other] = [1, 2].map(() => listener[Symbol.asyncIterator]());
  const waiting = [left!.next(), left!.next()];
  const next = other!.next();
  assertEquals(await left!.return!(), { value: undefined, done: true });
  for (const { done } of await within(Promise.all(waiting), "those who left")) {
    assertEquals(done, true);
  }
  const next2 = left!.next();
  await using _alice = await connect(listener.methods, { nickname: "alice" });
  await using _carol = await connect(listener.methods, { nickname: "carol" });
  const taken = await within(Promise.all([next, next2]), "both connections");
  assertEquals(taken.map(({ value }) => value?.remote.nickname), [
    "alice",
    "carol",
  ]);
  for (const { value } of taken) await value!.closeWrite();
});
