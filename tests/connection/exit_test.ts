// Nothing of lekt keeps a program from ending.
import { assertEquals } from "@std/assert";
import { within } from "../helpers/deadline.ts";

/** Uses a signal that would fire in an hour wherever one is taken, and comes to its end. */
const PROGRAM = `
  import { connect, listen } from ${
  JSON.stringify(new URL("../../mod.ts", import.meta.url).href)
};
  const signal = AbortSignal.timeout(3_600_000);
  const listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
    signal,
  });
  const accepted = listener[Symbol.asyncIterator]().next();
  const alice = await connect(listener.methods, { nickname: "alice", signal });
  const { value: bob } = await accepted;
  const sends = [
    alice.send("short", { signal }),
    alice.send(new Uint8Array(1_000_000), { signal }),
    alice.send(ReadableStream.from([new Uint8Array(10)]), { signal }),
    alice.send(ReadableStream.from([5]), { signal }).catch(() => {}),
  ];
  for (let i = 0; i < 3; i++) await (await bob.receive()).bytes();
  await Promise.all(sends);
  await Promise.all([alice.close(), bob.close()]);
  await listener.close();
  console.log("the end");
`;

Deno.test("a signal that fires in an hour does not hold a program that has ended its connections", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", PROGRAM],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    const { code, stdout, stderr } = await within(
      child.output(),
      "the end of the program",
      60_000,
    );
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    assertEquals([text(stderr), text(stdout), code], ["", "the end\n", 0]);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
});
