// Texts behind the loss of a connection: sent again, or told.
import { assert, assertEquals } from "@std/assert";
import type { Connection } from "../../mod.ts";
import { Continuity } from "../../src/peer/reconnect/continuity.ts";
import { OutgoingTexts } from "../../src/peer/reconnect/outgoing_texts.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { type TalkingSide, talkOver } from "../helpers/conversation.ts";
import { isSettled, until, within } from "../helpers/deadline.ts";

const CHUNK_SIZE = 50_000;

const IN_DOUBT = "1 text was not confirmed, and may not have arrived";

/** What goes on behind the loss of a connection, which is looked for so long. */
function continuityOf(
  connection: Connection,
  reporter: Reporter,
  limitMs: number,
): Continuity {
  const identity = { nickname: "bob", key: "key" };
  return new Continuity({ connection, identity, number: 1, reporter, limitMs });
}

/** A conversation that goes on behind a loss. */
function talkOn(connection: Connection, limitMs: number): TalkingSide {
  return talkOver(
    connection,
    { folder: "/nowhere", word: "none" },
    (reporter) => continuityOf(connection, reporter, limitMs),
  );
}

/** A long line, as a script writes it. */
async function* line(chunkCount: number): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < chunkCount; count++) {
    yield new Uint8Array(CHUNK_SIZE).fill(count);
  }
}

for (const chunkCount of [1, 18]) {
  Deno.test(`a text of ${chunkCount} chunks that was taken over and not read is sent again over the next connection`, async () => {
    const faults: string[] = [];
    const first = await connectPair();
    const texts = new OutgoingTexts(first.alice, {
      onFault: (message) => faults.push(message),
    });
    await within(texts.send(line(chunkCount)), "the next may follow");
    assertEquals(texts.count, 1);
    first.aliceTransport.reset();
    await within(first.alice.closed, "the loss");
    texts.pause();
    const next = await connectPair();
    texts.resume(next.alice, 1, []);
    const message = await within(next.bob.receive(), "the text");
    const { length } = await message!.bytes();
    assertEquals(length, chunkCount * CHUNK_SIZE);
    await until(() => texts.count === 0, "it is confirmed");
    assertEquals(faults, []);
    texts.end();
    await first.bob.close();
    await Promise.all([next.alice.close(), next.bob.close()]);
  });
}

Deno.test("a text that is too long to be kept counts until it is confirmed, and is told of where it is not", async () => {
  const faults: string[] = [];
  const { alice, bob, aliceTransport } = await connectPair();
  const texts = new OutgoingTexts(alice, {
    onFault: (message) => faults.push(message),
  });
  const taken = texts.send(line(30));
  const message = await within(bob.receive(), "the first text");
  assertEquals(texts.count, 1);
  assertEquals((await message!.bytes()).length, 30 * CHUNK_SIZE);
  await within(taken, "the confirmation");
  assertEquals([texts.count, faults], [0, []]);
  const lost = texts.send(line(30));
  await within(bob.receive(), "the second text");
  aliceTransport.reset();
  await within(lost, "the loss");
  assertEquals([texts.count, faults.length], [0, 1]);
  texts.end();
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("a text that is said in the turn in which its conversation is ended arrives, and is not in doubt", async () => {
  const { alice, bob } = await connectPair();
  const { conversation, events } = talkOn(alice, 60_000);
  const over = conversation.run(() => Promise.resolve());
  conversation.sendText(new TextEncoder().encode("bye"));
  const stopping = conversation.stop();
  const message = await within(bob.receive(), "the text");
  assertEquals(await message?.text(), "bye");
  await bob.close();
  await within(Promise.all([stopping, over]), "the end");
  assertEquals(events().filter(({ event }) => event === "error"), []);
});

Deno.test("while there is no connection as many texts are kept as have room, and none behind the end", async () => {
  for (const [size, count] of [[1, 1_000], [1024 * 1024, 8]] as const) {
    const { alice, bob } = await connectPair();
    const texts = new OutgoingTexts(alice, { onFault: () => {} });
    texts.pause();
    for (let sent = 0; sent < count; sent++) {
      await within(texts.send(new Uint8Array(size)), "the next may follow");
    }
    const late = texts.send(new Uint8Array(size));
    assertEquals([await isSettled(late), texts.count], [false, count]);
    texts.end();
    await within(late, "the end");
    assertEquals(texts.count, count);
    await Promise.all([alice.close(), bob.close()]);
  }
});

Deno.test("a text of 1 MiB is kept while there is no connection, and a longer one is told of at once", async () => {
  const limit = 1024 * 1024;
  for (const [size, isKept] of [[limit, true], [limit + 1, false]] as const) {
    for (const how of ["at once", "as a stream"]) {
      const faults: string[] = [];
      const { alice, bob } = await connectPair();
      const texts = new OutgoingTexts(alice, {
        onFault: (message) => faults.push(message),
      });
      texts.pause();
      const bytes = new Uint8Array(size);
      await texts.send(how === "at once" ? bytes : new Blob([bytes]).stream());
      assertEquals(
        [texts.count, faults.length],
        isKept ? [1, 0] : [0, 1],
        `${size} bytes ${how}`,
      );
      texts.end();
      await Promise.all([alice.close(), bob.close()]);
    }
  }
});

Deno.test("a text that was not confirmed is told of where the other side does not come back, and where it knows nothing of it", async () => {
  const { alice, bob, aliceTransport } = await connectPair();
  const { conversation, events } = talkOn(alice, 50);
  const over = conversation.run(() => Promise.resolve());
  await conversation.sendText(new TextEncoder().encode("one"));
  await within(bob.receive(), "the text");
  aliceTransport.reset();
  await within(over, "the end");
  const [told, ...others] = events().filter(({ event }) => event === "error");
  assert(told?.event === "error");
  assert(told.message.endsWith(`; ${IN_DOUBT}`), told.message);
  assertEquals(others, []);
  await bob.close();

  for (const isTold of [true, false]) {
    const first = await connectPair();
    const next = await connectPair();
    const faults: string[] = [];
    const silent = { emit: () => {} } as unknown as Reporter;
    const continuity = continuityOf(first.alice, silent, 60_000);
    continuity.onFault = (message) => faults.push(message);
    if (isTold) {
      await continuity.texts.send(new TextEncoder().encode("one"));
      await within(first.bob.receive(), "the text");
    }
    await Promise.all([first.alice.abort(), first.bob.abort()]);
    continuity.goOn({ connection: next.alice });
    assertEquals(faults, isTold ? [IN_DOUBT] : []);
    continuity.end();
    await Promise.all([next.alice.close(), next.bob.close()]);
  }
});
