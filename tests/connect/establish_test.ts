// From a byte stream to a connection: what comes too late, and who is told what.
import { assertEquals, assertRejects } from "@std/assert";
import { connect, LektError, listen, type Remote } from "../../mod.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import {
  establish,
  type EstablishOptions,
} from "../../src/connect/establish.ts";
import { Listener } from "../../src/connect/listener.ts";
import { ListenerCounts } from "../../src/connect/listener_counts.ts";
import {
  acceptFound,
  acceptLookedUp,
  type FoundPeer,
  type PeerLookup,
} from "../../src/connect/lookup.ts";
import { openLookup } from "../../src/connect/open_lookup.ts";
import { parseMethod } from "../../src/transport/method.ts";
import type { TransportListener } from "../../src/transport/transport.ts";
import { turns, within } from "../helpers/deadline.ts";
import { memoryPair } from "../helpers/memory_transport.ts";
import { failureOf } from "../helpers/messages.ts";
import { hello } from "../helpers/raw_peer.ts";
import { writeAll } from "../transport/compliance.ts";

const COMMON: Omit<EstablishOptions, "role"> = {
  nickname: "somebody",
  method: "tcp://192.0.2.1:1",
  accept: () => true,
  limits: resolveLimits({}),
};

Deno.test("a handshake that is given up in the moment in which it succeeds gives no connection", async () => {
  const [here, there] = memoryPair();
  const responder = establish(there, { ...COMMON, role: "responder" });
  responder.connection.catch(() => {});
  const initiator = establish(here, { ...COMMON, role: "initiator" });
  const reason = new Error("not wanted any more");
  // Its own Accept is the next thing that it does, in the same turn.
  here.admit = (): void => queueMicrotask(() => initiator.abandon(reason));
  const failed = within(assertRejects(() => initiator.connection), "a failure");
  assertEquals(await failed, reason);
  (await responder.connection.catch(() => undefined))?.abort();
  here.close();
});

Deno.test("a decision about who has left lets nobody in", async () => {
  const [here, there] = memoryPair();
  let admittedCount = 0;
  there.admit = (): void => void admittedCount++;
  const asked = Promise.withResolvers<AbortSignal>();
  const decision = Promise.withResolvers<boolean>();
  const { connection } = establish(there, {
    ...COMMON,
    role: "responder",
    accept: (_, { signal }) => {
      asked.resolve(signal);
      return decision.promise;
    },
  });
  const failing = failureOf(() => connection);
  await writeAll(here, hello());
  const signal = await within(asked.promise, "the question");
  here.close();
  const { code } = await failing;
  assertEquals([code, signal.aborted], ["CLOSED", true]);
  decision.resolve(true);
  await turns();
  assertEquals(admittedCount, 0);
});

/** A listener of the system that has broken. */
const BROKEN: TransportListener = {
  method: parseMethod("tcp://127.0.0.1:15358"),
  accept: () => Promise.reject(new Error("no more descriptors")),
  close: () => Promise.resolve(),
};

Deno.test("a listener that the system does not let go on says so to whoever asks, again and again", async () => {
  const listener = new Listener([BROKEN], { ...COMMON, onClose: () => {} });
  for (let count = 0; count < 3; count++) {
    const next = listener[Symbol.asyncIterator]().next();
    await assertRejects(() => within(next, "an answer"), Error, "descriptors");
  }
  await listener.close();
});

const REMOTE: Remote = {
  nickname: "bob",
  version: "1.1.0",
  method: "tls://192.0.2.1:1",
  address: "192.0.2.1:1",
  verified: false,
};

Deno.test("onFailure hears of nobody whom the listener gives up because it is closed, and both are counted", () => {
  const told: unknown[] = [];
  const counts = new ListenerCounts((error) => void told.push(error));
  const error = new LektError("CLOSED", "it went away");
  counts.noteRefused(error, REMOTE, 1, true);
  assertEquals(told, []);
  counts.noteRefused(error, REMOTE, 2);
  assertEquals(told, [error]);
  const { refused } = counts.stats({ open: 0, pending: 0, waiting: 0 });
  assertEquals(refused, { CLOSED: 2 });
});

Deno.test("onFailure hears why somebody was turned away also where the listener is closed behind that", async () => {
  const fault = new Error("no database");
  const failures: LektError[] = [];
  const listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => Promise.reject(fault),
    onFailure: (error) => failures.push(error),
  });
  await assertRejects(() => connect(listener.methods, { nickname: "alice" }));
  await listener.close();
  assertEquals(failures.map(({ code, by, cause }) => [code, by, cause]), [
    ["REJECTED", "local", fault],
  ]);
  assertEquals(listener.stats().refused, { REJECTED: 1 });
});

/** Who was looked up, with these keys for the method by which they are reached. */
function foundWith(spki?: string): FoundPeer {
  const method = { uri: REMOTE.method, ...(spki ? { spki } : {}) };
  return { nickname: "bob", thumbprint: "thumb", methods: [method] };
}

Deno.test("only who proves the key that is registered is verified: no key is not the same as none", async () => {
  const { signal } = new AbortController();
  for (const [registered, shown] of [["k", "k"], ["k", "x"], ["k"], []]) {
    const found = foundWith(registered);
    const isVerified = registered !== undefined && registered === shown;
    const lookup: PeerLookup = {
      isLocalAllowed: true,
      lookup: () => Promise.resolve(found),
    };
    const keys = new Map([[REMOTE.method, registered]]);
    for (
      const accept of [
        acceptFound(found, keys, () => true),
        acceptLookedUp(lookup, () => true),
      ]
    ) {
      const remote = { ...REMOTE, ...(shown ? { key: shown } : {}) };
      assertEquals(await accept(remote, { signal }), true);
      assertEquals(
        [remote.verified, remote.thumbprint],
        isVerified ? [true, "thumb"] : [false, undefined],
      );
    }
  }
});

Deno.test("a directory that a program gives is the one that is asked", async () => {
  const lookup: PeerLookup = {
    isLocalAllowed: true,
    lookup: () => Promise.resolve(foundWith()),
  };
  assertEquals(await openLookup(lookup), lookup);
});

Deno.test("who is registered with no method, or with none that may be used, cannot be reached", async () => {
  const directory: PeerLookup = {
    isLocalAllowed: true,
    lookup: () => Promise.resolve({ ...foundWith(), methods: [] }),
  };
  const none = await failureOf(() =>
    connect("bob", { nickname: "alice", directory })
  );
  assertEquals(
    [none.code, none.message],
    ["UNREACHABLE", "Cannot reach bob: the directory names no usable method"],
  );
  const relayed = await failureOf(() =>
    connect(`relay+ws://127.0.0.1:1/${"A".repeat(43)}`, {
      nickname: "alice",
      relay: false,
    })
  );
  assertEquals(
    [relayed.code, relayed.message],
    [
      "UNREACHABLE",
      "Cannot connect: only a relay leads there, and relays are not to be used",
    ],
  );
});
