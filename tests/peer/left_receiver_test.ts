// What a receiver makes of a sender that ends before all has come: never a success.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { singleItem } from "../../src/peer/offered_items.ts";
import { until, within } from "../helpers/deadline.ts";
import { TalkingPair } from "../helpers/talking_pair.ts";

const NOTHING = "Nothing has come: the other side has ended";

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(100_000);
}

async function withPair(run: (pair: TalkingPair) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const pair = await TalkingPair.open({ folder, awaitsSomething: true });
  try {
    await run(pair);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function errorsOf({ bob }: TalkingPair): string[] {
  return bob.events().flatMap((event) =>
    event.event === "error" ? [event.message] : []
  );
}

/** A file that arrives, behind which both know that the other one takes offers. */
async function sendFirst({ alice }: TalkingPair): Promise<void> {
  async function* some(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1);
  }
  const open = () => Promise.resolve(some());
  const first = singleItem({ name: "first", open });
  const { outcomes } = alice.conversation.sendItems([first]);
  const [outcome] = await within(outcomes, "the first file");
  assert(outcome?.kind === "receipt" && outcome.receipt.ok);
}

Deno.test("who waits for something fails where nothing has come", async () => {
  await withPair(async (pair) => {
    const stopping = pair.alice.conversation.stop();
    await within(Promise.all([stopping, pair.close()]), "the end");
    assertEquals(errorsOf(pair), [NOTHING]);
    assert(pair.bob.conversation.hasFailed);
  });
});

Deno.test("who got all that was sent has not failed", async () => {
  await withPair(async (pair) => {
    await sendFirst(pair);
    await within(pair.close(), "the end");
    assertEquals(errorsOf(pair), []);
    assert(!pair.bob.conversation.hasFailed);
  });
});

Deno.test("a sender that ends before the content of its offer has left the receiver without it", async () => {
  await withPair(async (pair) => {
    await sendFirst(pair);
    const opened = Promise.withResolvers<void>();
    const open = (): Promise<AsyncGenerator<Uint8Array>> => {
      opened.resolve();
      return new Promise(() => {});
    };
    const pipe = singleItem({ name: "pipe", open });
    pair.alice.conversation.sendItems([pipe]);
    await within(opened.promise, "the answer");
    const stopping = pair.alice.conversation.stop();
    await within(Promise.all([stopping, pair.close()]), "the end");
    const [error = ""] = errorsOf(pair);
    assertStringIncludes(error, "Cannot take pipe: its sender has ended");
    assert(pair.bob.conversation.hasFailed);
  });
});

Deno.test("a sender that ends amid a file has left the receiver without it", async () => {
  await withPair(async (pair) => {
    const open = () => Promise.resolve(endless());
    const file = singleItem({ name: "endless", open });
    pair.alice.conversation.sendItems([file]);
    await until(
      () => pair.bob.events().some(({ event }) => event === "offer"),
      "the offer",
    );
    await until(() => pair.sentSize > 1_000_000, "some of it");
    const stopping = pair.alice.conversation.stop();
    await within(Promise.all([stopping, pair.close()]), "the end");
    assert(pair.bob.events().some(({ event }) => event === "aborted"));
    assert(pair.bob.conversation.hasFailed);
  });
});

for (const who of ["sender", "receiver"] as const) {
  Deno.test(`a ${who} that ends amid a file leaves the receiver what has come, who says so`, async () => {
    await withPair(async (pair) => {
      const root = await Deno.makeTempDir();
      const path = join(root, "large");
      await Deno.writeFile(path, new Uint8Array(30_000_000));
      const outcomes = pair.send(path);
      await until(() => pair.sentSize > 5_000_000, "some of it");
      const { conversation } = who === "sender" ? pair.alice : pair.bob;
      const stopping = conversation.stop();
      const [outcome] = await within(outcomes, "what becomes of it");
      assert(outcome?.kind === "unsent" && outcome.isOfOffer);
      await within(Promise.all([stopping, pair.close()]), "the end");
      const kept = pair.bob.events().filter(({ event }) => event === "kept");
      assertEquals(kept, [{ event: "kept", connection: 1, name: "large" }]);
      await Deno.remove(root, { recursive: true });
    });
  });
}

Deno.test("a file for a program that knows no offers is not said to go on when it is sent again", async () => {
  const root = await Deno.makeTempDir();
  const path = join(root, "large");
  await Deno.writeFile(path, new Uint8Array(30_000_000));
  const pair = await TalkingPair.open({ folder: root, versions: [1, 0] });
  const outcomes = pair.send(path);
  await until(() => pair.sentSize > 5_000_000, "some of it");
  const stopping = pair.alice.conversation.stop();
  const [outcome] = await within(outcomes, "what becomes of it");
  assert(outcome?.kind === "unsent" && !outcome.isOfOffer);
  await within(Promise.all([stopping, pair.close()]), "the end");
  await Deno.remove(root, { recursive: true });
});

for (const isOffered of [true, false]) {
  Deno.test(`a sender is told that the receiver has ended amid ${isOffered ? "an offer" : "a single file"}, and not that a stream broke off`, async () => {
    await withPair(async (pair) => {
      if (isOffered) await sendFirst(pair);
      const item = singleItem({
        name: "endless",
        open: () => Promise.resolve(endless()),
      });
      const { outcomes } = pair.alice.conversation.sendItems([item]);
      await until(() => pair.sentSize > 1_000_000, "some of it");
      const stopping = pair.bob.conversation.stop();
      const [outcome] = await within(outcomes, "what becomes of it");
      assert(outcome?.kind === "unsent");
      const why = "The other side has ended, or wants no more of it";
      assertEquals((outcome.error as Error).message, why);
      await within(Promise.all([stopping, pair.close()]), "the end");
      const events = pair.alice.events();
      assertEquals(
        events.flatMap((each) =>
          each.event === "error" ? [[each.code, each.message]] : []
        ),
        [[
          "TRUNCATED",
          "The other side has ended before it had all that was sent to it: it was interrupted, say",
        ]],
      );
    });
  });
}
