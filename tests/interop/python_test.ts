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
async function talk(connection: Connection): Promise<{
  received: (Digest | null)[];
  clean: boolean;
}> {
  const receiving = receiveAll(connection);
  await Promise.all(SIZES.map((size) => connection.send(bodyOf(size))));
  await connection.closeWrite();
  const received = await receiving;
  return { received, clean: (await connection.closed).clean };
}

function bySize(a: Digest | null, b: Digest | null): number {
  return (a?.size ?? -1) - (b?.size ?? -1);
}

const WANTED = digestsOf(SIZES);

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
  assertEquals(messagesIn(said), WANTED);
  assertEquals(said.at(-1), { event: "end", fault: null, reason: "" });
}

/** How the Python side sends: in few packets, in many that are cut anywhere, with an abort. */
const WAYS: string[][] = [
  [],
  ["--part", "997", "--cut", "613"],
  ["--abort"],
];

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
            minor: 1,
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
          minor: null,
        }]);
      }),
  });
}
