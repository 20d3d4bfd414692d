// A method whose program takes connections and says nothing, before one that is good.
import { assertEquals, assertMatch } from "@std/assert";
import { connect, type ConnectOptions, listen } from "../../mod.ts";
import { PROBE_MS, SILENCE_MS } from "../../src/connect/picking.ts";
import { answersProbe } from "../../src/connect/probe.ts";
import { within } from "../helpers/deadline.ts";
import { settle } from "../helpers/manual_clock.ts";
import { memoryPair } from "../helpers/memory_transport.ts";
import { Scene } from "../helpers/picking_scene.ts";

const ANYWHERE = "tcp://127.0.0.1:0";

/** Nobody takes her connections, for whose end `close` would wait. */
const ALICE: ConnectOptions = {
  nickname: "alice",
  limits: { closeTimeoutMs: 50 },
};

/** A method for which the system takes connections, and nobody else. */
class Hung implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly method = `tcp://127.0.0.1:${
    (this.#listener.addr as Deno.NetAddr).port
  }`;

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

Deno.test("connect() leaves a method that takes connections and says nothing for the next one", async () => {
  using hung = new Hung();
  await using listener = await listen({
    nickname: "bob",
    methods: ANYWHERE,
    accept: () => true,
  });
  const methods = [hung.method, listener.methods[0]!];
  await using connection = await within(
    connect(methods, ALICE),
    "the good method",
    30_000,
  );
  assertEquals(connection.remote.method, methods[1]);
});

Deno.test("connect() asks a person once, however long it takes and however many methods lead there", async () => {
  const asked: string[] = [];
  const failures: unknown[] = [];
  const decided = Promise.withResolvers<boolean>();
  const probed = Promise.withResolvers<void>();
  await using listener = await listen({
    nickname: "bob",
    methods: [ANYWHERE, ANYWHERE],
    accept: ({ nickname }) => {
      asked.push(nickname);
      return decided.promise;
    },
    onFailure: (error) => {
      failures.push(error);
      probed.resolve();
    },
  });
  const connecting = connect(listener.methods, ALICE);
  await within(probed.promise, "the question", 30_000);
  decided.resolve(true);
  await using connection = await within(connecting, "the decision");
  assertEquals(connection.remote.method, listener.methods[0]);
  assertEquals(asked, ["alice"]);
  assertMatch(String(failures), /CLOSED|only asked whether it is answered/);
});

for (
  const [name, answer, isTaken] of [
    ["a Reject", "LEKTR", true],
    ["something else", "HTTP/", false],
    ["an end of stream", "", false],
    ["half a Reject", "LEK", false],
  ] as const
) {
  Deno.test(`answersProbe() ${isTaken ? "takes" : "does not take"} ${name} for an answer`, async () => {
    const [ours, theirs] = memoryPair();
    const asking = answersProbe(ours, new AbortController().signal);
    let question = "";
    while (question.length < 8) {
      const byte = new Uint8Array(1);
      assertEquals(await theirs.read(byte), 1);
      question += String.fromCharCode(byte[0]!);
    }
    assertEquals(question, "LEKTH\0\0\0");
    for (const byte of new TextEncoder().encode(answer)) {
      await theirs.write(Uint8Array.of(byte));
    }
    await theirs.closeWrite();
    assertEquals(await asking, isTaken);
    theirs.close();
  });
}

/** A scene whose best method has got its Handshake and says nothing; `answers` is what asking it finds out. */
async function silentScene(answers: () => Promise<boolean>): Promise<Scene> {
  const scene = new Scene();
  scene.start("ab", {
    isAnswering: (method) => {
      scene.log.push(`ask ${method.uri}`);
      return answers();
    },
  });
  await scene.open("a");
  assertEquals(scene.log, ["dial a", "handshake a"]);
  await scene.clock.advance(SILENCE_MS);
  await settle();
  return scene;
}

Deno.test("pickAndDial() goes on waiting for a method that answers", async () => {
  const scene = await silentScene(() => Promise.resolve(true));
  assertEquals(scene.log.slice(2), ["ask tcp://a.example:1"]);
  await scene.clock.advance(60_000);
  assertEquals(scene.log.length, 3);
  await scene.finish("a");
  assertEquals(await scene.outcome, "connection by a");
});

Deno.test("pickAndDial() closes a method that does not answer, and tries the next one", async () => {
  for (
    const answers of [
      () => Promise.resolve(false),
      () => Promise.reject(new Error("refused")),
    ]
  ) {
    const scene = await silentScene(answers);
    assertEquals(scene.log.slice(2), [
      "ask tcp://a.example:1",
      "abort a",
      "dial b",
    ]);
    await scene.open("b");
    await scene.finish("b");
    assertEquals(await scene.outcome, "connection by b");
  }
});

Deno.test("pickAndDial() waits for the answer to its question a bounded time", async () => {
  const scene = new Scene();
  scene.start("ab", {
    isAnswering: (_method, signal) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve(false))
      ),
  });
  await scene.open("a");
  await scene.clock.advance(SILENCE_MS + PROBE_MS - 1);
  await settle();
  assertEquals(scene.log, ["dial a", "handshake a"]);
  await scene.clock.advance(1);
  await settle();
  assertEquals(scene.log.slice(2), ["abort a", "dial b"]);
  await scene.open("b");
  await scene.finish("b");
  assertEquals(await scene.outcome, "connection by b");
});

Deno.test("pickAndDial() asks nothing of its only method", async () => {
  const scene = new Scene();
  scene.start("a", {
    isAnswering: () => Promise.reject(new Error("was asked")),
  });
  await scene.open("a");
  await scene.clock.advance(SILENCE_MS + PROBE_MS);
  await scene.finish("a");
  assertEquals(await scene.outcome, "connection by a");
});
