// Giving a receive up: what it would have got is not lost.
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { Connection } from "../../mod.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { failureOf, receive } from "../helpers/messages.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { withSeed } from "../helpers/prng.ts";

const WHY = new Error("not now");

/** The text of the next message. */
async function nextText(connection: Connection): Promise<string> {
  return await (await receive(connection)).text();
}

/** The reason for which `promise` rejects is the signal's own. */
async function assertGivenUp(promise: Promise<unknown>): Promise<void> {
  assertStrictEquals(await within(assertRejects(() => promise), "it"), WHY);
}

Deno.test("a receive that is given up rejects with the signal's reason, and the next one gets the message", () =>
  withPair(async ({ alice, bob }) => {
    for (let round = 0; round < 3; round++) {
      const aborting = new AbortController();
      const receiving = bob.receive({ signal: aborting.signal });
      await turns(3);
      aborting.abort(WHY);
      await assertGivenUp(receiving);
      await alice.send(`message ${round}`);
      assertEquals(await nextText(bob), `message ${round}`);
    }
  }));

Deno.test("a receive with a signal that is none takes no message", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send("kept");
    const options = { signal: {} as AbortSignal };
    for (
      const next of [
        () => bob.receive(options),
        () => bob.batches(options).next(),
      ]
    ) {
      assertEquals((await failureOf(next)).code, "INVALID_ARGUMENT");
    }
    assertEquals(await (await bob.receive())?.text(), "kept");
  }));

Deno.test("a receive with a signal that has fired takes no message", () =>
  withPair(async ({ alice, bob }) => {
    await alice.send("hello");
    await until(() => bob.stats().messagesReceived === 1, "it is there");
    const signal = AbortSignal.abort(WHY);
    await assertGivenUp(bob.receive({ signal }));
    await assertGivenUp(bob.batches({ signal }).next());
    assertEquals(await nextText(bob), "hello");
  }));

Deno.test("a receive that is given up leaves the turns of the others as they are", () =>
  withPair(async ({ alice, bob }) => {
    const aborting = new AbortController();
    const { signal } = aborting;
    const kept = [bob.receive(), bob.receive({ signal }), bob.receive()];
    const others = [bob.receive({ signal }), bob.receive({ signal })];
    aborting.abort(WHY);
    for (const each of [kept[1]!, ...others]) await assertGivenUp(each);
    await alice.send("a");
    await alice.send("b");
    assertEquals(await (await within(kept[0]!, "a"))!.text(), "a");
    assertEquals(await (await within(kept[2]!, "b"))!.text(), "b");
    await alice.closeWrite();
    assertEquals(
      await bob.receive({ signal: new AbortController().signal }),
      null,
    );
  }));

Deno.test("a signal that fires behind its message changes nothing, and nothing listens to it any more", () =>
  withPair(async ({ alice, bob }) => {
    const aborting = new AbortController();
    const { signal } = aborting;
    let listening = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (
      ...args: Parameters<typeof addEventListener>
    ) => {
      listening++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (
      ...args: Parameters<typeof removeEventListener>
    ) => {
      listening--;
      removeEventListener.apply(signal, args);
    };
    const receiving = bob.receive({ signal });
    const batch = bob.batches({ signal }).next();
    const end = bob.receive({ signal });
    assertEquals(listening, 3);
    await alice.send("a");
    await alice.send("b");
    await alice.closeWrite();
    const message = await within(receiving, "a message");
    assertEquals((await within(batch, "a batch")).value?.length, 1);
    assertEquals(await within(end, "the end"), null);
    assertEquals(listening, 0);
    aborting.abort(WHY);
    assertEquals(await message!.text(), "a");
  }));

Deno.test("a receive with a signal rejects as others do where this side closes", () =>
  withPair(async ({ bob }) => {
    const { signal } = new AbortController();
    const receiving = assertRejects(() => bob.receive({ signal }));
    const batch = bob.batches({ signal }).next();
    await bob.close();
    assertEquals(
      (await within(receiving, "receive()") as { code?: string }).code,
      "CLOSED",
    );
    assertEquals((await within(batch, "batches()")).done, true);
  }, { bobLimits: { closeTimeoutMs: 50 } }));

Deno.test("an iterator that is left gives up what it waits for, and loses no message", () =>
  withPair(async ({ alice, bob }) => {
    const other = bob[Symbol.asyncIterator]();
    const first = other.next();
    const iterators: AsyncIterator<unknown>[] = [
      bob[Symbol.asyncIterator](),
      bob.batches(),
    ];
    for (const iterator of iterators) {
      const pending = [iterator.next(), iterator.next()];
      assertEquals(await iterator.return!(), { value: undefined, done: true });
      for (const each of pending) {
        assertEquals((await within(each, "next()")).done, true);
      }
    }
    assertEquals(await isSettled(first), false);
    await alice.send("a");
    await alice.send("b");
    assertEquals(await (await within(first, "a")).value!.text(), "a");
    assertEquals(await nextText(bob), "b");
  }));

Deno.test("a batch that is given up loses no message", () =>
  withPair(async ({ alice, bob }) => {
    const aborting = new AbortController();
    const batches = bob.batches({ signal: aborting.signal });
    const pending = batches.next();
    aborting.abort(WHY);
    await assertGivenUp(pending);
    for (const text of ["a", "b", "c"]) await alice.send(text);
    await until(() => bob.stats().messagesReceived === 3, "all are there");
    const { value } = await within(bob.batches().next(), "a batch");
    const texts = await Promise.all(value!.map((message) => message.text()));
    assertEquals(texts, ["a", "b", "c"]);
  }));

Deno.test("receives that are given up at any moment lose, double and reorder nothing", async () => {
  for (let seed = 1; seed <= 10; seed++) await checkAnyMoment(seed);
});

async function checkAnyMoment(seed: number): Promise<void> {
  const moments: number[] = [];
  withSeed(seed, (prng) => {
    for (let at = 0; at < 2_000; at++) moments.push(prng.below(30));
  });
  await withPair(async ({ alice, bob }) => {
    const count = 200;
    async function send(): Promise<void> {
      for (let id = 0; id < count; id++) {
        await alice.send(`${id}`);
        if (moments[id]! > 20) await turns(moments[id]! - 20);
      }
      await alice.closeWrite();
    }
    const sending = send();
    const texts: string[] = [];
    for (let at = 0; texts.length < count; at++) {
      const aborting = new AbortController();
      const receiving = bob.receive({ signal: aborting.signal });
      for (let step = moments[at % 2_000]!; step > 0; step--) await undefined;
      if (moments[at % 2_000]! > 25) await turns(1);
      aborting.abort(WHY);
      const message = await receiving.catch(() => undefined);
      if (message) texts.push(await message.text());
      if (at % 50 === 0) await turns(1);
    }
    assertEquals(texts, texts.map((_, id) => `${id}`));
    await within(sending, "send()");
    assertEquals(await bob.receive(), null);
  }, { stream: { partial: true, seed } });
}
