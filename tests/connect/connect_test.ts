// `connect`: what it takes, and how it fails. Picking has tests of its own.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect, type ConnectOptions, LektError, listen } from "../../mod.ts";
import { until, within } from "../helpers/deadline.ts";
import { failureOf } from "../helpers/messages.ts";
import { latin, RawPeer } from "../helpers/raw_peer.ts";

const ALICE: ConnectOptions = { nickname: "alice" };

/** A port on which nobody listens. */
function deadMethod(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `tcp://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
}

for (
  const [name, target, options] of [
    ["no method", [], ALICE],
    ["what is no method", "nonsense://x", ALICE],
    ["port 0", "tcp://127.0.0.1:0", ALICE],
    ["an empty nickname", "tcp://127.0.0.1:1", { nickname: "" }],
    ["a nickname of 256 bytes", "tcp://127.0.0.1:1", {
      nickname: "\u20ac".repeat(86),
    }],
    ["a nickname with a control character", "tcp://127.0.0.1:1", {
      nickname: "\x07",
    }],
    ["half a character", "tcp://127.0.0.1:1", { nickname: "\ud800" }],
    ["an unknown limit", "tcp://127.0.0.1:1", { ...ALICE, limits: { foo: 1 } }],
    ["a limit of no number", "tcp://127.0.0.1:1", {
      ...ALICE,
      limits: { dialTimeoutMs: "1" },
    }],
    ["a decision of no function", "tcp://127.0.0.1:1", {
      ...ALICE,
      accept: true,
    }],
  ] as const
) {
  Deno.test(`connect() rejects ${name} with INVALID_ARGUMENT`, async () => {
    const error = await assertRejects(
      () => connect(target, options as unknown as ConnectOptions),
      LektError,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  });
}

Deno.test("connect() rejects with UNREACHABLE where nobody listens, and names each method", async () => {
  const methods = [deadMethod(), deadMethod()];
  const error = await failureOf(() => connect(methods, ALICE));
  assertEquals(error.code, "UNREACHABLE");
  assertEquals(error.failures?.map(({ method }) => method), methods);
  for (const { elapsedMs, error: why } of error.failures!) {
    assert(elapsedMs >= 0);
    assert(why instanceof Error);
  }
});

Deno.test("connect() goes on to the next method behind one that does not speak the protocol", async () => {
  using stranger = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const strangeMethod = `tcp://127.0.0.1:${
    (stranger.addr as Deno.NetAddr).port
  }`;
  const answering = (async () => {
    using raw = new RawPeer(await stranger.accept());
    await raw.write(latin("SSH-2.0-x\r\n"));
    await raw.readToEnd();
  })();
  await using bob = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const methods = [deadMethod(), strangeMethod, bob.methods[0]!];
  const alice = await within(connect(methods, ALICE), "to connect");
  assertEquals(alice.remote.method, bob.methods[0]);
  const next = bob[Symbol.asyncIterator]().next();
  const { value } = await within(next, "a connection");
  await Promise.all([alice.close(), value!.close(), answering]);
});

Deno.test("connect() takes a rejection for an answer", async () => {
  let askedCount = 0;
  const methods = ["tcp://127.0.0.1:0", "tcp://127.0.0.1:0"];
  await using bob = await listen({
    nickname: "bob",
    methods,
    accept: () => {
      askedCount++;
      return "not you";
    },
  });
  const error = await failureOf(() => connect(bob.methods, ALICE));
  assertEquals([error.code, error.by, error.reason], [
    "REJECTED",
    "remote",
    "not you",
  ]);
  assertEquals(askedCount, 1);
});

Deno.test("connect() rejects with the reason of a signal that has fired, without dialling", async () => {
  const reason = new Error("changed my mind");
  const signal = AbortSignal.abort(reason);
  const connecting = connect(deadMethod(), { ...ALICE, signal });
  assertEquals(await assertRejects(() => connecting), reason);
});

Deno.test("what onAsk throws, or rejects with before the other side has decided, is a failure of the method", async () => {
  const signals: AbortSignal[] = [];
  await using listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept(_, { signal }) {
      signals.push(signal);
      return new Promise(() => {});
    },
  });
  const [method] = listener.methods;
  const fault = new Error("nobody to show it to");
  const asked: string[] = [];
  const shown = Promise.withResolvers<void>();
  for (
    const onAsk of [
      (): never => {
        throw fault;
      },
      (): Promise<void> => Promise.reject(fault),
      async (name: string): Promise<void> => {
        asked.push(name);
        await until(() => signals.length === 2, "the other side to be asked");
        shown.reject(fault);
        await shown.promise;
      },
    ]
  ) {
    const error = await within(
      assertRejects(() => connect(method!, { ...ALICE, onAsk })),
      "the failure",
    );
    assertEquals(error, fault);
  }
  assertEquals(asked, [method]);
});

Deno.test("what onAsk rejects with behind the decision ends nothing, and connect() does not wait for it", async () => {
  await using listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const late = Promise.withResolvers<void>();
  listener.serve(async (bob) => {
    for await (const message of bob) await bob.send(await message.text());
  });
  await using alice = await within(
    connect(listener.methods, { ...ALICE, onAsk: () => late.promise }),
    "the connection",
  );
  late.reject(new Error("too late"));
  await alice.send("still here");
  const answer = await within(alice.receive(), "an answer");
  assertEquals(await answer?.text(), "still here");
});

Deno.test("connect() gives a dial up when its signal fires", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const giving = new AbortController();
  const { signal } = giving;
  const connecting = connect(`tcp://127.0.0.1:${port}`, { ...ALICE, signal });
  const rejection = assertRejects(() => connecting);
  using client = await within(silent.accept(), "the dial");
  const reason = new Error("changed my mind");
  giving.abort(reason);
  assertEquals(await within(rejection, "the signal"), reason);
  // Nothing of it is left: what was sent comes to an end.
  const end = new Response(client.readable).bytes().catch(() => {});
  await within(end, "the end of the connection");
});

Deno.test("connect() and listen() take one method as a text or a URL", async () => {
  for (
    const asWritten of [(text: string) => text, (text: string) => new URL(text)]
  ) {
    await using listener = await listen({
      nickname: "bob",
      methods: asWritten("tcp://127.0.0.1:0"),
      accept: () => true,
    });
    const target = asWritten(listener.methods[0]!);
    const connection = await within(connect(target, ALICE), "to connect");
    assertEquals(connection.remote.nickname, "bob");
    connection.abort();
  }
});

Deno.test("connect(), listen() and serve() refuse a signal that is none, and serve() what is no handler", async () => {
  const signal = {} as AbortSignal;
  const open = {
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  };
  await using listener = await listen(open);
  const serve = (handler: unknown, signal?: AbortSignal): Promise<void> =>
    listener.serve(handler as () => void, signal ? { signal } : {});
  const table: [action: string, call: () => Promise<unknown>][] = [
    ["connect", () => connect(listener.methods, { ...ALICE, signal })],
    ["listen", () => listen({ ...open, signal })],
    ["serve", () => serve(() => {}, signal)],
    ["serve: the handler", () => serve(undefined)],
    ["serve: the handler", () => serve("a text")],
  ];
  for (const [action, call] of table) {
    const error = await failureOf(call);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assert(error.message.startsWith(`Cannot ${action}`), error.message);
  }
});

Deno.test("connect() and listen() without options say what is missing", async () => {
  for (
    const call of [
      () => connect("tcp://127.0.0.1:1", undefined!),
      () => listen(undefined!),
    ]
  ) {
    const error = await failureOf(call);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assert(error.message.includes("there are no options"), error.message);
  }
});

Deno.test("connect() without a permission names the flag, over tcp and ws", async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      new URL("../helpers/failing_client.ts", import.meta.url).pathname,
      "tcp://127.0.0.1:1",
      "ws://127.0.0.1:1",
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  const text = new TextDecoder().decode(stderr);
  assertEquals(lines.length, 2, text);
  assertMatch(lines[0]!, /^INVALID_ARGUMENT: .*--allow-net/);
  assertMatch(lines[1]!, /^INVALID_ARGUMENT: .*--allow-(env|net)/);
});
