import { assert, assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { DEFAULT_LIMITS } from "../../src/base/limits.ts";
import { type Method, parseMethod } from "../../src/transport/method.ts";
import {
  pickAndDial,
  STAGGER_MS,
  STAGGER_NEAR_MS,
  WAITING_MS_MAX,
} from "../../src/connect/picking.ts";
import { dial, dialFault, listenOn } from "../../src/transport/dial.ts";
import { settle } from "../helpers/manual_clock.ts";
import { Scene } from "../helpers/picking_scene.ts";

/** What `connect` dials with. */
const REAL = {
  dialTimeoutMs: DEFAULT_LIMITS.dialTimeoutMs,
  dialFault,
  dial: (method: Method, signal: AbortSignal) => dial(method, { signal }),
};

Deno.test("pickAndDial() hands over what the best method's handshake made", async () => {
  const scene = new Scene();
  scene.start("abc");
  const transport = await scene.open("a");
  await scene.finish("a");
  assertEquals(await scene.outcome, "connection by a");
  assertEquals(scene.log.slice(0, 2), ["dial a", "handshake a"]);
  assert(!scene.log.includes("dial b"));
  assert(!transport.isClosed);
  assertEquals(scene.clock.pendingCount, 0);
});

Deno.test("pickAndDial() starts the next method after 250 ms", async () => {
  const scene = new Scene();
  scene.start("abc");
  await scene.clock.advance(STAGGER_MS - 1);
  assertEquals(scene.log, ["dial a"]);
  await scene.clock.advance(1);
  assertEquals(scene.log, ["dial a", "dial b"]);
  await scene.clock.advance(STAGGER_MS);
  assertEquals(scene.log, ["dial a", "dial b", "dial c"]);
});

Deno.test("pickAndDial() gives near methods 30 ms, whatever they run over", async () => {
  const near = [
    ...["tcp://127.0.0.1:1", "tcp://10.0.0.1:1", "unix:/s"],
    ...["tls://127.0.0.1:1", "wss://10.0.0.1/l"],
  ];
  for (const uri of near) {
    const scene = new Scene();
    scene.startWith([parseMethod(uri), parseMethod("tcp://z.example:1")]);
    await scene.clock.advance(STAGGER_NEAR_MS - 1);
    assertEquals(scene.log.length, 1, uri);
    await scene.clock.advance(1);
    assertEquals(scene.log[1], "dial z", uri);
  }
});

/** A search that has dialled `secure`, and 30 ms later `tcp`, which is open. */
async function overtaken(secure: string): Promise<Scene> {
  const scene = new Scene();
  scene.startWith([secure, "tcp://10.0.0.2:1"].map(parseMethod));
  await scene.clock.advance(STAGGER_NEAR_MS);
  assertEquals(scene.log, ["dial 10.0.0.1", "dial 10.0.0.2"]);
  await scene.open("10.0.0.2");
  return scene;
}

Deno.test("pickAndDial() leaves the turn to a better method that may prove who is there", async () => {
  for (const secure of ["tls://10.0.0.1:1", "wss://10.0.0.1/l"]) {
    const scene = await overtaken(secure);
    await scene.clock.advance(STAGGER_MS - STAGGER_NEAR_MS - 1);
    assertEquals(scene.log.length, 2, secure);
    await scene.open("10.0.0.1");
    assertEquals(scene.log[2], "handshake 10.0.0.1", secure);
    await scene.finish("10.0.0.1");
    assertEquals(await scene.outcome, "connection by 10.0.0.1");
    assert(scene.transports.get("10.0.0.2")!.isClosed);
    assertEquals(scene.clock.pendingCount, 0);
  }
});

Deno.test("pickAndDial() leaves the turn for 250 ms since the better method's start at most", async () => {
  const scene = await overtaken("tls://10.0.0.1:1");
  await scene.clock.advance(STAGGER_MS - STAGGER_NEAR_MS - 1);
  assertEquals(scene.log.length, 2);
  await scene.clock.advance(1);
  assertEquals(scene.log[2], "handshake 10.0.0.2");
  await scene.open("10.0.0.1");
  await scene.finish("10.0.0.2");
  assertEquals(await scene.outcome, "connection by 10.0.0.2");
  assert(scene.transports.get("10.0.0.1")!.isClosed);
  assertEquals(scene.clock.pendingCount, 0);
});

Deno.test("pickAndDial() takes the turn at once when the better method fails", async () => {
  const scene = await overtaken("tls://10.0.0.1:1");
  await scene.refuse("10.0.0.1");
  assertEquals(scene.log[2], "handshake 10.0.0.2");
  await scene.finish("10.0.0.2");
  assertEquals(await scene.outcome, "connection by 10.0.0.2");
  assertEquals(scene.clock.pendingCount, 0);
});

Deno.test("pickAndDial() forgets whose turn it is when the search ends", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const scene = new Scene();
  const methods = ["tls://10.0.0.1:1", "tcp://10.0.0.2:1"].map(parseMethod);
  scene.startWith(methods, { signal: controller.signal });
  await scene.clock.advance(STAGGER_NEAR_MS);
  const waiting = await scene.open("10.0.0.2");
  controller.abort(reason);
  assertEquals(await assertRejects(() => scene.outcome), reason);
  assert(waiting.isClosed);
  assert((await scene.open("10.0.0.1")).isClosed);
  assertEquals(scene.clock.pendingCount, 0);
});

Deno.test("pickAndDial() leaves the turn to nobody who proves nothing, is worse, or has had their time", async () => {
  const plain = await overtaken("tcp://10.0.0.1:1");
  assertEquals(plain.log[2], "handshake 10.0.0.2");

  const worse = new Scene();
  worse.startWith(["tcp://10.0.0.1:1", "tls://10.0.0.2:1"].map(parseMethod));
  await worse.clock.advance(STAGGER_NEAR_MS);
  await worse.open("10.0.0.1");
  assertEquals(worse.log[2], "handshake 10.0.0.1");

  const far = new Scene();
  far.startWith(["tls://a.example:1", "tcp://b.example:1"].map(parseMethod));
  await far.clock.advance(STAGGER_MS);
  await far.open("b");
  assertEquals(far.log[2], "handshake b");
});

Deno.test("pickAndDial() starts the next method at once after a failure", async () => {
  const scene = new Scene();
  scene.start("abc");
  await settle();
  await scene.refuse("a");
  assertEquals(scene.log, ["dial a", "dial b"]);
  await scene.clock.advance(STAGGER_MS - 1);
  assertEquals(scene.log.length, 2);
  await scene.clock.advance(1);
  assertEquals(scene.log, ["dial a", "dial b", "dial c"]);
});

Deno.test("pickAndDial() has one handshake under way and starts nothing meanwhile", async () => {
  const scene = new Scene();
  scene.start("abc");
  await scene.clock.advance(STAGGER_MS);
  const second = await scene.open("b");
  const first = await scene.open("a");
  assertEquals(scene.log, ["dial a", "dial b", "handshake b"]);
  await scene.clock.advance(STAGGER_MS * 4);
  assertEquals(scene.log, ["dial a", "dial b", "handshake b"]);
  assert(!first.isClosed);
  await scene.finish("b");
  assertEquals(await scene.outcome, "connection by b");
  assert(first.isClosed);
  assert(!second.isClosed);
  assertEquals(scene.clock.pendingCount, 0);
});

Deno.test("pickAndDial() goes on with who waits when a handshake fails", async () => {
  const scene = new Scene();
  scene.start("ab");
  await scene.clock.advance(STAGGER_MS);
  const second = await scene.open("b");
  await scene.open("a");
  await scene.finish("b", new LektError("CLOSED", "went away"));
  assert(second.isClosed);
  assertEquals(scene.log, ["dial a", "dial b", "handshake b", "handshake a"]);
  await scene.finish("a");
  assertEquals(await scene.outcome, "connection by a");
});

Deno.test("pickAndDial() dials anew who has waited too long", async () => {
  const scene = new Scene();
  scene.start("ab");
  await scene.clock.advance(STAGGER_MS);
  await scene.open("b");
  const stale = await scene.open("a");
  await scene.clock.advance(WAITING_MS_MAX + 1);
  await scene.finish("b", new LektError("TIMEOUT", "no answer"));
  assert(stale.isClosed);
  assertEquals(scene.log.slice(3), ["dial a"]);
  await scene.open("a");
  await scene.finish("a");
  assertEquals(await scene.outcome, "connection by a");
});

Deno.test("pickAndDial() ends at a rejection", async () => {
  const scene = new Scene();
  scene.start("abc");
  await scene.clock.advance(STAGGER_MS);
  const waiting = await scene.open("b");
  await scene.open("a");
  const rejection = new LektError("REJECTED", "no", { by: "remote" });
  await scene.finish("b", rejection);
  assertEquals(await assertRejects(() => scene.outcome), rejection);
  assertEquals(scene.log.filter((line) => line.startsWith("dial")).length, 2);
  assert(waiting.isClosed);
  assert(scene.transports.get("a")!.isClosed);
  assertEquals(scene.clock.pendingCount, 0);
});

Deno.test("pickAndDial() lists every failure with its time", async () => {
  const scene = new Scene();
  scene.start("abc");
  await scene.clock.advance(100);
  await scene.refuse("a");
  await scene.clock.advance(20);
  await scene.open("b");
  await scene.finish("b", new LektError("PROTOCOL", "nonsense"));
  await scene.clock.advance(5);
  await scene.refuse("c");
  const error = await assertRejects(() => scene.outcome, LektError);
  assertEquals(error.code, "UNREACHABLE");
  assertEquals(
    error.failures?.map(({ method, elapsedMs, error }) => [
      method,
      elapsedMs,
      error.message,
    ]),
    [
      ["tcp://a.example:1", 100, "Cannot reach a: refused"],
      ["tcp://b.example:1", 20, "nonsense"],
      ["tcp://c.example:1", 5, "Cannot reach c: refused"],
    ],
  );
  assert(error.message.includes("3 methods: tcp://a.example:1: "));
  assertEquals(scene.clock.pendingCount, 0);
});

Deno.test("pickAndDial() hands on what stopped the handshake of a single method", async () => {
  const scene = new Scene();
  scene.start("a");
  await scene.open("a");
  const fault = new LektError("PROTOCOL", "nonsense");
  await scene.finish("a", fault);
  assertEquals(await assertRejects(() => scene.outcome), fault);
});

Deno.test("pickAndDial() gives one dial its time and closes what opens late", async () => {
  const scene = new Scene();
  scene.start("a", { dialTimeoutMs: 700 });
  await scene.clock.advance(700);
  const error = await assertRejects(() => scene.outcome, LektError);
  assertEquals(error.code, "TIMEOUT");
  assertEquals(
    error.message,
    "Cannot reach tcp://a.example:1: no answer within 0.7 s; is the machine on, no firewall in between, and the method right?",
  );
  assertEquals(scene.log, ["dial a", "abort a"]);
  assert((await scene.open("a")).isClosed);
});

Deno.test("pickAndDial() gives a dial dialTimeoutMs, not a millisecond less or more", async () => {
  for (const dialTimeoutMs of [9_999, 10_000, 10_001]) {
    const scene = new Scene();
    scene.start("a", dialTimeoutMs === 10_000 ? {} : { dialTimeoutMs });
    await scene.clock.advance(dialTimeoutMs - 1);
    assertEquals(scene.log, ["dial a"]);
    await scene.clock.advance(1);
    assertEquals(scene.log, ["dial a", "abort a"]);
    const { message } = await assertRejects(() => scene.outcome, LektError);
    const seconds = dialTimeoutMs / 1_000;
    assertEquals(message.includes(`no answer within ${seconds} s`), true);
  }
});

Deno.test("pickAndDial() ends with the signal's reason", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const scene = new Scene();
  scene.start("ab", { signal: controller.signal });
  await scene.clock.advance(STAGGER_MS);
  const transport = await scene.open("a");
  controller.abort(reason);
  assertEquals(await assertRejects(() => scene.outcome), reason);
  assert(transport.isClosed);
  assert(scene.log.includes("abort b"));
  assert((await scene.open("b")).isClosed);
  assertEquals(scene.clock.pendingCount, 0);

  const late = new Scene();
  late.start("a", { signal: AbortSignal.abort(reason) });
  assertEquals(await assertRejects(() => late.outcome), reason);
  assertEquals(late.log, []);
});

Deno.test("pickAndDial() passes over what this runtime cannot use", async () => {
  const scene = new Scene();
  scene.startWith(
    [parseMethod("unix:/s"), parseMethod("ws://b.example/lekt")],
    {
      dialFault: ({ scheme }) =>
        scheme === "ws" ? undefined : `this runtime has no ${scheme}`,
    },
  );
  await settle();
  assertEquals(scene.log, ["dial b"]);
  await scene.refuse("b");
  const error = await assertRejects(() => scene.outcome, LektError);
  assertEquals(
    error.failures?.[0]?.error.message,
    "Cannot reach unix:/s: this runtime has no unix",
  );
});

Deno.test("pickAndDial() without methods is INVALID_ARGUMENT", async () => {
  const error = await assertRejects(
    () => pickAndDial([], { ...REAL, handshake: () => Promise.resolve(1) }),
    LektError,
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
});

Deno.test("pickAndDial() finds the one real method that answers", async () => {
  const closed = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  closed.close();
  const open = await listenOn(parseMethod("ws://127.0.0.1:0/lekt"));
  const used = await pickAndDial([closed.method, open.method], {
    ...REAL,
    handshake(transport, method) {
      transport.close();
      return Promise.resolve(method.uri);
    },
  });
  assertEquals(used, open.method.uri);
  (await open.accept())?.close();
  open.close();
});

Deno.test("pickAndDial() waits in vain for a real tls listener that says nothing, but not for long", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = silent.accept();
  const open = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  const startMs = performance.now();
  const used = await pickAndDial(
    [parseMethod(`tls://127.0.0.1:${silent.addr.port}`), open.method],
    {
      ...REAL,
      handshake(transport, method) {
        transport.close();
        return Promise.resolve(method.uri);
      },
    },
  );
  assertEquals(used, open.method.uri);
  assert(performance.now() - startMs >= STAGGER_MS - 1);
  (await accepted).close();
  (await open.accept())?.close();
  open.close();
});
