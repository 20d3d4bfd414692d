import { assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  type Connection,
  LektError,
  listen,
  type Listener,
} from "../../mod.ts";
import control from "../vectors/control.json" with { type: "json" };
import conversation from "../vectors/conversation.json" with { type: "json" };
import framing from "../vectors/framing.json" with { type: "json" };
import handshake from "../vectors/handshake.json" with { type: "json" };
import {
  bodyOf,
  type Digest,
  digestsOf,
  hasPython,
  judge,
  messagesIn,
  Python,
  type Said,
  sha256,
  SIZES,
  withMethod,
} from "./python.ts";

async function firstOf(listener: Listener): Promise<Connection> {
  for await (const connection of listener) return connection;
  throw new Error("The listener has closed");
}

/** What a Deno side received: size and hash of each message, `null` for an aborted one. */
async function receiveAll(
  connection: Connection,
): Promise<(Digest | null)[]> {
  const received: (Digest | null)[] = [];
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
async function talk(connection: Connection, sizes: number[]): Promise<{
  received: (Digest | null)[];
  clean: boolean;
}> {
  const receiving = receiveAll(connection);
  await Promise.all(sizes.map((size) => connection.send(bodyOf(size))));
  await connection.closeWrite();
  const received = await receiving;
  return { received, clean: (await connection.closed).clean };
}

function bySize(a: Digest | null, b: Digest | null): number {
  return (a?.size ?? -1) - (b?.size ?? -1);
}

function assertTalked(
  said: Said[],
  { received, clean }: Awaited<ReturnType<typeof talk>>,
  way: Way,
  minor: number,
): void {
  const wanted = digestsOf(way.sizes);
  assertEquals(received.toSorted(bySize), [null, ...wanted]);
  assertEquals(clean, true);
  assertEquals(messagesIn(said), wanted);
  const reason = minor === 0 ? null : "";
  assertEquals(said.at(-1), { event: "end", fault: null, reason });
}

/** How the Python side sends, with an abort each time, and in which versions that is tried. */
interface Way {
  name: string;
  sizes: number[];
  args: string[];
  versions: "all" | "equal" | "1.1";
}

const WAYS: Way[] = [
  { name: "in large packets", sizes: SIZES, args: [], versions: "all" },
  {
    name: "cut anywhere, with ends that are seen late",
    sizes: SIZES,
    args: ["--part", "997", "--cut", "613", "--late-end"],
    versions: "equal",
  },
  {
    name: "byte by byte",
    sizes: [0, 1, 64, 997, 5_000],
    args: ["--part", "97", "--cut", "1"],
    versions: "equal",
  },
  {
    name: "in windows as small as they start",
    sizes: SIZES,
    args: ["--window", "1048576", "--message-window", "2097152"],
    versions: "1.1",
  },
];

/** The VERSION_MINOR of Deno, and of Python. */
const VERSIONS = [[1, 1], [1, 0], [0, 1], [0, 0]] as const;

const options = { ignore: !hasPython };

for (
  const [name, minor, { vectors }] of [
    ["framing", 0, framing],
    ["handshake", 0, handshake],
    ["control", 1, control],
    ["conversation", 1, conversation],
  ] as const
) {
  Deno.test({
    name:
      `Python judges each vector of ${name}.json as its file says, in all cuts`,
    ...options,
    async fn() {
      assertEquals(await judge(vectors, minor), {
        count: vectors.length,
        faults: [],
      });
    },
  });
}

for (const transport of ["tcp", "unix"]) {
  for (const [denoMinor, pythonMinor] of VERSIONS) {
    const minor = Math.min(denoMinor, pythonMinor);
    const limits = { maxVersionMinor: denoMinor };
    const kinds = ["all"];
    if (denoMinor === pythonMinor) kinds.push("equal");
    if (minor === 1) kinds.push("1.1");
    for (const way of WAYS.filter(({ versions }) => kinds.includes(versions))) {
      const versions = `Deno 1.${denoMinor}, Python 1.${pythonMinor}`;
      const args = [
        ...["--sizes", way.sizes.join(","), "--abort", ...way.args],
        ...["--minor", `${pythonMinor}`],
      ];

      Deno.test({
        name:
          `${versions}: Python connects over ${transport} and both send at once, ${way.name}`,
        ...options,
        fn: () =>
          withMethod(transport, async (method) => {
            await using listener = await listen({
              nickname: "bob",
              methods: [method],
              accept: ({ nickname }) => nickname === "pia",
              limits,
            });
            const target = listener.methods[0]!;
            await using python = new Python([
              "connect",
              target,
              "pia",
              ...args,
            ]);
            const connection = await firstOf(listener);
            const talked = await talk(connection, way.sizes);
            const said = await python.rest();
            assertEquals(said[0], {
              event: "handshake",
              outcome: ["connected"],
              nickname: "bob",
              minor,
            });
            assertTalked(said, talked, way, minor);
          }),
      });

      Deno.test({
        name:
          `${versions}: Python listens over ${transport} and both send at once, ${way.name}`,
        ...options,
        fn: () =>
          withMethod(transport, async (method) => {
            await using python = new Python(["listen", method, "pia", ...args]);
            const target = (await python.next()).method!;
            const connection = await connect(target, {
              nickname: "alice",
              limits,
            });
            assertEquals(connection.remote.nickname, "pia");
            assertEquals(connection.remote.version, `1.${pythonMinor}.0`);
            const talked = await talk(connection, way.sizes);
            const said = await python.rest();
            assertEquals(said[0]!.nickname, "alice");
            assertTalked(said, talked, way, minor);
          }),
      });
    }
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
          minor: null,
        }]);
      }),
  });
}
