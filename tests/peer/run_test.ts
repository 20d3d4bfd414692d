// With which status a run of the command ends, and what it has told by then.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { LektError, listen } from "../../mod.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import { isAddressInUse } from "../../src/peer/faults.ts";
import {
  Misuse,
  parseCommandLine,
  type Settings,
} from "../../src/peer/options.ts";
import { Output } from "../../src/peer/output.ts";
import { Reporter } from "../../src/peer/reporter.ts";
import { Peer } from "../../src/peer/run.ts";
import type { PersonScreen } from "../../src/peer/screen.ts";
import { talkOver } from "../helpers/conversation.ts";
import { until, within } from "../helpers/deadline.ts";

/** A run with these arguments, of which some settings are others. */
function start(
  args: string[],
  settings: Partial<Settings> = {},
  keyboard?: PersonScreen,
) {
  let text = "";
  const output = new Output({
    write: (bytes) => {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
    writeSync: ({ length }) => length,
    isTerminal: () => false,
  });
  const reporter = new Reporter({
    program: "peer",
    isJson: true,
    stdout: output,
    stderr: output,
  });
  const read = parseCommandLine([...args, "--json"], {
    isTerminal: false,
    loginName: () => "me",
  }) as Settings;
  const peer = new Peer({
    settings: { ...read, ...settings },
    reporter,
    keyboard,
  });
  const events = (): PeerEvent[] =>
    text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  const over = peer.run().then(async (status) => {
    await output.flush();
    return status;
  });
  return { peer, over, events };
}

/** The status, and the errors that were told. */
async function endOf(
  { over, events }: ReturnType<typeof start>,
): Promise<[status: number, codes: string[], messages: string]> {
  const status = await within(over, "the end");
  const errors = events().flatMap((each) =>
    each.event === "error" ? [each] : []
  );
  return [
    status,
    errors.map(({ code }) => code),
    errors.map(({ message }) => message).join(),
  ];
}

/** A method at which somebody says something else than the protocol. */
function serveNonsense(): Deno.TcpListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  async function serve(): Promise<void> {
    for await (const connection of listener) {
      await connection.write(new TextEncoder().encode("SSH-2.0-x\r\n"));
      connection.close();
    }
  }
  serve().catch(() => {});
  return listener;
}

function methodOf({ addr }: Deno.TcpListener): string {
  return `tcp://127.0.0.1:${addr.port}`;
}

function closedMethod(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return methodOf(listener);
}

Deno.test("an output that cannot be written, and files that cannot be sent, fail before anybody is reached", async () => {
  const output = start([
    "listen",
    "tcp://127.0.0.1:0",
    "--output",
    "/does/not/exist/out",
  ]);
  const [status, codes] = await endOf(output);
  assertEquals([status, codes], [1, ["FILE"]]);
  assertEquals(output.events().length, 1);
  const missing = start(["send", closedMethod(), "/does/not/exist"]);
  assertEquals((await endOf(missing)).slice(0, 2), [1, ["FILE"]]);
});

Deno.test("who meets waits only where nobody is reached, and says why that is not possible", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "file");
  Deno.writeTextFileSync(file, "");
  const listener = serveNonsense();
  const talked = start([], {
    target: methodOf(listener),
    methods: [methodOf(listener)],
  });
  const [status, codes] = await endOf(talked);
  assertEquals([status, codes], [1, ["PROTOCOL"]]);
  listener.close();
  const alone = start([], {
    target: closedMethod(),
    methods: [`unix:${file}`],
  });
  const [otherStatus, , message] = await endOf(alone);
  assertEquals(otherStatus, 1);
  assert(message.includes("a file that is no socket"), message);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("who is stopped before somebody is reached tells nothing, and who is interrupted ends with 130", async () => {
  for (
    const [kind, status] of [["interrupted", 130], ["quit", 0]] as const
  ) {
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const run = start(["connect", methodOf(silent)]);
    const connection = await within(silent.accept(), "the call");
    run.peer.stop(kind);
    assertEquals(await endOf(run), [status, [], ""]);
    connection.close();
  }
});

Deno.test("what was sent is a success, what is refused is none, and what is interrupted ends with 130", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "file");
  Deno.writeTextFileSync(file, "content");
  const to = join(folder, "to");
  Deno.mkdirSync(to);
  const asked = Promise.withResolvers<void>();
  for (
    const [word, status] of [["all", 0], ["none", 1], ["ask", 130]] as const
  ) {
    await using listener = await listen({
      methods: "tcp://127.0.0.1:0",
      nickname: "bob",
      accept: () => true,
    });
    const ann = start(["send", listener.methods[0]!, file]);
    const { value: connection } = await within(
      listener[Symbol.asyncIterator]().next(),
      "the call",
    );
    const bob = talkOver(connection!, {
      folder: to,
      word,
      answerTimeoutMs: 60_000,
      ask: (_question, _sender, signal) => {
        asked.resolve();
        return new Promise((resolve) =>
          signal.addEventListener("abort", () => resolve(false))
        );
      },
    }).conversation.run(() => Promise.resolve());
    if (word === "ask") {
      await within(asked.promise, "the question");
      ann.peer.stop("interrupted");
      connection!.abort();
    }
    assertEquals((await endOf(ann))[0], status, word);
    assert(ann.events().some(({ event }) => event === "summary"));
    await within(bob, "bob's end");
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("where a person types, standard input is left alone", async () => {
  let isRead = false;
  Object.defineProperty(Deno.stdin, "readable", {
    configurable: true,
    get(): ReadableStream<Uint8Array> {
      isRead = true;
      return ReadableStream.from([]);
    },
  });
  try {
    for (const isThere of [true, false]) {
      await using listener = await listen({
        methods: "tcp://127.0.0.1:0",
        nickname: "bob",
        accept: () => true,
      });
      const keyboard = {
        readKeyboard: () => {},
        setPrompt: () => {},
      } as unknown as PersonScreen;
      const run = start(
        ["connect", listener.methods[0]!],
        {},
        isThere ? keyboard : undefined,
      );
      const { value: connection } = await within(
        listener[Symbol.asyncIterator]().next(),
        "the call",
      );
      await connection!.close();
      assertEquals(await endOf(run), [0, [], ""]);
      assertEquals(isRead, !isThere);
    }
  } finally {
    Reflect.deleteProperty(Deno.stdin, "readable");
  }
});

Deno.test("bare messages are sent as such", async () => {
  const path = await Deno.makeTempFile();
  Deno.writeTextFileSync(path, "content");
  await using listener = await listen({
    methods: "tcp://127.0.0.1:0",
    nickname: "bob",
    accept: () => true,
  });
  const run = start(["send", listener.methods[0]!, path, "--raw"]);
  const { value: connection } = await within(
    listener[Symbol.asyncIterator]().next(),
    "the call",
  );
  const message = await within(connection!.receive(), "the message");
  assertEquals(await message?.text(), "content");
  await connection!.close();
  assertEquals(await endOf(run), [0, [], ""]);
  await Deno.remove(path);
});

Deno.test("what is misuse is thrown as that, a fault of the program as it is, and a file is only named where it may be meant", async () => {
  const path = await Deno.makeTempFile();
  const nobody = start(["connect", closedMethod()], { nickname: "" });
  await assertRejects(() => within(nobody.over, "the end"), Misuse);
  const broken = start(["send", closedMethod(), path], {
    acceptAnswering: undefined as never,
  });
  await assertRejects(() => within(broken.over, "the end"), TypeError);
  const away = start(["send", closedMethod(), path]);
  const [status, codes, message] = await endOf(away);
  assertEquals([status, codes], [1, ["UNREACHABLE"]]);
  assert(!message.includes("no file of that name"), message);
  await Deno.remove(path);
});

Deno.test("an address is in use where the system says so, however deep that is", () => {
  const cause = new Error("refused", { cause: new Deno.errors.AddrInUse() });
  const error = new LektError("INVALID_ARGUMENT", "refused", { cause });
  assertEquals([error, new Error("other")].map(isAddressInUse), [true, false]);
});

Deno.test("a file that broke off is listed as one that goes on when it is sent again", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "file");
  Deno.writeFileSync(file, new Uint8Array(30_000_000));
  const to = join(folder, "to");
  Deno.mkdirSync(to);
  await using listener = await listen({
    methods: "tcp://127.0.0.1:0",
    nickname: "bob",
    accept: () => true,
    // As the command has it: who sees the head of a file says that it takes offers.
    limits: { streamThresholdBytes: 1 },
  });
  const ann = start(["send", listener.methods[0]!, file]);
  const { value: connection } = await within(
    listener[Symbol.asyncIterator]().next(),
    "the call",
  );
  const bob = talkOver(connection!, { folder: to, word: "all" })
    .conversation.run(() => Promise.resolve());
  await until(
    () => connection!.stats().bytesReceived > 5_000_000,
    "some of it",
  );
  connection!.abort();
  assertEquals((await endOf(ann))[0], 1);
  const listed = ann.events().flatMap((each) =>
    each.event === "summary" ? each.files : []
  );
  assertEquals(listed.map(({ resumable }) => resumable), [true]);
  await within(bob, "bob's end");
  await Deno.remove(folder, { recursive: true });
});
