// Version 1.1 with the other implementation: what it adds, in both directions.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type Connection, LektError, listen } from "../../mod.ts";
import { within } from "../helpers/deadline.ts";
import { Relay } from "../helpers/relay.ts";
import {
  bodyOf,
  digestsOf,
  hasPython,
  messagesIn,
  Python,
  type Said,
  sha256,
  withMethod,
} from "./python.ts";

const DEADLINE_MS = 60_000;

/** Longer than the window that a message begins with. */
const LARGE = bodyOf(4_000_000);

/** So many of it are more than the windows hold. */
const MANY = 20;

interface Scene {
  /** The Deno side. */
  deno: Connection;
  /** The Python side, which has said how the handshake ended. */
  python: Python;
}

/** Runs a test in both roles, over a transport each. */
function test(
  name: string,
  args: string[],
  run: (scene: Scene) => Promise<void>,
): void {
  Deno.test({
    name: `Python connects over tcp: ${name}`,
    ignore: !hasPython,
    async fn() {
      await using listener = await listen({
        nickname: "bob",
        methods: "tcp://127.0.0.1:0",
        accept: () => true,
      });
      await using python = new Python([
        ...["connect", listener.methods[0]!, "pia"],
        ...args,
      ]);
      const next = listener[Symbol.asyncIterator]().next();
      const { value } = await within(next, "Python", DEADLINE_MS);
      await using deno = value!;
      await assertMinor(deno, python);
      await run({ deno, python });
    },
  });

  Deno.test({
    name: `Python listens over unix: ${name}`,
    ignore: !hasPython,
    fn: () =>
      withMethod("unix", async (method) => {
        await using python = new Python(["listen", method, "pia", ...args]);
        await python.next();
        await using deno = await connect(method, { nickname: "alice" });
        await assertMinor(deno, python);
        await run({ deno, python });
      }),
  });
}

async function assertMinor(deno: Connection, python: Python): Promise<void> {
  assertEquals(deno.remote.version, "1.1.0");
  assertEquals((await python.next()).minor, 1);
}

async function failureOf(promise: Promise<unknown>): Promise<LektError> {
  const failing = assertRejects(() => promise, LektError);
  return await within(failing, "a failure", DEADLINE_MS);
}

/** The next thing of this kind that the Python side says. */
async function next(python: Python, event: Said["event"]): Promise<Said> {
  for (;;) {
    const said = await within(python.next(), event, DEADLINE_MS);
    if (said.event === event) return said;
  }
}

async function bytesOf(connection: Connection): Promise<Uint8Array> {
  const message = await within(
    connection.receive(),
    "a message",
    DEADLINE_MS,
  );
  return await message!.bytes();
}

test(
  "each says goodbye with a reason, and both know that all was in order",
  ["--sizes", "5", "--reason", "that is all"],
  async ({ deno, python }) => {
    assertEquals(await bytesOf(deno), bodyOf(5));
    assertEquals(await deno.receive(), null);
    await deno.close("so long");
    assertEquals(await deno.closed, { clean: true, reason: "that is all" });
    assertEquals(await python.rest(), [
      { event: "end", fault: null, reason: "so long" },
    ]);
  },
);

test(
  "a message is confirmed when it was taken, in both directions",
  ["--sizes", `0,1,${LARGE.length}`, "--confirm"],
  async ({ deno, python }) => {
    const sizes = [0, 1, LARGE.length];
    const sending = sizes.map((size) =>
      deno.send(bodyOf(size), { confirm: true })
    );
    const received: Uint8Array[] = [];
    for (let i = 0; i < sizes.length; i++) received.push(await bytesOf(deno));
    await within(Promise.all(sending), "to be confirmed", DEADLINE_MS);
    await deno.close();
    const said = await python.rest();
    assertEquals(
      received.map(({ length }) => length).sort((a, b) => a - b),
      sizes,
    );
    assertEquals(messagesIn(said), digestsOf(sizes));
    assertEquals(
      said.filter(({ event }) => event === "confirmed").map(({ taken }) =>
        taken
      ),
      [true, true, true],
    );
    assertEquals((await deno.closed).clean, true);
  },
);

test(
  "a message that Deno does not want is stopped, and Python is told why",
  ["--sizes", "20000000,7"],
  async ({ deno, python }) => {
    const first = (await deno.receive())!;
    const second = (await deno.receive())!;
    const [large, small] = (first.id === 1) ? [first, second] : [second, first];
    large.cancel("too much");
    const stopped = await next(python, "stopped");
    assertEquals([stopped.id, stopped.reason], [1, "too much"]);
    assertEquals((await small.bytes()).length, 7);
    assertEquals(await deno.receive(), null);
    await deno.close();
    assertEquals((await next(python, "end")).fault, null);
  },
);

test(
  "a message that Python does not want is stopped, and its source let go",
  ["--stop-over", "1000000"],
  async ({ deno, python }) => {
    let isLetGo = false;
    async function* endless() {
      try {
        while (true) yield new Uint8Array(100_000);
      } finally {
        isLetGo = true;
      }
    }
    const error = await failureOf(deno.send(endless()));
    assertEquals([error.code, error.reason], ["CANCELLED", "enough"]);
    assert(isLetGo);
    await deno.send(bodyOf(5), { confirm: true });
    const aborted = await next(python, "abort");
    assertEquals(aborted.reason, "enough");
    await deno.close();
    assertEquals((await next(python, "end")).fault, null);
  },
);

test(
  "messages that Python never reads stop no others, and are dropped in the end",
  ["--hold-over", "100000"],
  async ({ deno }) => {
    const unread = Array.from(
      { length: MANY },
      () => deno.send(LARGE, { confirm: true }),
    );
    unread.forEach((sending) => sending.catch(() => {}));
    for (let i = 0; i < 20; i++) {
      const sending = deno.send(bodyOf(i), { confirm: true });
      await within(sending, "a short one", DEADLINE_MS);
    }
    await deno.abort();
    const codes = await Promise.all(
      unread.map((sending) => failureOf(sending)),
    );
    assertEquals(new Set(codes.map(({ code }) => code)), new Set(["CLOSED"]));
  },
);

test(
  "messages that Deno never reads stop no others",
  ["--sizes", `${Array(MANY).fill(LARGE.length)},1,2,3`],
  async ({ deno }) => {
    const short: number[] = [];
    while (short.length < 3) {
      const message = await within(deno.receive(), "a message", DEADLINE_MS);
      const bytes = message!.bytesNow();
      if (bytes) short.push(bytes.length);
    }
    assertEquals(short.sort(), [1, 2, 3]);
    await deno.abort();
  },
);

test(
  "who has nothing more to send goes on receiving, far beyond the windows",
  ["--echo"],
  async ({ deno, python }) => {
    const sending = Array.from({ length: MANY }, () => deno.send(LARGE));
    const receiving = Promise.all(
      Array.from({ length: MANY }, () => deno.receive()),
    ).then((messages) =>
      Promise.all(
        messages.map(async (message) => {
          let size = 0;
          for await (const chunk of message!.body) size += chunk.length;
          return size;
        }),
      )
    );
    await Promise.all(sending);
    await deno.closeWrite();
    assertEquals(
      await within(receiving, "the answers", DEADLINE_MS),
      Array(MANY).fill(LARGE.length),
    );
    assertEquals(await deno.receive(), null);
    assertEquals(await within(deno.closed, "closed", DEADLINE_MS), {
      clean: true,
    });
    assertEquals((await next(python, "end")).fault, null);
  },
);

test(
  "an end of the stream without Goodbye is none",
  ["--sizes", "5", "--quit"],
  async ({ deno }) => {
    assertEquals(sha256(await bytesOf(deno)), sha256(bodyOf(5)));
    assertEquals((await failureOf(deno.receive())).code, "TRUNCATED");
    const { clean, error } = await deno.closed;
    assertEquals([clean, error?.code], [false, "TRUNCATED"]);
  },
);

test(
  "who is given up is told",
  [],
  async ({ deno, python }) => {
    await deno.abort("enough");
    const { fault } = await next(python, "end");
    assert(/^(TRUNCATED|CLOSED)/.test(fault!), fault!);
  },
);

test(
  "more than the windows allow is a broken rule",
  ["--sizes", Array(MANY).fill(LARGE.length).join(), "--greedy"],
  async ({ deno }) => {
    // Nothing is read.
    const { error } = await within(deno.closed, "closed", DEADLINE_MS);
    assertEquals(error?.code, "PROTOCOL");
  },
);

/** What takes both directions to be wrong, so that no vector has it; and one that all have in common. */
const FAULTS: [name: string, hex: string][] = [
  ["a window that goes down", "00000000ffffffff0000000903000000000000ffff"],
  ["a second Confirm for a message", "00000007ffffffff0000000105".repeat(2)],
  ["a Goodbye that counts too many", "00000000ffffffff000000050700000001"],
  [
    "1,025 Confirms without an answer",
    Array.from(
      { length: 1025 },
      (_, id) => id.toString(16).padStart(8, "0") + "ffffffff0000000105",
    ).join(""),
  ],
];

for (const [name, hex] of FAULTS) {
  test(`${name} is a broken rule`, ["--raw", hex], async ({ deno }) => {
    const { error } = await within(deno.closed, "closed", DEADLINE_MS);
    assertEquals(error?.code, "PROTOCOL");
  });
}

test(
  "what crossed on the way, and what is not known yet, is skipped",
  [
    "--raw",
    [
      "00000009ffffffff00000004046e6f74", // Stop of a message that there is not
      "00000009ffffffff00000009080000000000000001", // MessageWindow of one
      "00000009ffffffff000000020600", // Confirmed of one
      "00000000ffffffff00000009020102030405060708", // Pong that nobody asked for
      "00000000ffffffff00000009030000000000100000", // Window, equal to the start
      "12345678ffffffff00000003630000", // a kind of later versions
      "00000000ffffffff00000001ff",
    ].join(""),
    "--sizes",
    "5",
  ],
  async ({ deno, python }) => {
    assertEquals(await bytesOf(deno), bodyOf(5));
    await deno.close();
    assertEquals((await deno.closed).clean, true);
    assertEquals((await next(python, "end")).fault, null);
  },
);

Deno.test({
  name:
    "Deno and Python both know in time that the other one is gone, when the cable is pulled",
  ignore: !hasPython,
  async fn() {
    await using listener = await listen({
      nickname: "bob",
      methods: "tcp://127.0.0.1:0",
      accept: () => true,
      limits: { pingIntervalMs: 500, silenceTimeoutMs: 3_000 },
    });
    await using relay = new Relay(listener.methods[0]!, "");
    await using python = new Python([
      ...["connect", relay.method, "pia", "--echo"],
      ...["--ping", "0.5", "--silence", "3"],
    ]);
    const accepted = listener[Symbol.asyncIterator]().next();
    const { value } = await within(accepted, "Python", DEADLINE_MS);
    await using deno = value!;
    await deno.send("hello");
    assertEquals(await bytesOf(deno), new TextEncoder().encode("hello"));
    relay.pull("swallows");
    const { error } = await within(deno.closed, "closed", DEADLINE_MS);
    assertEquals(error?.code, "TIMEOUT");
    const { fault } = await next(python, "end");
    assert(fault!.startsWith("TIMEOUT"), fault!);
  },
});
