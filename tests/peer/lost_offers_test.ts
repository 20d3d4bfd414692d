// An offer about which a person is asked when the connection is lost.
import { assertEquals } from "@std/assert";
import { singleItem } from "../../src/peer/offered_items.ts";
import { Continuity } from "../../src/peer/reconnect/continuity.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { talkOver } from "../helpers/conversation.ts";
import { until, within } from "../helpers/deadline.ts";

/** Alice offers two files; the connection is lost while bob is asked about the second, and he waits so long for her. */
async function loseAmidQuestion(limitMs: number) {
  const folder = await Deno.makeTempDir();
  const pair = await connectPair();
  const alice = talkOver(pair.alice, { folder: "/nowhere", word: "none" });
  let askedCount = 0;
  const bob = talkOver(pair.bob, {
    folder,
    word: "ask",
    answerTimeoutMs: 60_000,
    ask: (_question, _sender, signal) =>
      ++askedCount === 1
        ? Promise.resolve(true)
        : new Promise((resolve) =>
          signal.addEventListener("abort", () => resolve(false))
        ),
  }, (reporter) =>
    new Continuity({
      connection: pair.bob,
      identity: { nickname: "alice", key: "key" },
      number: 1,
      reporter,
      limitMs,
    }));
  const over = Promise.all(
    [alice, bob].map(({ conversation }) =>
      conversation.run(() => Promise.resolve())
    ),
  );
  for (const name of ["first", "second"]) {
    const open = () => Promise.resolve(new Blob(["data"]).stream());
    const { outcomes } = alice.conversation.sendItems([
      singleItem({ name, open }),
    ]);
    if (name === "first") await within(outcomes, "the first");
    else await until(() => askedCount === 2, "the question");
  }
  pair.aliceTransport.reset();
  const told = (event: string) =>
    bob.events().filter((each) => each.event === event);
  await until(() => told("lost").length > 0, "the loss");
  return {
    bob: bob.conversation,
    told,
    async [Symbol.asyncDispose]() {
      await bob.conversation.stop();
      await within(over, "the end");
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("a question that the loss of the connection withdraws is no fault while the other side may come back", async () => {
  await using scene = await loseAmidQuestion(60_000);
  assertEquals(scene.told("error"), []);
  assertEquals(scene.bob.hasFailed, false);
});

Deno.test("a question that the loss of the connection has withdrawn is a fault where the other side does not come back", async () => {
  await using scene = await loseAmidQuestion(50);
  await until(() => scene.told("closed").length > 0, "the end");
  const messages = scene.told("error").map((each) =>
    each.event === "error" && each.name === undefined ? each.message : ""
  );
  assertEquals(
    messages[0],
    "Cannot take second: the conversation has ended",
  );
  assertEquals(scene.bob.hasFailed, true);
});
