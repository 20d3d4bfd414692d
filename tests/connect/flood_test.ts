// Listening beside strangers who take places and give nothing.
import { assert, assertEquals } from "@std/assert";
import {
  connect,
  type ConnectOptions,
  listen,
  type ListenOptions,
} from "../../mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { hello, latin, RawPeer, welcome } from "../helpers/raw_peer.ts";

const BOB: ListenOptions = {
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: () => true,
};

/** Nobody takes her connection, for whose end `close` would wait. */
const ALICE: ConnectOptions = {
  nickname: "alice",
  limits: { closeTimeoutMs: 50 },
};

for (
  const [name, bytes] of [
    ["say nothing", latin("")],
    ["send a Handshake and nothing more", hello("mallory")],
  ] as const
) {
  Deno.test(`clients that ${name} keep nobody out, from the same address either`, async () => {
    await using listener = await listen({
      ...BOB,
      limits: { maxPendingHandshakes: 100 },
    });
    const raws: RawPeer[] = [];
    for (let i = 0; i < 400; i++) {
      const raw = await RawPeer.dial(listener.methods[0]!);
      await raw.write(bytes);
      raws.push(raw);
    }
    const alice = await within(
      connect(listener.methods, ALICE),
      "to be let in",
    );
    for (const raw of raws) raw[Symbol.dispose]();
    await alice.close();
  });
}

for (const scheme of ["tls", "ws", "wss"] as const) {
  Deno.test(`over ${scheme} clients that say nothing give way, and keep nobody out`, async () => {
    const certificate = await makeCertificate();
    const told: string[] = [];
    await using listener = await listen({
      ...BOB,
      methods: `${scheme}://127.0.0.1:0`,
      tls: certificate,
      limits: { maxPendingHandshakes: 20 },
      onFailure: ({ code }) => told.push(code),
    });
    const port = Number(new URL(listener.methods[0]!).port);
    const raws = await Promise.all(
      Array.from(
        { length: 60 },
        () => Deno.connect({ hostname: "127.0.0.1", port }),
      ),
    );
    const alice = await within(
      connect(listener.methods, {
        ...ALICE,
        tls: { pinnedKey: certificate.spki },
      }),
      "to be let in",
    );
    assert(told.length > 0, "nobody gave way");
    assertEquals(new Set(told), new Set(["LIMIT"]));
    for (const raw of raws) raw.close();
    await alice.close();
  });
}

Deno.test("the client that has been silent for longest gives way, and onFailure hears of it", async () => {
  const failed: [string, string][] = [];
  await using listener = await listen({
    ...BOB,
    limits: { maxPendingHandshakes: 2 },
    onFailure: ({ code }, { nickname }) => failed.push([code, nickname]),
  });
  const raws: RawPeer[] = [];
  for (const name of ["first", "second", "third"]) {
    const raw = await RawPeer.dial(listener.methods[0]!);
    raws.push(raw);
    await raw.write(hello(name));
    await raw.expect(welcome());
  }
  await until(() => failed.length === 1, "onFailure");
  assertEquals(failed, [["LIMIT", "first"]]);
  await raws[0]!.expectSilentEnd();
  for (const raw of raws) raw[Symbol.dispose]();
});

Deno.test("calls of accept whose clients have left count among those that run at once", async () => {
  let runningCount = 0;
  const ends: (() => void)[] = [];
  await using listener = await listen({
    ...BOB,
    limits: { maxPendingHandshakes: 4 },
    accept: async ({ nickname }) => {
      if (nickname === "alice") return true;
      runningCount++;
      await new Promise<void>((resolve) => ends.push(resolve));
      runningCount--;
      return false;
    },
  });
  for (let i = 0; i < 4; i++) {
    using raw = await RawPeer.dial(listener.methods[0]!);
    await raw.write(hello("mallory"));
    await until(() => runningCount === i + 1, "it is asked about");
  }
  const connecting = connect(listener.methods, ALICE);
  await turns(300);
  assert(!await isSettled(connecting), "a fifth call runs");
  assertEquals(runningCount, 4);
  for (const end of ends) end();
  await (await within(connecting, "to be let in")).close();
});

Deno.test("clients that leave while they are asked about set off no more calls of accept than the share of their address", async () => {
  let runningCount = 0;
  const ends: (() => void)[] = [];
  await using listener = await listen({
    ...BOB,
    accept: async ({ nickname }) => {
      if (nickname === "alice") return true;
      runningCount++;
      await new Promise<void>((resolve) => ends.push(resolve));
      return false;
    },
  });
  for (let i = 0; i < 40; i++) {
    using raw = await RawPeer.dial(listener.methods[0]!);
    await raw.write(hello("mallory"));
    if (i < 8) await until(() => runningCount > i, "it is asked about");
    else await turns(70);
  }
  assert(runningCount <= 12, `${runningCount} calls run`);
  const connecting = connect(listener.methods, ALICE);
  for (const end of ends) end();
  await (await within(connecting, "to be let in")).close();
});

Deno.test("a call of accept that never ends stops nobody for longer than a decision may take", async () => {
  await using listener = await listen({
    ...BOB,
    limits: { maxPendingHandshakes: 1, decisionTimeoutMs: 200 },
    accept: ({ nickname }) =>
      nickname === "alice" || new Promise<boolean>(() => {}),
  });
  {
    using raw = await RawPeer.dial(listener.methods[0]!);
    await raw.write(hello("mallory"));
    await turns(50);
  }
  const alice = await within(
    connect(listener.methods, ALICE),
    "to be let in",
  );
  await alice.close();
});
