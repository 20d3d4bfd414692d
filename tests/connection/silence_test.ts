// A peer that says nothing any more.
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { LektError } from "../../mod.ts";
import { within } from "../helpers/deadline.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";
import { MORE, packet } from "../helpers/raw_peer.ts";
import { connectToSilent, type SilentPeer } from "../helpers/silent_peer.ts";
import { withPair } from "../helpers/connection_pair.ts";

const LIMITS = {
  pingIntervalMs: 20,
  silenceTimeoutMs: 80,
  closeTimeoutMs: 20,
};

/** What else fails with the connection. */
type Pending = Promise<LektError>[];

const MOMENTS: [string, (peer: SilentPeer) => Promise<Pending>][] = [
  ["on an idle connection", () => Promise.resolve([])],
  [
    "while a message is waited for",
    ({ alice }) => Promise.resolve([failureOf(() => alice.receive())]),
  ],
  ["amid a message that it sends", async ({ alice, silent }) => {
    await silent.write(packet(0, MORE, pattern(100)));
    await silent.write(packet(1, MORE, pattern(60_000)));
    await silent.write(packet(1, MORE + 1, pattern(60_000)));
    const message = await receive(alice);
    return [failureOf(() => message.bytes())];
  }],
  [
    "while this side waits to write",
    ({ alice }) =>
      Promise.resolve([failureOf(() => alice.send(pattern(500_000)))]),
  ],
  ["while this side waits for its end", async ({ alice }) => {
    await alice.closeWrite();
    return [];
  }],
];

for (const [name, run] of MOMENTS) {
  Deno.test(`a peer that falls silent ${name} ends the connection with TIMEOUT`, async () => {
    const peer = await connectToSilent(LIMITS, { bufferSize: 200_000 });
    const pending = await run(peer);
    const { clean, error } = await within(peer.alice.closed, "closed");
    assertEquals([clean, error?.code], [false, "TIMEOUT"]);
    assertMatch(error!.message, /silent for [\d.]+ s/);
    for (const failure of await within(Promise.all(pending), "all")) {
      assertEquals(failure.code, "TIMEOUT");
    }
    await peer.alice.close();
  });
}

Deno.test("peers that have nothing to say keep each other alive", () =>
  withPair(async ({ alice, bob }) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await alice.send("still here");
    assertEquals(await (await receive(bob)).text(), "still here");
  }, { limits: { pingIntervalMs: 20, silenceTimeoutMs: 8_000 } }));

Deno.test("a silence means nothing where it is switched off", async () => {
  const { alice, silent } = await connectToSilent({
    pingIntervalMs: 0,
    silenceTimeoutMs: 30,
    closeTimeoutMs: 20,
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  assertEquals(silent.unreadSize, 0);
  await alice.send("hi");
  await alice.abort();
  await assertRejects(() => alice.send("x"), LektError);
});
