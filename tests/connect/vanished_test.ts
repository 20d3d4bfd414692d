// The cable is pulled: nothing comes through any more, and nobody is told. Both
// sides know within the time that they were given, whatever they were doing.
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Accept,
  connect,
  type Connection,
  LektError,
  type Limits,
  listen,
  type Listener,
} from "../../mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { within } from "../helpers/deadline.ts";
import { type Pulled, Relay } from "../helpers/relay.ts";

const certificate = await makeCertificate({ hosts: ["127.0.0.1"] });

const METHODS = [
  "tcp://127.0.0.1:0",
  "unix:",
  "tls://127.0.0.1:0",
  "ws://127.0.0.1:0/lekt",
  "wss://127.0.0.1:0/lekt",
];

/** Far more than it takes, for machines that are slow. */
const DEADLINE_MS = 60_000;

/** The silence is longer than what a busy machine takes to bring a byte from one side to the other. */
const LIMITS: Partial<Limits> = {
  pingIntervalMs: 500,
  silenceTimeoutMs: 3_000,
  decisionTimeoutMs: 1_000,
};

interface Scene {
  listener: Listener;
  relay: Relay;
  how: Pulled;
  /** Connects through the relay. */
  dial(options?: { signal: AbortSignal }): Promise<Connection>;
}

/** Runs a scene on each method, all at once; every other cable swallows, `isForth` says which. */
async function onEachMethod(
  accept: Accept,
  run: (scene: Scene) => Promise<void>,
  { onFailure, isForth = true }: {
    onFailure?: (error: LektError) => void;
    isForth?: boolean;
  } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const running = METHODS.map(async (uri, index) => {
    const how = (index % 2 === 0) === isForth ? "swallows" : "blocks";
    await using listener = await listen({
      nickname: "bob",
      methods: uri === "unix:" ? `unix:${folder}/bob` : uri,
      accept,
      limits: LIMITS,
      tls: certificate,
      ...(onFailure ? { onFailure } : {}),
    });
    await using relay = new Relay(listener.methods[0]!, `${folder}/relay`);
    const dial: Scene["dial"] = (options) =>
      connect(relay.method, {
        ...options,
        nickname: "alice",
        limits: LIMITS,
        tls: { pinnedKey: certificate.spki },
      });
    await run({ listener, relay, how, dial });
  });
  try {
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
    await Deno.remove(folder, { recursive: true });
  }
}

/** Both sides of a connection through the relay. */
async function connected(
  { listener, dial }: Scene,
): Promise<{ alice: Connection; bob: Connection }> {
  const next = listener[Symbol.asyncIterator]().next();
  const alice = await within(dial(), "alice", DEADLINE_MS);
  const { value: bob } = await within(next, "bob", DEADLINE_MS);
  return { alice, bob: bob! };
}

async function assertKnown(...sides: Connection[]): Promise<void> {
  for (const side of sides) {
    const { clean, error } = await within(side.closed, "closed", DEADLINE_MS);
    assertEquals([clean, error?.code], [false, "TIMEOUT"], side.remote.method);
  }
}

Deno.test("both sides of an idle connection know in time that the other one is gone, on all methods", async () => {
  await onEachMethod(() => true, async (scene) => {
    const { alice, bob } = await connected(scene);
    await alice.send("hello");
    assertEquals(await (await bob.receive())?.text(), "hello");
    scene.relay.pull(scene.how);
    const [first, second] = await Promise.all([
      failureOf(() => alice.receive()),
      failureOf(() => bob.receive()),
      assertKnown(alice, bob),
    ]);
    assertEquals([first.code, second.code], ["TIMEOUT", "TIMEOUT"]);
  });
});

for (const isForth of [true, false]) {
  const sender = isForth ? "initiator" : "responder";
  Deno.test(`both sides know in time that the other one is gone in the middle of a message of the ${sender}, on all methods`, async () => {
    await onEachMethod(() => true, async (scene) => {
      const { alice, bob } = await connected(scene);
      const [from, to] = isForth ? [alice, bob] : [bob, alice];
      const sending = failureOf(() => from.send(endless()));
      const message = await to.receive();
      let size = 0;
      const error = await failureOf(async () => {
        for await (const chunk of message!.body) {
          size += chunk.length;
          if (size > 3_000_000) scene.relay.pull(scene.how);
        }
      });
      assert(size > 3_000_000, `only ${size} bytes: ${error.message}`);
      const codes = [error.code, (await sending).code];
      assertEquals(codes, ["TIMEOUT", "TIMEOUT"]);
      await assertKnown(alice, bob);
    }, { isForth });
  });
}

/** What `run` rejects with. */
function failureOf(run: () => Promise<unknown>): Promise<LektError> {
  return within(assertRejects(run, LektError), "a failure", DEADLINE_MS);
}

async function* endless(): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(100_000);
  while (true) yield chunk;
}

// The other side gives it 15 s more (PROTOCOL.md, section 4): `deno task test:cable` waits for that.
Deno.test("who is asked does not wait for ever for a decision about who is gone, on all methods", async () => {
  const asked = Promise.withResolvers<void>();
  const failures: LektError[] = [];
  let askedCount = 0;
  const cancelling = new AbortController();
  await onEachMethod(
    (_remote, { signal }) => {
      if (++askedCount === METHODS.length) asked.resolve();
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve(true))
      );
    },
    async ({ relay, dial }) => {
      const connecting = dial({ signal: cancelling.signal });
      await within(asked.promise, "all questions", DEADLINE_MS);
      relay.pull("swallows");
      await assertRejects(() => connecting, Error, "no longer");
    },
    {
      onFailure(error) {
        if (failures.push(error) === METHODS.length) {
          cancelling.abort(new Error("no longer"));
        }
      },
    },
  );
  assertEquals(failures.map(({ code }) => code), METHODS.map(() => "TIMEOUT"));
});
