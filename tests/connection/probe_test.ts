// Asking the other side whether it is there, in virtual time.
import { assert, assertEquals } from "@std/assert";
import { LektError, type Limits } from "../../mod.ts";
import {
  connectPair,
  NEW_VERSIONS,
  OLD_VERSIONS,
  withPair,
} from "../helpers/connection_pair.ts";
import { turns } from "../helpers/deadline.ts";
import { failureOf, pattern, receive } from "../helpers/messages.ts";
import { CONTROL, packet } from "../helpers/raw_peer.ts";
import { connectToSilent, type SilentPeer } from "../helpers/silent_peer.ts";
import { inVirtualTime, pause, REST_MS } from "../helpers/virtual_run.ts";

const PING = 1;
const PONG = 2;

const PING_SIZE = 12 + 9;

/** Sends and asks for nothing by itself. */
const STILL: Partial<Limits> = { pingIntervalMs: 0, closeTimeoutMs: 20 };

/** The eight bytes of a Ping, which must be all that alice has written. */
async function readPing({ silent }: SilentPeer): Promise<Uint8Array> {
  const bytes = new Uint8Array(2 * PING_SIZE);
  assertEquals(await silent.read(bytes), PING_SIZE);
  const data = bytes.subarray(PING_SIZE - 8, PING_SIZE);
  const expected = packet(0, CONTROL, Uint8Array.of(PING, ...data));
  assertEquals(bytes.subarray(0, PING_SIZE), expected);
  return data;
}

async function answer({ silent }: SilentPeer, data: Uint8Array): Promise<void> {
  await silent.write(packet(0, CONTROL, Uint8Array.of(PONG, ...data)));
}

/** What becomes of a probe: a time, or the code of its error, and when. */
async function outcomeOf(
  probing: Promise<number>,
): Promise<[outcome: number | string, atMs: number]> {
  try {
    return [await probing, performance.now()];
  } catch (error) {
    assert(error instanceof LektError, String(error));
    return [error.code, performance.now()];
  }
}

Deno.test("a probe tells how long the answer took", () =>
  inVirtualTime(async () => {
    const peer = await connectToSilent(STILL);
    for (const ms of [40, 4_999]) {
      const probing = peer.alice.probe();
      const data = await readPing(peer);
      await pause(ms);
      await answer(peer, data);
      assertEquals(await probing, ms);
    }
    await peer.alice.abort();
  }));

Deno.test("a probe without an answer rejects after its time, 5 s by default, and the connection goes on", () =>
  inVirtualTime(async () => {
    const peer = await connectToSilent(STILL);
    const { alice, silent } = peer;
    for (const timeoutMs of [undefined, 1, 999, 30_000]) {
      const startMs = performance.now();
      assertEquals(await outcomeOf(alice.probe(timeoutMs)), [
        "TIMEOUT",
        startMs + (timeoutMs ?? 5_000),
      ]);
      await readPing(peer);
    }
    await silent.write(packet(0, 0, "here"));
    assertEquals(await (await receive(alice)).text(), "here");
    await alice.abort();
  }));

Deno.test("an answer that comes too late is none to the next probe", () =>
  inVirtualTime(async () => {
    const peer = await connectToSilent(STILL);
    const { alice } = peer;
    assertEquals((await outcomeOf(alice.probe(100)))[0], "TIMEOUT");
    const late = await readPing(peer);
    const probing = alice.probe(100);
    const data = await readPing(peer);
    await answer(peer, late);
    await pause(70);
    await answer(peer, data);
    assertEquals(await probing, 70);
    await alice.abort();
  }));

Deno.test("those who ask at the same time share one Ping, and each waits as long as it wants to", () =>
  inVirtualTime(async () => {
    const peer = await connectToSilent(STILL);
    const { alice } = peer;
    const startMs = performance.now();
    const probes = [300, 100, 200].map((ms) => outcomeOf(alice.probe(ms)));
    const data = await readPing(peer);
    await pause(50);
    const fourth = outcomeOf(alice.probe(49));
    const many = Array.from({ length: 10_000 }, () => alice.probe());
    await pause(100);
    await answer(peer, data);
    assertEquals(await Promise.all(probes), [
      [150, startMs + 150],
      ["TIMEOUT", startMs + 100],
      [150, startMs + 150],
    ]);
    assertEquals(await fourth, ["TIMEOUT", startMs + 99]);
    assertEquals(new Set(await Promise.all(many)), new Set([150]));
    assertEquals(peer.silent.unreadSize, 0);
    await alice.abort();
  }));

Deno.test("a probe ends with its connection, in its error or in CLOSED, and so do all later ones", () =>
  inVirtualTime(async () => {
    const ends: [code: string, end: (peer: SilentPeer) => void][] = [
      ["CLOSED", ({ alice }) => void alice.close()],
      ["CLOSED", ({ alice }) => void alice.abort()],
      ["TRUNCATED", ({ silent }) => silent.reset()],
      ["PROTOCOL", ({ silent }) => void silent.write(packet(7, 5, "x"))],
    ];
    for (const [code, end] of ends) {
      const peer = await connectToSilent(STILL);
      const { alice } = peer;
      const probing = failureOf(() => alice.probe(REST_MS));
      await pause(10);
      end(peer);
      assertEquals((await probing).code, code);
      assertEquals((await failureOf(() => alice.probe())).code, code);
      assertEquals((await alice.closed).clean, false);
    }
    // One that begins when all is over.
    const { alice, bob } = await connectPair();
    await Promise.all([alice.close(), bob.close()]);
    assertEquals((await failureOf(() => alice.probe())).code, "CLOSED");
  }));

Deno.test("a probe towards version 1.0 rejects with UNSUPPORTED, and writes nothing", () =>
  withPair(
    async ({ alice, bob }) => {
      await turns();
      for (const each of [alice, bob]) {
        const { bytesSent } = each.stats();
        const { code, message } = await failureOf(() => each.probe());
        assertEquals(code, "UNSUPPORTED", message);
        await turns();
        assertEquals(each.stats().bytesSent, bytesSent);
      }
    },
    {},
    OLD_VERSIONS,
  ));

Deno.test("a probe for a time that is none rejects with INVALID_ARGUMENT", () =>
  withPair(
    async ({ alice }) => {
      const none = [0, -1, NaN, Infinity, 2 ** 31, "x", null, "100", 100n];
      for (const timeoutMs of none) {
        const { code } = await failureOf(() => alice.probe(timeoutMs as never));
        assertEquals(code, "INVALID_ARGUMENT", String(timeoutMs));
      }
      assert(await alice.probe(2 ** 31 - 1) >= 0);
    },
    {},
    NEW_VERSIONS,
  ));

Deno.test("a probe is answered amid messages, and when either side has ended its stream", () =>
  withPair(
    async ({ alice, bob }) => {
      const all = (): Promise<number[]> =>
        Promise.all([alice.probe(), bob.probe()]);
      const received = receive(bob).then((message) => message.bytes());
      const sending = alice.send(pattern(3_000_000));
      assertEquals((await all()).length, 2);
      await sending;
      assertEquals((await received).length, 3_000_000);
      alice.closeWrite();
      assertEquals((await all()).length, 2);
    },
    {},
    NEW_VERSIONS,
  ));
