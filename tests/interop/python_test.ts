import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import {
  connect,
  type Connection,
  LektError,
  listen,
  type Listener,
} from "../../mod.ts";
import framing from "../vectors/framing.json" with { type: "json" };
import handshake from "../vectors/handshake.json" with { type: "json" };

const PROGRAM = new URL("lekt.py", import.meta.url).pathname;

const DEADLINE_MS = 60_000;

/** Sizes on both sides of each border: of a packet, of a read, and none. */
const SIZES = [0, 1, 64, 65_537, 262_143, 262_144, 262_145, 3_000_001];

const hasPython = await canRun("python3");

if (!hasPython) {
  console.warn(
    "\n*** SKIPPED: no python3 on the PATH: nothing is tested against the other implementation (Debian: apt-get install python3) ***\n",
  );
}

async function canRun(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"] }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What the Python side says of itself, one line of JSON each. */
interface Said {
  event: "listening" | "handshake" | "message" | "abort" | "end";
  method?: string;
  outcome?: (string | null)[];
  nickname?: string;
  id?: number;
  size?: number;
  sha256?: string;
  reason?: string;
  fault?: string | null;
}

/** The other implementation, in a process of its own. */
class Python implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(args: string[]) {
    this.#child = new Deno.Command("python3", {
      args: [PROGRAM, ...args],
      stdin: "null",
      stdout: "piped",
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** The next thing that it says. */
  async next(): Promise<Said> {
    const { done, value } = await this.#lines.next();
    assert(!done, "the Python side has ended");
    return JSON.parse(value);
  }

  /** All that it says until its end. */
  async rest(): Promise<Said[]> {
    const said: Said[] = [];
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) return said;
      said.push(JSON.parse(value));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#lines.return?.();
    await this.#child.status;
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

/** The bytes that the Python side sends for a size, and those sent to it. */
function bodyOf(size: number): Uint8Array<ArrayBuffer> {
  const pattern = new TextEncoder().encode("lekt");
  return Uint8Array.from({ length: size }, (_, index) => pattern[index % 4]!);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function firstOf(listener: Listener): Promise<Connection> {
  for await (const connection of listener) return connection;
  throw new Error("The listener has closed");
}

/** What a Deno side received: size and hash of each message, `null` for an aborted one. */
async function receiveAll(
  connection: Connection,
): Promise<(Pick<Said, "size" | "sha256"> | null)[]> {
  const received: (Pick<Said, "size" | "sha256"> | null)[] = [];
  const messages: Promise<void>[] = [];
  for await (const message of connection) {
    const index = received.push(null) - 1;
    messages.push(
      message.bytes().then(
        (bytes) => {
          received[index] = { size: bytes.length, sha256: sha256(bytes) };
        },
        (error: LektError) => assertEquals(error.code, "ABORTED"),
      ),
    );
  }
  await Promise.all(messages);
  return received;
}

/** Talks with the Python side as it is told to, in both directions at once, until both have ended. */
async function talk(connection: Connection): Promise<{
  received: (Pick<Said, "size" | "sha256"> | null)[];
  clean: boolean;
}> {
  const receiving = receiveAll(connection);
  await Promise.all(SIZES.map((size) => connection.send(bodyOf(size))));
  await connection.closeWrite();
  const received = await receiving;
  return { received, clean: (await connection.closed).clean };
}

function bySize(
  a: Pick<Said, "size"> | null,
  b: Pick<Said, "size"> | null,
): number {
  return (a?.size ?? -1) - (b?.size ?? -1);
}

const WANTED = SIZES.map((size) => ({ size, sha256: sha256(bodyOf(size)) }));

function assertTalked(
  said: Said[],
  { received, clean }: Awaited<ReturnType<typeof talk>>,
  aborts: number,
): void {
  assertEquals(
    received.toSorted(bySize),
    [...Array.from({ length: aborts }, () => null), ...WANTED],
  );
  assertEquals(clean, true);
  const messages = said.filter(({ event }) => event === "message")
    .map(({ size, sha256 }) => ({ size, sha256 }));
  assertEquals(messages.toSorted(bySize), WANTED);
  assertEquals(said.at(-1), { event: "end", fault: null });
}

/** The method of the transport for a listener, in a folder of the test's own. */
async function withMethod(
  transport: string,
  use: (method: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-interop-" });
  try {
    await use(
      transport === "tcp" ? "tcp://127.0.0.1:0" : `unix:${folder}/peer.sock`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How the Python side sends: in few packets, in many, with an abort, its handshake byte by byte. */
const WAYS: string[][] = [
  [],
  ["--part", "997", "--one-byte"],
  ["--abort"],
];

const options = { ignore: !hasPython };

for (const [name, { vectors }] of Object.entries({ framing, handshake })) {
  Deno.test({
    name:
      `Python judges each vector of ${name}.json as its file says, in all cuts`,
    ...options,
    async fn() {
      const child = new Deno.Command("python3", {
        args: [PROGRAM, "judge"],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(JSON.stringify({ vectors })));
      await writer.close();
      const { stdout } = await child.output();
      assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
        count: vectors.length,
        faults: [],
      });
    },
  });
}

for (const transport of ["tcp", "unix"]) {
  for (const way of WAYS) {
    const aborts = way.includes("--abort") ? 1 : 0;
    const sending = ["--sizes", SIZES.join(","), ...way];

    Deno.test({
      name: `Python connects over ${transport} and both send at once: ${
        way.join(" ") || "large parts"
      }`,
      ...options,
      fn: () =>
        withMethod(transport, async (method) => {
          await using listener = await listen({
            nickname: "bob",
            methods: [method],
            accept: ({ nickname }) => nickname === "pia",
          });
          const target = listener.methods[0]!;
          await using python = new Python([
            "connect",
            target,
            "pia",
            ...sending,
          ]);
          const connection = await firstOf(listener);
          const talked = await talk(connection);
          const said = await python.rest();
          assertEquals(said[0], {
            event: "handshake",
            outcome: ["connected"],
            nickname: "bob",
          });
          assertTalked(said, talked, aborts);
        }),
    });

    Deno.test({
      name: `Python listens over ${transport} and both send at once: ${
        way.join(" ") || "large parts"
      }`,
      ...options,
      fn: () =>
        withMethod(transport, async (method) => {
          await using python = new Python([
            "listen",
            method,
            "pia",
            ...sending,
          ]);
          const target = (await python.next()).method!;
          const connection = await connect(target, { nickname: "alice" });
          assertEquals(connection.remote.nickname, "pia");
          const talked = await talk(connection);
          const said = await python.rest();
          assertEquals(said[0]!.nickname, "alice");
          assertTalked(said, talked, aborts);
        }),
    });
  }

  Deno.test({
    name: `a Python listener's refusal and its reason arrive over ${transport}`,
    ...options,
    fn: () =>
      withMethod(transport, async (method) => {
        await using python = new Python([
          "listen",
          method,
          "pia",
          "--reject",
          "not today",
        ]);
        const target = (await python.next()).method!;
        const error = await assertRejects(
          () => connect(target, { nickname: "alice" }),
          LektError,
          "not today",
        );
        assertEquals(error.code, "REJECTED");
        assertEquals((await python.rest())[0]!.outcome, [
          "REJECTED",
          "local",
          "not today",
        ]);
      }),
  });

  Deno.test({
    name: `Python learns over ${transport} why it was refused`,
    ...options,
    fn: () =>
      withMethod(transport, async (method) => {
        await using listener = await listen({
          nickname: "bob",
          methods: [method],
          accept: () => "not you",
        });
        await using python = new Python([
          "connect",
          listener.methods[0]!,
          "pia",
        ]);
        assertEquals(await python.rest(), [{
          event: "handshake",
          outcome: ["REJECTED", "remote", "not you"],
          nickname: null,
        } as unknown as Said]);
      }),
  });
}
