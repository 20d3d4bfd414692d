// A relay that is killed amid calls, and started again.
import { connect, listen } from "@lekt/lekt";
import { assertEquals } from "@std/assert";
import { isEvent, PeerProcess } from "../helpers/peer_process.ts";
import { alice, bob } from "../helpers/relay_scene.ts";
import { within } from "../transport/compliance.ts";

async function startRelayProcess(
  port: number,
): Promise<{ relay: PeerProcess; url: string }> {
  const relay = new PeerProcess(["relay", "--json", "--port", String(port)]);
  const { url } = await relay.event("listening", isEvent("listening"));
  return { relay, url: url as string };
}

Deno.test("when a relay is killed both sides of a call are told, and the listener is back with the relay", async () => {
  const { relay, url } = await startRelayProcess(0);
  const failing = Promise.withResolvers<void>();
  const back = Promise.withResolvers<void>();
  let hasFailed = false;
  await using listener = await listen({
    nickname: "bob",
    methods: [],
    relay: {
      url,
      report({ event }) {
        if (event === "failing") failing.resolve();
        hasFailed ||= event === "failing";
        if (event === "listening" && hasFailed) back.resolve();
      },
    },
    tls: bob,
    accept: () => true,
  });
  const serving = listener[Symbol.asyncIterator]();
  const options = { nickname: "alice", tls: { ...alice, pinnedKey: bob.spki } };
  const [here, { value: there }] = await Promise.all([
    connect(listener.methods, options),
    serving.next(),
  ]);
  relay.signal("SIGKILL");
  for (const { closed } of [here, there!]) {
    assertEquals((await within(closed, "the end")).clean, false);
  }
  await within(failing.promise, "the report");
  await relay[Symbol.asyncDispose]();
  const { relay: again } = await startRelayProcess(Number(new URL(url).port));
  await using _ = again;
  await within(back.promise, "the listener's return");
  const [second, { value: other }] = await Promise.all([
    connect(listener.methods, options),
    serving.next(),
  ]);
  await second.send("hello");
  assertEquals(await (await other!.receive())?.text(), "hello");
  await Promise.all([second.close(), other!.close()]);
});
