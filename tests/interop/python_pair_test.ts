/**
 * The other implementation with itself: what it does in LEKT 1.1, before others
 * are judged by it.
 */
import { assert, assertEquals } from "@std/assert";
import {
  digestsOf,
  hasPython,
  messagesIn,
  PYTHON,
  Python,
  type Said,
  SIZES,
  withMethod,
} from "./python.ts";

const options = { ignore: !hasPython };

Deno.test({
  name: "Python with itself, in memory and in virtual time",
  ...options,
  async fn() {
    const program = new URL("lekt_test.py", import.meta.url).pathname;
    const { success, stderr } = await new Deno.Command(PYTHON, {
      args: [program],
    }).output();
    const said = new TextDecoder().decode(stderr);
    // The seed is in its first line.
    assert(success, said);
    console.log(said.split("\n", 1)[0]);
  },
});

/** What the two sides of a conversation say, the listening one first. */
function converse(
  listening: string[],
  connecting: string[],
  transport = "unix",
): Promise<[Said[], Said[]]> {
  return withMethod(transport, async (method) => {
    await using bob = new Python(["listen", method, "bob", ...listening]);
    const target = (await bob.next()).method!;
    await using alice = new Python(["connect", target, "alice", ...connecting]);
    return await Promise.all([bob.rest(), alice.rest()]);
  });
}

/** All of one kind that a side says. */
function of(event: Said["event"], said: Said[]): Said[] {
  return said.filter((each) => each.event === event);
}

const CLEAN = { event: "end", fault: null, reason: "" };

const SMALL = [0, 1, 64, 997, 5_000];

/** How the bytes go out, and in what: sizes and arguments of each side. */
const WAYS: [name: string, sizes: number[], args: string[]][] = [
  ["in large packets", SIZES, []],
  ["byte by byte", SMALL, ["--part", "97", "--cut", "1"]],
  ["cut anywhere, with ends that are seen late", SIZES, [
    ...["--part", "9973", "--cut", "8191", "--late-end"],
  ]],
  ["in windows as small as they start", SIZES, [
    ...["--window", "1048576", "--message-window", "2097152"],
  ]],
];

for (const [bobMinor, aliceMinor] of [[1, 1], [1, 0], [0, 1]]) {
  const isNew = bobMinor === aliceMinor;
  for (const [name, sizes, args] of WAYS.slice(0, isNew ? undefined : 1)) {
    const transport = isNew ? "unix" : "tcp";
    Deno.test({
      name:
        `Python with itself: a listener of 1.${bobMinor} and a client of 1.${aliceMinor} send ${name}`,
      ...options,
      async fn() {
        const sending = ["--sizes", sizes.join(","), "--abort", ...args];
        const [bob, alice] = await converse(
          [...sending, "--confirm", "--minor", `${bobMinor}`],
          [...sending, "--minor", `${aliceMinor}`],
          transport,
        );
        const minor = Math.min(bobMinor!, aliceMinor!);
        for (const said of [bob, alice]) {
          assertEquals(said[0]!.minor, minor);
          assertEquals(messagesIn(said), digestsOf(sizes));
          assertEquals(of("abort", said).map(({ reason }) => reason), [
            "enough",
          ]);
          assertEquals(said.at(-1), {
            ...CLEAN,
            reason: minor === 1 ? "" : null,
          } as Said);
        }
        // What is aborted is not confirmed.
        const answers = of("confirmed", bob).map(({ taken }) => taken);
        assertEquals(answers, minor === 1 ? sizes.map(() => true) : []);
      },
    });
  }
}

Deno.test({
  name: "Python with itself: a message that is not wanted is stopped",
  ...options,
  async fn() {
    const [bob, alice] = await converse(
      ["--stop-over", "300000", "--reason", "that is all"],
      ["--sizes", "90000000,5", "--confirm"],
    );
    assertEquals(of("stopped", alice), [
      { event: "stopped", id: 1, reason: "enough" },
    ]);
    assertEquals(of("abort", bob), [{
      event: "abort",
      id: 1,
      reason: "enough",
    }]);
    assertEquals(of("confirmed", alice).map(({ id }) => id), [2]);
    assertEquals(alice.at(-1), { ...CLEAN, reason: "that is all" } as Said);
  },
});

/** Bytes behind the handshake that break a rule, which no vector has because it takes both directions. */
const FAULTS: [name: string, hex: string][] = [
  ["a window that goes down", "00000000ffffffff0000000903000000000000ffff"],
  [
    "a second Confirm for a message",
    "00000007ffffffff0000000105".repeat(2),
  ],
  [
    "1,025 Confirms without a message",
    Array.from(
      { length: 1025 },
      (_, id) => id.toString(16).padStart(8, "0") + "ffffffff0000000105",
    ).join(""),
  ],
];

for (const [name, hex] of FAULTS) {
  Deno.test({
    name: `Python with itself: ${name} is a fault`,
    ...options,
    async fn() {
      const [bob] = await converse([], ["--raw", hex]);
      assert(bob.at(-1)!.fault!.startsWith("PROTOCOL"), bob.at(-1)!.fault!);
    },
  });
}

Deno.test({
  name: "Python with itself: a sender that ignores the windows is a fault",
  ...options,
  async fn() {
    const [bob] = await converse(
      ["--hold-over", "0"],
      ["--greedy", "--sizes", "3000000"],
    );
    assert(bob.at(-1)!.fault!.startsWith("PROTOCOL"), bob.at(-1)!.fault!);
  },
});

Deno.test({
  name:
    "Python with itself: an end of the stream without Goodbye is none, in 1.1",
  ...options,
  async fn() {
    const [bob] = await converse([], ["--quit", "--sizes", "5"]);
    assertEquals(messagesIn(bob), digestsOf([5]));
    assertEquals(bob.at(-1)!.fault, "TRUNCATED");
    const [older] = await converse(["--minor", "0"], ["--quit"]);
    assertEquals(older.at(-1)!.fault, null);
  },
});

Deno.test({
  name: "Python with itself: who is stopped is taken for dead in time",
  ...options,
  async fn() {
    await withMethod("tcp", async (method) => {
      const times = ["--ping", "0.2", "--silence", "1.5"];
      await using bob = new Python([
        ...["listen", method, "bob", "--echo", ...times],
      ]);
      const target = (await bob.next()).method!;
      await using alice = new Python([
        ...["connect", target, "alice", "--echo", ...times],
      ]);
      await Promise.all([bob.next(), alice.next()]);
      // Neither has anything to say: both would wait for ever in 1.0.
      alice.signal("SIGSTOP");
      const { fault } = await bob.next();
      assert(fault!.startsWith("TIMEOUT: nothing was heard"), fault!);
    });
  },
});
