// Those who call while this side listens: strangers, those who are talked with already, and those who come too late.
import { assert, assertEquals } from "@std/assert";
import { type Accept, connect, type Connection } from "../../mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { Conversations } from "../../src/peer/conversations.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import { Output } from "../../src/peer/output.ts";
import { FilePolicy } from "../../src/peer/file_policy.ts";
import type { OwnSide } from "../../src/peer/own_side.ts";
import { Reception } from "../../src/peer/reception.ts";
import type { Comebacks } from "../../src/peer/reconnect/comebacks.ts";
import { makeContinuity } from "../../src/peer/reconnect/make_continuity.ts";
import { receiveKnown } from "../../src/peer/reconnect/receive_known.ts";
import { Reporter } from "../../src/peer/reporter.ts";
import type { Settings } from "../../src/peer/settings.ts";
import { ENDED } from "../../src/peer/visitors.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { turns, until, within } from "../helpers/deadline.ts";

const TLS = await makeCertificate();

/** Somebody who listens, and what they were told. */
async function listenWith(decide: Accept) {
  const events: PeerEvent[] = [];
  const output = new Output({
    write: ({ length }) => Promise.resolve(length),
    writeSync: ({ length }) => length,
    isTerminal: () => false,
  });
  const reporter = new Reporter({
    program: "peer",
    isJson: true,
    stdout: output,
    stderr: output,
  });
  reporter.emit = (event) => void events.push(event);
  const stopping = new AbortController();
  const conversations = new Conversations({
    reporter,
    files: new FilePolicy({
      folder: "/nowhere",
      word: "none",
      ask: () => Promise.resolve(false),
      answerTimeoutMs: 1_000,
    }),
    textBudget: { left: 1_000 },
    awaitsSomething: false,
    proofOf: () => ({}),
  }, stopping.signal);
  const own = {
    knowsOthers: false,
    listenOptions: () => Promise.resolve({ tls: TLS }),
    keyShownBy: () => ({}),
    register: () => Promise.resolve(),
    announce: () => Promise.resolve(),
  };
  const reception = new Reception({
    settings: {
      methods: ["tls://127.0.0.1:0"],
      nickname: "bob",
      reconnectMs: 1_000,
    } as unknown as Settings,
    reporter,
    conversations,
    own: own as unknown as OwnSide,
    limits: {},
    decide,
    signal: stopping.signal,
  });
  const listener = await reception.open();
  const over = reception.serve(listener, () => undefined, () => {});
  const call = () =>
    connect(listener.methods[0]!, {
      nickname: "alice",
      tls: { ...TLS, pinnedKey: TLS.spki },
    });
  const told = (kind: PeerEvent["event"]) =>
    events.filter(({ event }) => event === kind);
  return { call, told, over, stopping, conversations };
}

/** Why somebody was not let in. */
async function reasonOf(
  call: Promise<Connection>,
): Promise<string | undefined> {
  const error = await within(
    call.then(() => undefined, (error) => error),
    "no",
  );
  return error?.reason;
}

Deno.test("who calls once more is asked about behind their first text, and no conversation where that is refused", async () => {
  let answer: true | string = true;
  const scene = await listenWith(() => answer);
  const first = await within(scene.call(), "the first call");
  await until(() => scene.told("connected").length === 1, "a conversation");
  answer = "busy";
  const second = await within(scene.call(), "the second call");
  await second.send("hello");
  const { reason } = await within(second.closed, "the refusal");
  assertEquals(reason, "busy");
  await until(() => scene.told("rejected").length === 1, "what is told");
  assertEquals(scene.told("request").length, 2);
  assertEquals(scene.told("connected").length, 1);
  scene.stopping.abort();
  scene.conversations.stop();
  await first.close();
  await within(scene.over, "the end");
  assertEquals(scene.told("error"), []);
});

Deno.test("who calls when this side ends is told so, and nobody is asked or told about them", async () => {
  const answer = Promise.withResolvers<string>();
  let askedCount = 0;
  const scene = await listenWith(() => {
    askedCount++;
    return answer.promise;
  });
  const early = scene.call();
  await until(() => askedCount === 1, "the question");
  scene.stopping.abort();
  assertEquals(await reasonOf(scene.call()), ENDED);
  answer.resolve("no");
  assertEquals(await reasonOf(early), "no");
  await within(scene.over, "the end");
  assertEquals([askedCount, scene.told("request").length], [1, 1]);
  assertEquals([scene.told("rejected"), scene.told("error")], [[], []]);
});

Deno.test("somebody keeps their number", async () => {
  const { conversations, stopping, over } = await listenWith(() => true);
  const { alice, bob } = await connectPair();
  const numbers = [alice, bob, alice].map(({ remote }) =>
    conversations.numberOf(remote)
  );
  assertEquals(numbers, [1, 2, 1]);
  await Promise.all([alice.close(), bob.close()]);
  stopping.abort();
  await within(over, "the end");
});

Deno.test("who is back is not asked about, and whose new conversation is accepted begins it with what they have said", async () => {
  const { alice, bob } = await connectPair();
  const first = { id: 1, talk: { kind: "refusedFile" } };
  let askedCount = 0;
  const receive = (led: { isBack: boolean; first?: unknown }) =>
    receiveKnown(bob, {
      comebacks: { lead: () => Promise.resolve(led) } as unknown as Comebacks,
      decide: () => {
        askedCount++;
        return true;
      },
      onFailure: () => {},
      signal: new AbortController().signal,
    });
  assertEquals(await receive({ isBack: true }), undefined);
  assertEquals(askedCount, 0);
  assertEquals(await receive({ isBack: false, first }), { first } as never);
  assertEquals(await receive({ isBack: false }), {});
  assertEquals(askedCount, 2);
  await turns();
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("a conversation goes on where the other side may be looked for", async () => {
  const { alice, bob } = await connectPair();
  bob.remote.key = "k";
  for (const limitMs of [0, 1]) {
    const continuity = makeContinuity(bob, {
      number: 1,
      reporter: {} as Reporter,
      limitMs,
    });
    assertEquals(continuity !== undefined, limitMs > 0);
    continuity?.end();
  }
  assert(
    makeContinuity(alice, {
      number: 1,
      reporter: {} as Reporter,
      limitMs: 1,
    }) === undefined,
  );
  await Promise.all([alice.close(), bob.close()]);
});
