// What one connection of a conversation brings, and what is told of it.
import { assert, assertEquals } from "@std/assert";
import type { ByteOutput } from "../../src/peer/byte_output.ts";
import type { ByteReader } from "../../src/talk/byte_reader.ts";
import { FileFault } from "../../src/talk/receive.ts";
import { encodeFile } from "../../src/talk/send_file.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { talkOver } from "../helpers/conversation.ts";
import { turns, until, within } from "../helpers/deadline.ts";

const NOWHERE = { folder: "/nowhere", word: "none" } as const;
const LIMITS = { streamThresholdBytes: 1 };

/** A message that begins, and does not go on. */
async function* halting(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(100_000).fill(0x61);
  await new Promise(() => {});
}

/** Bob's side of a conversation with alice, who begins so many messages that do not end. */
async function begin(
  haltingCount: number,
  options: Partial<Parameters<typeof talkOver>[1]> = {},
) {
  const pair = await connectPair({ limits: LIMITS });
  const { alice, bob } = pair;
  const { conversation, events } = talkOver(bob, { ...NOWHERE, ...options });
  const over = conversation.run(() => Promise.resolve());
  const giveUp = new AbortController();
  for (let count = 0; count < haltingCount; count++) {
    alice.send(halting(), { signal: giveUp.signal }).catch(() => {});
  }
  await until(
    () => bob.stats().bytesReceived >= haltingCount * 100_000,
    "what alice says",
  );
  await turns();
  const told = (event: string) =>
    events().filter((each) => each.event === event);
  return { ...pair, conversation, told, over, giveUp };
}

Deno.test("each message that is cut short is told once, and so is a connection that is cut with none under way", async () => {
  for (const haltingCount of [0, 1, 2]) {
    const scene = await begin(haltingCount);
    scene.bobTransport.reset();
    await within(scene.over, "the end");
    const ids = scene.told("error").map((each) =>
      each.event === "error" ? each.id : undefined
    );
    assertEquals(ids.length, Math.max(haltingCount, 1), JSON.stringify(ids));
    assertEquals(ids.includes(undefined), haltingCount === 0);
    assertEquals(scene.conversation.hasFailed, true);
    await scene.alice.abort();
  }
});

Deno.test("what this side cuts short by its end is no news", async () => {
  const scene = await begin(1, { awaitsSomething: true });
  scene.giveUp.abort(new Error("no more"));
  await Promise.all([scene.conversation.stop(), scene.alice.close()]);
  await within(scene.over, "the end");
  assertEquals([scene.told("error"), scene.told("aborted")], [[], []]);
  assertEquals(scene.conversation.hasFailed, false);
});

Deno.test("a file that this side cuts short by its end is no news either", async () => {
  const folder = await Deno.makeTempDir();
  const scene = await begin(0, { folder, word: "all" });
  scene.alice.send(encodeFile({ name: "a" }, halting())).catch(() => {});
  await until(() => scene.bob.stats().bytesReceived > 100_000, "the file");
  await turns();
  await Promise.all([scene.conversation.stop(), scene.alice.close()]);
  await within(scene.over, "the end");
  assertEquals(scene.told("error"), []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a file about which a person is asked when this side ends is no news", async () => {
  const asked = Promise.withResolvers<void>();
  const scene = await begin(0, {
    word: "ask",
    answerTimeoutMs: 60_000,
    ask: (_question, _sender, signal) => {
      asked.resolve();
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve(false))
      );
    },
  });
  scene.alice.send(encodeFile({ name: "a" }, halting())).catch(() => {});
  await within(asked.promise, "the question");
  await Promise.all([scene.conversation.stop(), scene.alice.close()]);
  await within(scene.over, "the end");
  assertEquals(scene.told("error"), []);
  assertEquals(scene.conversation.hasFailed, false);
});

Deno.test("who ends without a word is told of where something is awaited alone", async () => {
  for (const awaitsSomething of [true, false]) {
    const scene = await begin(0, { awaitsSomething });
    await scene.alice.close();
    await within(scene.over, "the end");
    assertEquals(scene.told("error").length, awaitsSomething ? 1 : 0);
    assertEquals(scene.conversation.hasFailed, awaitsSomething);
  }
});

Deno.test("an invitation that is given up before its content is no file", async () => {
  const scene = await begin(0);
  const { signal } = scene.giveUp;
  // deno-lint-ignore require-yield -- it ends only where it is given up
  async function* nothing(): AsyncGenerator<Uint8Array> {
    await new Promise(() => {});
  }
  scene.alice.send(encodeFile({ name: "a", offers: 1 }, nothing()), { signal })
    .catch(() => {});
  // Bob invites.
  await within(scene.alice.receive(), "the invitation");
  scene.giveUp.abort(new Error("it is offered"));
  await scene.alice.send("hello");
  await until(() => scene.told("message").length > 0, "what alice says");
  await scene.alice.close();
  await within(scene.over, "the end");
  assertEquals([scene.told("error"), scene.told("aborted")], [[], []]);
  assertEquals(scene.conversation.hasFailed, false);
});

Deno.test("messages go to the output that is named; one that is given up, and an output that breaks, are told as what they are", async () => {
  const texts: string[] = [];
  let isBroken = false;
  const output = {
    path: "out",
    ready: () => Promise.resolve(),
    takeMessage: async (body: ByteReader) => {
      if (isBroken) throw new FileFault("it cannot be written to out: full");
      let text = "";
      for (let chunk; (chunk = await body.next());) {
        text += new TextDecoder().decode(chunk);
      }
      texts.push(text);
      return { size: text.length, sha256: "" };
    },
  } as unknown as ByteOutput;
  const scene = await begin(1, { output });
  scene.giveUp.abort(new Error("no more"));
  await until(() => scene.told("aborted").length > 0, "the end of the first");
  assertEquals(scene.told("error"), []);
  assertEquals(scene.conversation.hasFailed, true);
  await scene.alice.send("one");
  await until(() => texts.length > 0, "the second");
  assertEquals(texts, ["one"]);
  const [message] = scene.told("message");
  assert(message?.event === "message");
  assertEquals([message.path, message.text], ["out", undefined]);
  isBroken = true;
  scene.alice.send("two").catch(() => {});
  await until(() => scene.told("error").length > 0, "what is wrong");
  await scene.alice.close();
  await within(scene.over, "the end");
  const [error, ...others] = scene.told("error");
  assert(error?.event === "error");
  assertEquals(others, []);
  assert(error.message.endsWith("written to out: full"), error.message);
});
