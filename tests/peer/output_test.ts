// Bytes through pipes: `--output`, and what text mode says of bytes.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { connect } from "@lekt/lekt";
import { measureChildren } from "../helpers/child_coverage.ts";
import { Prng } from "../helpers/prng.ts";
import {
  AGREED,
  CONTROL,
  fromModule,
  hello,
  MORE,
  packet,
  RawPeer,
  welcome,
} from "../helpers/raw_peer.ts";
import {
  isEvent,
  PeerProcess,
  type PeerProcessOptions,
  runPeerProcess,
  taskArguments,
  within,
} from "../helpers/peer_process.ts";

measureChildren();

/** Bytes of every kind: NUL, line ends, what is no UTF-8, and a share that is. */
function everyByte(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const prng = new Prng(seed);
  return Uint8Array.from({ length: size }, () => prng.next());
}

/** `peer` whose standard output goes to a file, as in a shell's pipe. */
function intoFile(path: string, args: readonly string[]): PeerProcess {
  const words = [Deno.execPath(), ...taskArguments(), ...args]
    .map((word) => `'${word}'`).join(" ");
  const options: PeerProcessOptions = { program: "sh" };
  return new PeerProcess(["-c", `exec ${words} > '${path}'`], options);
}

async function listening(peer: PeerProcess): Promise<string> {
  const told = await peer.error("Listening on tcp://127.0.0.1:");
  return /tcp:\S+:\d+(?=\s)/.exec(told)![0];
}

Deno.test("bytes through a pipe arrive exactly as they are, as a bare message and as a file", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "out");
  const seed = 11;
  console.log(`seed ${seed}`);
  const contents = [
    everyByte(3_000_000, seed),
    new TextEncoder().encode("lines\r\nof text\twith controls\n\x1b[2J"),
    new Uint8Array(0),
    Uint8Array.of(0, 0x4c, 0x45, 0x4b, 0x54, 0x52, 0x31, 0x0a, 1),
  ];
  for (const isRaw of [true, false]) {
    for (const content of contents) {
      await using bob = intoFile(path, [
        "listen",
        "tcp://127.0.0.1:0",
        "--accept",
        "all",
        "--once",
        "--output",
        "-",
      ]);
      await bob.endInput();
      const method = await listening(bob);
      const raw = isRaw ? ["--raw"] : [];
      await using ann = new PeerProcess(["send", ...raw, method, "-"]);
      await ann.write(content);
      await ann.endInput();
      await ann.expectEnd(0);
      await bob.expectEnd(0);
      assertEquals(Deno.readFileSync(path), content);
    }
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("--output FILE holds one message behind the other, each whole, and tells of each", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "out");
  Deno.writeTextFileSync(path, "was here before, and longer than what comes");
  await using bob = new PeerProcess([
    "listen",
    "tcp://127.0.0.1:0",
    "--accept",
    "all",
    "--once",
    "--json",
    "--output",
    path,
  ]);
  await bob.endInput();
  const { methods } = await bob.event("listening", isEvent("listening"));
  const ann = await connect(methods as string[], { nickname: "ann" });
  const go = Promise.withResolvers<void>();
  async function* halting(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(100_000).fill(0x61);
    await go.promise;
    yield new Uint8Array(100_000).fill(0x62);
  }
  const begun = Promise.withResolvers<number>();
  const first = ann.send(halting(), { onId: begun.resolve });
  await begun.promise;
  const second = await ann.send("second");
  go.resolve();
  const firstId = await within("the first message", first);
  await ann.closeWrite();
  await bob.expectEnd(0);
  await ann.close();
  const expected = new Uint8Array(200_006);
  expected.fill(0x61, 0, 100_000);
  expected.fill(0x62, 100_000);
  expected.set(new TextEncoder().encode("second"), 200_000);
  assertEquals(Deno.readFileSync(path), expected);
  assertEquals(
    bob.events.filter(isEvent("message"))
      .map(({ id, bytes, path }) => [id, bytes, path]),
    [[firstId, 200_000, path], [second, 6, path]],
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a message that is given up half-way, and an output that breaks, are failures", async () => {
  const listen = [
    "listen",
    "tcp://127.0.0.1:0",
    "--accept",
    "all",
    "--once",
    "--output",
  ];
  await using bob = new PeerProcess([...listen, "-"]);
  await bob.endInput();
  const ann = await connect(await listening(bob), { nickname: "ann" });
  const aborting = new AbortController();
  async function* halting(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(100_000).fill(0x61);
    await new Promise<void>(() => {});
  }
  const sending = ann.send(halting(), { signal: aborting.signal });
  await bob.output("a");
  aborting.abort(new Error("no more"));
  await sending.catch(() => {});
  await ann.closeWrite();
  await bob.expectEnd(1);
  await ann.close();

  const missing = await runPeerProcess([...listen, "/does/not/exist"]);
  assertEquals(missing.status, 1);
  assertStringIncludes(missing.stderr, "Cannot write to /does/not/exist");

  await using full = intoFile("/dev/full", [...listen, "-"]);
  await full.endInput();
  const method = await listening(full);
  const sent = await runPeerProcess(["send", method, "-", "--json"], "x");
  assertEquals(sent.status, 1);
  const lines = sent.stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.at(-1).files[0].state, "failed");
  await full.expectEnd(1);
});

Deno.test("text mode says that it is for text, and does not call data that it dropped a success", async () => {
  const listen = ["listen", "tcp://127.0.0.1:0", "--accept", "all", "--once"];
  await using bob = new PeerProcess(listen);
  await bob.endInput();
  const sent = await runPeerProcess(
    ["send", "--raw", await listening(bob), "-"],
    "one line\nand another\n",
  );
  assertEquals(sent.status, 0);
  const text = await bob.expectEnd(0);
  assertStringIncludes(text.stderr, "--output -");

  await using carl = new PeerProcess(listen);
  await carl.endInput();
  await using dan = new PeerProcess(
    ["send", "--raw", await listening(carl), "-"],
  );
  await dan.write(everyByte(10_000, 12));
  await dan.endInput();
  await dan.expectEnd(0);
  const data = await carl.expectEnd(1);
  assertEquals(data.stdout, "");
  assertStringIncludes(data.stderr, "it was not kept");
  assertStringIncludes(data.stderr, "--output -");

  const both = await runPeerProcess([...listen, "--output", "-", "--json"]);
  assertEquals(both.status, 2);
  assert(both.stderr.includes("share one output"), both.stderr);
});

/** Reads on to the control packet of this kind, and tells the number that it announces. */
async function announced(raw: RawPeer, kind: number): Promise<number> {
  for (;;) {
    const { part, payload } = await raw.readPacket();
    if (part !== CONTROL || payload[0] !== kind) continue;
    return Number(new DataView(payload.buffer).getBigUint64(1));
  }
}

Deno.test("a sender may have more than 1 MiB of a message under way, so that a long line does not hold it up", async () => {
  await using bob = new PeerProcess(
    "listen tcp://127.0.0.1:0 --nick bob --accept all --once --output -"
      .split(" "),
  );
  using ann = await RawPeer.dial(await listening(bob));
  await ann.write(hello("ann", [1, 1, 0]));
  await ann.expect(welcome("bob"));
  await ann.write(fromModule(AGREED));
  const [window, messageWindow] = [3, 8];
  const part = new Uint8Array(250_000);
  for (let at = 0; at < 4; at++) await ann.write(packet(0, MORE + at, part));
  assert(await announced(ann, window) >= 8 * part.length);
  for (let at = 4; at < 8; at++) await ann.write(packet(0, MORE + at, part));
  const total = await announced(ann, messageWindow);
  assert(total - 8 * part.length >= 1024 * 1024, `only ${total}`);
  bob.signal("SIGTERM");
  await bob.end();
});
