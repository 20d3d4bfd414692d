import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { connect } from "@lekt/lekt";
import {
  isEvent,
  PeerProcess,
  runPeerProcess,
  startListener,
  taskArguments,
  within,
} from "../helpers/peer_process.ts";

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A part with index 9 of a message that is not open. */
const BAD_PACKET = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0);

/** The handshake done by hand. */
async function connectRaw(method: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(method.replace("tcp:", "http:"));
  const socket = await Deno.connect({ hostname, port: Number(port) });
  const encoder = new TextEncoder();
  await socket.write(encoder.encode("LEKTH\x01\x00\x00ann\0"));
  await within("Accept", socket.read(new Uint8Array(300)));
  await socket.write(encoder.encode("LEKTA\x01\x00\x00"));
  return socket;
}

Deno.test("peer talks with another peer through pipes, line by line", async () => {
  const { peer: bob, method } = await startListener(
    ["--nick", "bob", "--accept", "ann", "--once"],
  );
  await using _bob = bob;
  await bob.write("early\n");
  await using ann = new PeerProcess(
    ["connect", method, "--nick", "ann", "--json"],
  );
  await ann.write("hé\r\n\nbare \r cr\nlast");
  await ann.event("early", (line) => line.text === "early");
  await bob.write("later\n");
  await ann.event("later", (line) => line.text === "later");
  await bob.endInput();
  await ann.endInput();
  await ann.expectEnd(0);
  await bob.expectEnd(0);

  assertEquals(
    bob.events.filter(isEvent("message")).map(({ text }) => text),
    ["hé", "", "bare \r cr", "last"],
  );
  assertEquals(bob.events[0], { event: "listening", methods: [method] });
  assertEquals(bob.events[1], {
    event: "request",
    connection: 1,
    nickname: "ann",
  });
  assertEquals(bob.events[2], {
    event: "connected",
    connection: 1,
    nickname: "ann",
    version: "1.1.0",
    method,
    role: "responder",
  });
  const id = bob.events[3]!.id;
  assertEquals(bob.events[3], {
    event: "message",
    connection: 1,
    id,
    bytes: 3,
    sha256: sha256("hé"),
    text: "hé",
  });
  const closed = { event: "closed", connection: 1, clean: true };
  assertEquals(bob.events.at(-1), closed);
  assertEquals(ann.events.at(-1), closed);
  assertEquals(ann.events[0]?.role, "initiator");
});

Deno.test("peer prints each text as one harmless line, and nothing else on standard output", async () => {
  await using bob = new PeerProcess(
    ["listen", "tcp://127.0.0.1:0", "--accept", "all", "--once", "--nick", "b"],
  );
  await bob.endInput();
  await bob.error("Listening on tcp://127.0.0.1:");
  bob.signal("SIGTERM");
  assertEquals((await bob.expectEnd(0)).stdout, "");

  const { peer: twin, method } = await startListener(["--accept", "all"]);
  await using _twin = twin;
  await twin.write("one\ntwo \u001b[31m\u202e\n");
  await using ann = new PeerProcess(["connect", method]);
  await ann.line("two");
  twin.signal("SIGINT");
  await twin.expectEnd(0);
  await ann.endInput();
  const result = await ann.expectEnd(0);
  assertEquals(result.stdout.split("\n")[0], "one");
  assertEquals(result.stdout.split("\n").length, 3);
  assert(!result.stdout.includes("\u001b"));
  assert(!result.stdout.includes("\u202e"));
  assert(!result.stderr.includes("\u001b"), "no colour without a terminal");
});

Deno.test("peer tells text from data, and long text without its text", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  await bob.endInput();
  await using connection = await connect(method, { nickname: "ann" });
  /** The indexes of those whose text is shown. */
  const SHOWN = new Set([0, 2, 4]);
  const messages = [
    "a".repeat(64 * 1024),
    "a".repeat(64 * 1024 + 1),
    "\u{feff}marked",
    Uint8Array.of(0, 0x61),
    Uint8Array.of(0x61, 0),
    Uint8Array.of(0x61, 0xff),
    Uint8Array.of(0xc3),
    new TextEncoder().encode("\0LEKTF2\nrest"),
    new TextEncoder().encode("\0LEKTR1\n[]"),
  ];
  for (const message of messages) await connection.send(message);
  await connection.closeWrite();
  await bob.event("closed", isEvent("closed"));
  assertEquals(
    bob.events.filter(isEvent("message")).map(({ bytes, sha256, text }) =>
      `${bytes} ${sha256} ${text !== undefined}`
    ).sort(),
    messages.map((message, index) => {
      const bytes = typeof message === "string"
        ? new TextEncoder().encode(message)
        : message;
      return `${bytes.length} ${sha256(bytes)} ${SHOWN.has(index)}`;
    }).sort(),
  );
  const marked = bob.events.find((line) => line.bytes === 9);
  assertEquals(marked?.text, "\u{feff}marked");
});

Deno.test("peer connect rejected by the other side ends with 3", async () => {
  const { peer: bob, method } = await startListener(["--accept", "zoe,none"]);
  await using _bob = bob;
  const ann = await runPeerProcess(
    ["connect", method, "--nick", "ann", "--json"],
  );
  assertEquals(ann.status, 3);
  assertEquals(JSON.parse(ann.stdout), {
    event: "rejected",
    connection: 1,
    by: "remote",
    reason: "not among those who are accepted here",
  });
  await bob.event("rejected", isEvent("rejected"));
  assertEquals(bob.events.slice(1), [
    { event: "request", connection: 1, nickname: "ann" },
    {
      event: "rejected",
      connection: 1,
      by: "local",
      reason: "not among those who are accepted here",
    },
  ]);
});

Deno.test("peer connect that rejects who answers ends with 3", async () => {
  const { peer: bob, method } = await startListener(
    ["--accept", "all", "--nick", "bob"],
  );
  await using _bob = bob;
  const ann = await runPeerProcess(
    ["connect", method, "--accept", "carl", "--json"],
  );
  assertEquals(ann.status, 3);
  assertEquals(JSON.parse(ann.stdout).by, "local");
  const told = await bob.event("rejected", isEvent("rejected"));
  assertEquals(told.by, "remote");
});

Deno.test("peer listen accepts nobody without a terminal", async () => {
  const { peer: bob, method } = await startListener([]);
  await using _bob = bob;
  const ann = await runPeerProcess(["connect", method]);
  assertEquals(ann.status, 3);
  assertStringIncludes(ann.stderr, "nobody is accepted here");
});

Deno.test("peer listen --once does not count who was rejected or broke the handshake", async () => {
  const { peer: bob, method } = await startListener(
    ["--accept", "ann", "--once"],
  );
  await using _bob = bob;
  await bob.endInput();
  const { hostname, port } = new URL(method.replace("tcp:", "http:"));
  const stranger = await Deno.connect({ hostname, port: Number(port) });
  await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await bob.event("error", (line) => line.code === "PROTOCOL");
  stranger.close();
  await runPeerProcess(["connect", method, "--nick", "eve"]);
  const ann = await runPeerProcess(["connect", method, "--nick", "ann"]);
  assertEquals(ann.status, 0);
  await bob.expectEnd(0);
  assertEquals(
    bob.events.filter(isEvent("connected")).map(({ connection }) => connection),
    [3],
  );
});

Deno.test("peer listen gives its lines to the conversation that was connected first and is still open", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  const first = await connect(method, { nickname: "first" });
  await bob.event("first", (line) => line.nickname === "first");
  await using second = await connect(method, { nickname: "second" });
  await bob.event(
    "second",
    (line) => line.event === "connected" && line.nickname === "second",
  );
  await bob.write("to the first\n");
  assertEquals(await (await first.receive())?.text(), "to the first");
  await second.closeWrite();
  assertEquals(
    await within("end of the second", second.receive()),
    null,
    "who gets no lines is let go at once",
  );
  await first.closeWrite();
  await bob.write("still to the first\n");
  assertEquals(await (await first.receive())?.text(), "still to the first");
  await bob.endInput();
  assertEquals(await within("end of the first", first.receive()), null);
  await first.close();
});

Deno.test("peer listen gives its lines to the next conversation when the first has ended", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  const first = await connectRaw(method);
  await bob.event("first", isEvent("connected"));
  await using second = await connect(method, { nickname: "second" });
  await bob.event(
    "second",
    (line) => line.event === "connected" && line.nickname === "second",
  );
  await first.write(BAD_PACKET);
  await bob.event("closed", isEvent("closed"));
  await bob.write("to the second\n");
  assertEquals(await (await second.receive())?.text(), "to the second");
  first.close();
});

Deno.test("peer sends a line of any size as one message", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  await bob.endInput();
  const long = "x".repeat(3_000_000);
  const ann = await runPeerProcess(
    ["connect", method],
    `${long}\r\nshort\n`,
  );
  assertEquals(ann.status, 0);
  await bob.event("closed", isEvent("closed"));
  const messages = bob.events.filter(isEvent("message"));
  assertEquals(
    messages.map(({ bytes }) => bytes).sort(),
    [3_000_000, 5],
  );
  assert(messages.some((line) => line.sha256 === sha256(long)));
});

Deno.test("peer tells what its sender gave up, and goes on", async () => {
  const { peer: bob, method } = await startListener(
    ["--accept", "all", "--once"],
  );
  await using _bob = bob;
  await bob.endInput();
  await using connection = await connect(method, { nickname: "ann" });
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(100_000);
    throw new Error("changed my mind");
  }
  await connection.send(failing()).catch(() => {});
  await connection.send("after");
  await connection.closeWrite();
  await bob.expectEnd(0);
  const aborted = bob.events.find(isEvent("aborted"));
  assertEquals(aborted?.reason, "changed my mind");
  assertEquals(bob.events.at(-1)?.clean, true);
  assert(bob.events.some((line) => line.text === "after"));
});

Deno.test("peer tells each message that was cut short, once, and fails", async () => {
  const { peer: bob, method } = await startListener(
    ["--accept", "all", "--once"],
  );
  await using _bob = bob;
  const socket = await connectRaw(method);
  // Two messages, the first part of each.
  for (const id of [5, 6]) {
    await socket.write(
      Uint8Array.of(0, 0, 0, id, 0x80, 0, 0, 0, 0, 0, 0, 1, 0x61),
    );
  }
  socket.close();
  await bob.expectEnd(1);
  const errors = bob.events.filter(isEvent("error"));
  assertEquals(
    errors.map(({ code, id, connection }) => ({ code, id, connection })),
    [
      { code: "TRUNCATED", id: 5, connection: 1 },
      { code: "TRUNCATED", id: 6, connection: 1 },
    ],
  );
  assertEquals(bob.events.at(-1), {
    event: "closed",
    connection: 1,
    clean: false,
  });
});

Deno.test("peer tells a protocol error and fails", async () => {
  const { peer: bob, method } = await startListener(
    ["--accept", "all", "--once"],
  );
  await using _bob = bob;
  const socket = await connectRaw(method);
  await socket.write(BAD_PACKET);
  await bob.expectEnd(1);
  socket.close();
  const errors = bob.events.filter(isEvent("error"));
  assertEquals(errors.map(({ code }) => code), ["PROTOCOL"]);
  assertEquals(bob.events.at(-1)?.clean, false);
});

Deno.test("peer that is interrupted closes its conversations", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  await using ann = new PeerProcess(["connect", method, "--json"]);
  await ann.event("connected", isEvent("connected"));
  await bob.event("connected", isEvent("connected"));
  ann.signal("SIGINT");
  await ann.expectEnd(130);
  assertEquals(ann.events.at(-1)?.event, "closed");

  await using carl = new PeerProcess(["connect", method, "--json"]);
  await carl.event("connected", isEvent("connected"));
  await bob.event(
    "second",
    (line) => line.event === "connected" && line.connection === 2,
  );
  bob.signal("SIGTERM");
  await bob.expectEnd(0);
  assertEquals(
    bob.events.filter(isEvent("closed")).map(({ connection }) => connection)
      .sort(),
    [1, 2],
  );
});

Deno.test("peer that is interrupted before it is connected ends with 130", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr;
  await using ann = new PeerProcess(
    ["connect", `tcp://127.0.0.1:${port}`, "--json"],
  );
  const socket = await within("dial", silent.accept());
  await within("Handshake", socket.read(new Uint8Array(300)));
  ann.signal("SIGINT");
  const { stdout } = await ann.expectEnd(130);
  assertEquals(stdout, "");
  socket.close();
  silent.close();
});

Deno.test("peer ends quietly when nobody reads its output any more", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  await bob.write("x\n".repeat(1000));
  const command = [
    `"$0" "$@" --json </dev/zero | head -n 2 >/dev/null;`,
    `echo "\${PIPESTATUS[0]}"`,
  ].join(" ");
  const shell = new Deno.Command("bash", {
    args: [
      "-c",
      command,
      Deno.execPath(),
      ...taskArguments(),
      "connect",
      method,
    ],
    cwd: new URL("../../", import.meta.url),
  });
  const { stdout, stderr } = await within("shell", shell.output());
  assertEquals(new TextDecoder().decode(stdout).trim(), "0");
  assertEquals(new TextDecoder().decode(stderr), "");
});
