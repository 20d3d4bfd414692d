// An offer that its sender gives up, at each of its stages, and the one behind it.
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { type OfferedItem, singleItem } from "../../src/peer/offered_items.ts";
import type { FileOutcome } from "../../src/peer/outgoing_files.ts";
import { Continuity } from "../../src/peer/reconnect/continuity.ts";
import type { FilePolicyOptions } from "../../src/peer/file_policy.ts";
import { type TalkingSide, talkOver } from "../helpers/conversation.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { until, within } from "../helpers/deadline.ts";
import { TalkingPair } from "../helpers/talking_pair.ts";

const DATA = new TextEncoder().encode("data");

interface Scene {
  readonly pair: TalkingPair;
  readonly folder: string;
}

async function withScene(
  policy: Partial<FilePolicyOptions>,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const pair = await TalkingPair.open({ ...policy, folder });
  try {
    await run({ pair, folder });
  } finally {
    await pair.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function file(name: string): OfferedItem {
  return singleItem({ name, open: () => Promise.resolve(pieces(DATA)) });
}

async function* pieces(...bytes: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

function eventsOf({ events }: TalkingSide, event: string): unknown[] {
  return events().filter((each) => each.event === event);
}

function kindsOf(outcomes: FileOutcome[]): string[] {
  return outcomes.map(({ kind }) => kind);
}

/** Sends another one and looks that it arrives, and that nobody is blamed. */
async function sendNext({ pair, folder }: Scene): Promise<void> {
  const { outcomes } = pair.alice.conversation.sendItems([file("next")]);
  const [outcome] = await within(outcomes, "the next one");
  assertEquals(outcome?.kind === "receipt" && outcome.receipt.ok, true);
  assertEquals(Deno.readTextFileSync(join(folder, "next")), "data");
  assertEquals(eventsOf(pair.bob, "error"), []);
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  assertEquals(names.filter((name) => !name.startsWith(".")), ["next"]);
}

/** Has each side know that the other one takes offers. */
async function sendFirst(scene: Scene): Promise<void> {
  const { outcomes } = scene.pair.alice.conversation.sendItems([file("first")]);
  await within(outcomes, "the first one");
  Deno.removeSync(join(scene.folder, "first"));
}

Deno.test("an offer that is given up while somebody is asked is over for both, and the next one arrives", async () => {
  const answer = Promise.withResolvers<boolean>();
  let askedCount = 0;
  const ask = () => askedCount++ === 1 ? answer.promise : Promise.resolve(true);
  await withScene(
    { word: "ask", ask, answerTimeoutMs: 60_000 },
    async (scene) => {
      const { pair } = scene;
      await sendFirst(scene);
      const { outcomes } = pair.alice.conversation.sendItems([file("second")]);
      await until(() => askedCount === 2, "the question");
      assertEquals(pair.alice.conversation.cancelFile(), true);
      assertEquals(pair.alice.conversation.cancelFile(), false);
      assertEquals(kindsOf(await within(outcomes, "the second")), ["unsent"]);
      const next = sendNext(scene);
      answer.resolve(true);
      await next;
      assertEquals(eventsOf(pair.bob, "aborted").length, 1);
    },
  );
});

Deno.test("an offer that is given up before there is any content is over for both, and the next one arrives", async () => {
  await withScene({ word: "all" }, async (scene) => {
    const { pair } = scene;
    await sendFirst(scene);
    const opened = Promise.withResolvers<void>();
    const { outcomes } = pair.alice.conversation.sendItems([singleItem({
      name: "pipe",
      open: () => {
        opened.resolve();
        return new Promise(() => {});
      },
    })]);
    await within(opened.promise, "the answer");
    assertEquals(pair.alice.conversation.cancelFile(), true);
    assertEquals(kindsOf(await within(outcomes, "the pipe")), ["unsent"]);
    await sendNext(scene);
    assertEquals(eventsOf(pair.bob, "aborted").length, 1);
  });
});

Deno.test("an offer that is given up amid its content is over for both, and the next one, which comes at once, arrives", async () => {
  await withScene({ word: "all" }, async (scene) => {
    const { pair } = scene;
    await sendFirst(scene);
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3_000_000);
      await new Promise(() => {});
    }
    const { outcomes } = pair.alice.conversation.sendItems([
      singleItem({ name: "endless", open: () => Promise.resolve(endless()) }),
    ]);
    await until(() => pair.sentSize > 1_000_000, "some of it");
    assertEquals(pair.alice.conversation.cancelFile(), true);
    assertEquals(kindsOf(await within(outcomes, "it")), ["unsent"]);
    await sendNext(scene);
    assertEquals(eventsOf(pair.bob, "aborted").length, 1);
    const failed = [pair.alice, pair.bob].map(({ conversation }) =>
      conversation.hasFailed
    );
    assertEquals(failed, [false, true]);
  });
});

for (const how of ["the sender", "the receiver", "its connection"] as const) {
  Deno.test(`where an offer is ended by ${how}, a file of it that has gone is not called missing`, async () => {
    await withScene({ word: "all" }, async (scene) => {
      await sendFirst(scene);
      const { pair: { alice, bob } } = scene;
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) yield new Uint8Array(100_000);
      }
      const open = () => Promise.resolve(endless());
      const items = [file("gone"), singleItem({ name: "endless", open })];
      items.push(file("later"));
      const delivery = alice.conversation.sendItems(items);
      await until(() => eventsOf(bob, "file").length === 2, "the first file");
      if (how === "the sender") alice.conversation.cancelFile();
      else if (how === "the receiver") bob.conversation.stop();
      else bob.conversation.abort();
      const outcomes = await within(delivery.outcomes, "what became of them");
      const kinds = outcomes.map((outcome) =>
        outcome.kind === "unsent" && outcome.mayBeThere
          ? "unconfirmed"
          : outcome.kind
      );
      assertEquals(kinds, ["unconfirmed", "unsent", "unsent"]);
    });
  });
}

Deno.test("a disk that is full amid the content is told to the sender as what it is", async () => {
  const { write } = Deno.FsFile.prototype;
  try {
    await withScene({ word: "all" }, async (scene) => {
      await sendFirst(scene);
      Deno.FsFile.prototype.write = () =>
        Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) yield new Uint8Array(100_000);
      }
      const { outcomes } = scene.pair.alice.conversation.sendItems([
        singleItem({ name: "endless", open: () => Promise.resolve(endless()) }),
      ]);
      const [outcome] = await within(outcomes, "what became of it");
      assert(outcome?.kind === "receipt", outcome?.kind);
      assertEquals(outcome.receipt.reason, "there is no room for it");
      Deno.FsFile.prototype.write = write;
      assertEquals(eventsOf(scene.pair.bob, "error").length, 1);
    });
  } finally {
    Deno.FsFile.prototype.write = write;
  }
});

Deno.test("an offer of which all is sent cannot be given up any more, and what became of it is told", async () => {
  await withScene({ word: "all" }, async (scene) => {
    const { pair } = scene;
    await sendFirst(scene);
    const { sent, outcomes } = pair.alice.conversation.sendItems([
      file("whole"),
    ]);
    await within(sent, "all to be sent");
    assertEquals(pair.alice.conversation.cancelFile(), false);
    assertEquals(kindsOf(await within(outcomes, "it")), ["receipt"]);
    assertEquals(eventsOf(pair.bob, "aborted"), []);
  });
});

Deno.test("what is given up while the other side is away is not sent when it is back", async () => {
  const { alice, bob, aliceTransport } = await connectPair();
  const { conversation, events } = talkOver(alice, {
    folder: "/nowhere",
    word: "none",
  }, (reporter) =>
    new Continuity({
      connection: alice,
      identity: { nickname: "bob", key: "key" },
      number: 1,
      reporter,
      limitMs: 60_000,
      dial: () => new Promise(() => {}),
    }));
  const over = conversation.run(() => Promise.resolve());
  const opened = Promise.withResolvers<void>();
  const { outcomes } = conversation.sendItems([singleItem({
    name: "pipe",
    open: () => {
      opened.resolve();
      return new Promise(() => {});
    },
  })]);
  await within(opened.promise, "the file");
  aliceTransport.reset();
  await until(() => events().some(({ event }) => event === "lost"), "the loss");
  assertEquals(conversation.cancelFile(), true);
  assertEquals(kindsOf(await within(outcomes, "the pipe")), ["unsent"]);
  assertEquals(conversation.cancelFile(), false);
  await conversation.stop();
  await within(over, "the end");
  await bob.close();
});
