// Who is found again after a loss, and what is said to them.
import { assert, assertEquals } from "@std/assert";
import type { Connection, Remote } from "@lekt/lekt";
import type { Conversation } from "../../src/peer/conversation.ts";
import { Comebacks } from "../../src/peer/reconnect/comebacks.ts";
import { Continuity } from "../../src/peer/reconnect/continuity.ts";
import { isSame, provenIdentity } from "../../src/peer/reconnect/identity.ts";
import { OutgoingTexts } from "../../src/peer/reconnect/outgoing_texts.ts";
import { pauseMs, redial } from "../../src/peer/reconnect/redial.ts";
import { encodeResume } from "../../src/talk/resume.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { withConversation } from "../helpers/conversation.ts";
import { within } from "../helpers/deadline.ts";
import { inVirtualTime } from "../helpers/virtual_run.ts";

const REMOTE: Remote = {
  nickname: "bob",
  version: "1.1.0",
  method: "tls://192.0.2.7:15358",
  address: "192.0.2.7:15358",
  verified: false,
};

Deno.test("only who has proved the same is the same", () => {
  assertEquals(provenIdentity(REMOTE), undefined);
  const withKey = { ...REMOTE, key: "k" };
  const verified = { ...withKey, verified: true, thumbprint: "t" };
  const byKey = provenIdentity(withKey)!;
  const byIdentity = provenIdentity(verified)!;
  const table: [typeof byKey, Remote, boolean][] = [
    [byKey, withKey, true],
    [byKey, REMOTE, false],
    [byKey, { ...withKey, key: "l" }, false],
    [byKey, { ...withKey, nickname: "eve" }, false],
    [byIdentity, verified, true],
    [byIdentity, { ...verified, key: "l" }, true],
    [byIdentity, { ...verified, thumbprint: "u" }, false],
    [byIdentity, { ...verified, verified: false }, false],
    [byIdentity, withKey, false],
  ];
  for (const [before, now, expected] of table) {
    assertEquals(isSame(before, now), expected, JSON.stringify([before, now]));
  }
});

/** A connection whose other side has proved the key "k". */
function proven(connection: Connection): Connection {
  connection.remote.key = "k";
  return connection;
}

/** A conversation that began so long ago, as far as those who come back know it. */
function begun(connection: Connection, agoMs: number) {
  const supersedings: number[] = [];
  const continuity = new Continuity({
    connection,
    identity: provenIdentity(connection.remote)!,
    number: 1,
    reporter: { emit: () => {} } as unknown as ConstructorParameters<
      typeof Continuity
    >[0]["reporter"],
    limitMs: 60_000,
    beganMs: Date.now() - agoMs,
  });
  const conversation = {
    continuity,
    supersede: () => supersedings.push(agoMs),
  } as unknown as Conversation;
  return { conversation, continuity, supersedings };
}

Deno.test("a caller is led to the one conversation that began when theirs did", () =>
  inVirtualTime(async () => {
    const signal = new AbortController().signal;
    const table: [
      ages: number[],
      over: number[],
      age: number,
      found?: number,
    ][] = [
      [[100_000], [], 100_000, 100_000],
      [[100_000], [], 50_000],
      [[100_000, 50_000], [], 50_000, 50_000],
      [[100_000, 95_000], [], 100_000, 100_000],
      [[100_000, 95_000], [], 94_500, 95_000],
      [[100_000, 95_000], [], 97_500],
      [[100_000, 99_000], [], 100_000],
      [[100_000], [95_000], 100_000, 100_000],
      [[100_000], [95_000], 95_000],
      [[100_000], [99_000], 100_000],
      [[100_000], [], 90_000, 100_000],
      [[100_000], [], 89_999],
      [[100_000, 98_000], [], 100_000, 100_000],
      [[100_000, 98_001], [], 100_000],
      [[], [], 100_000],
    ];
    for (const [ages, over, age, found] of table) {
      await using stack = new AsyncDisposableStack();
      const { alice, bob } = await connectPair();
      stack.defer(() => alice.abort());
      stack.defer(() => bob.abort());
      proven(bob);
      const comebacks = new Comebacks();
      const all = [...ages, ...over].map((ms) => begun(bob, ms));
      for (const { conversation } of all) comebacks.add(conversation);
      for (const each of all.slice(ages.length)) {
        comebacks.remove(each.conversation);
      }
      assertEquals(comebacks.expect(bob.remote), ages.length > 0);
      await alice.send(
        encodeResume({ kind: "ask", ageMs: age, link: 1, taken: [] }),
      );
      const { isBack } = await comebacks.lead(bob, signal);
      assertEquals(isBack, found !== undefined);
      assertEquals(
        all.flatMap(({ supersedings }) => supersedings),
        found === undefined ? [] : [found],
      );
      for (const { continuity } of all) continuity.end();
    }
  }));

Deno.test("an answer that nobody has asked for leads nowhere, and what is over twice, or never began, is over once", async () => {
  const { alice, bob } = await connectPair();
  proven(bob);
  const comebacks = new Comebacks();
  const { conversation, continuity, supersedings } = begun(bob, 0);
  const never = begun(bob, 0);
  comebacks.remove(never.conversation);
  comebacks.add(conversation);
  const { signal } = new AbortController();
  await alice.send(encodeResume({ kind: "known", taken: [] }));
  assertEquals(await comebacks.lead(bob, signal), { isBack: false });
  assertEquals(supersedings, []);
  await alice.send(
    encodeResume({ kind: "ask", ageMs: 0, link: 1, taken: [] }),
  );
  assertEquals(await comebacks.lead(bob, signal), { isBack: true });
  for (const each of [continuity, never.continuity]) each.end();
  await Promise.all([alice.abort(), bob.abort()]);
});

Deno.test("somebody who is known and says something else begins anew", async () => {
  const { alice, bob } = await connectPair();
  proven(bob);
  const comebacks = new Comebacks();
  const { conversation } = begun(bob, 0);
  comebacks.add(conversation);
  assert(comebacks.expect(bob.remote));
  await alice.send("hello");
  const { signal } = new AbortController();
  const { isBack, first } = await comebacks.lead(bob, signal);
  assertEquals([isBack, first?.talk.kind], [false, "plain"]);
  await Promise.all([alice.abort(), bob.abort()]);
});

Deno.test("texts that were taken are not sent again, the others are, in their order", async () => {
  const first = await connectPair();
  const faults: string[] = [];
  const texts = new OutgoingTexts(first.alice, {
    onFault: (message) => faults.push(message),
  });
  const encoder = new TextEncoder();
  for (const text of ["one", "two", "three"]) {
    await texts.send(encoder.encode(text));
  }
  const ids: number[] = [];
  const heard: string[] = [];
  for (let index = 0; index < 3; index++) {
    const message = await first.bob.receive();
    // Without its end the message is not taken, and not confirmed.
    ids.push(message!.id);
  }
  texts.pause();
  await texts.send(encoder.encode("four"));
  await Promise.all([first.alice.abort(), first.bob.abort()]);
  assertEquals(texts.count, 4);

  const second = await connectPair();
  const repeated = texts.resume(second.alice, 1, [[0, ids[1]!], [1, ids[0]!]]);
  assertEquals(repeated, 2);
  for (let index = 0; index < 3; index++) {
    heard.push(await (await second.bob.receive())!.text());
  }
  assertEquals(heard, ["one", "three", "four"]);
  await Promise.all([second.alice.close(), second.bob.close()]);
  assertEquals([texts.count, faults], [0, []]);
  texts.end();
});

Deno.test("what may have arrived is not sent to somebody who has begun anew", async () => {
  const first = await connectPair();
  const texts = new OutgoingTexts(first.alice, { onFault: () => {} });
  await texts.send(new TextEncoder().encode("one"));
  await first.bob.receive();
  texts.pause();
  await texts.send(new TextEncoder().encode("two"));
  await Promise.all([first.alice.abort(), first.bob.abort()]);
  const second = await connectPair();
  assertEquals(texts.beginAnew(second.alice, 1), 1);
  assertEquals(await (await second.bob.receive())!.text(), "two");
  await Promise.all([second.alice.close(), second.bob.close()]);
  texts.end();
});

Deno.test("what is said after a loss means nothing in the midst of a conversation", async () => {
  await withConversation(async ({ other, events, over }) => {
    await other.send("hello");
    await other.send(encodeResume({ kind: "known", taken: [[0, 0]] }));
    await other.send("goodbye");
    await other.closeWrite();
    await within(over, "the end");
    const texts = events().flatMap((event) =>
      event.event === "message" ? [event.text] : []
    );
    assertEquals(texts, ["hello", "goodbye"]);
  });
});

Deno.test("pauses between attempts grow to a bound, and are never all alike", () => {
  for (const attempt of [0, 1, 2, 5, 20, 10_000]) {
    const full = Math.min(15_000, 500 * 2 ** Math.min(attempt, 30));
    const ms = pauseMs(attempt, 500);
    assert(ms <= full && ms >= full * 0.75, `${attempt}: ${ms}`);
  }
});

Deno.test("a search ends when its time is over, also while an attempt is under way", async () => {
  const ending = new AbortController();
  const result = redial({
    dial: (signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(signal.reason));
      ending.abort();
      return promise;
    },
    ask: () => ({ kind: "ask", ageMs: 0, link: 1, taken: [] }),
    signal: ending.signal,
    pauseMinMs: 1,
  });
  assertEquals(await within(result, "the end"), undefined);
});
