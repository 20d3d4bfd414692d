import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { connect, type Connection } from "@lekt/lekt";
import { until } from "../helpers/deadline.ts";
import { Prng } from "../helpers/prng.ts";
import { hasContent } from "../helpers/tree.ts";
import {
  DEADLINE_MS,
  isEvent,
  PeerProcess,
  runPeerProcess,
  startListener,
  within,
} from "../helpers/peer_process.ts";

const ENCODER = new TextEncoder();

/** Bytes that look random; the seed makes them differ from test to test. */
function bytes(size: number, seed: number): Uint8Array {
  const prng = new Prng(seed);
  return Uint8Array.from({ length: size }, () => prng.next());
}

function sha256(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(data).digest());
}

function hex(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A listener that saves to a fresh folder, and what belongs to it. */
class SavingListener implements AsyncDisposable {
  readonly folder: string;
  readonly peer: PeerProcess;
  readonly method: string;

  constructor(folder: string, peer: PeerProcess, method: string) {
    this.folder = folder;
    this.peer = peer;
    this.method = method;
  }

  static async start(...args: string[]): Promise<SavingListener> {
    const folder = await Deno.makeTempDir();
    const { peer, method } = await startListener(
      ["--accept", "all", "--save", folder, "--nick", "bob", ...args],
    );
    await peer.endInput();
    return new SavingListener(folder, peer, method);
  }

  names(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).sort();
  }

  /** Resolves when the content of a file has begun to come. */
  async untilNotEmpty(): Promise<void> {
    await until(() => hasContent(this.folder), "content comes", DEADLINE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A file message, as `PROTOCOL.md`, section 9 has it, with what is wrong on purpose. */
function fileMessage(
  header: unknown,
  content: Uint8Array,
  digest: Uint8Array = sha256(content),
): Blob {
  const line = typeof header === "string" ? header : JSON.stringify(header);
  return new Blob([
    ENCODER.encode("\0LEKTF1\n"),
    ENCODER.encode(`${line}\n`),
    new Uint8Array(content),
    new Uint8Array(digest),
  ]);
}

async function receipt(
  connection: Connection,
): Promise<Record<string, unknown>> {
  const message = await within("receipt", connection.receive());
  const text = await message!.text();
  assert(text.startsWith("\0LEKTR1\n"), text);
  return JSON.parse(text.slice(8));
}

Deno.test("peer send brings files over whole, and never overwrites", async () => {
  await using bob = await SavingListener.start("--once");
  const source = await Deno.makeTempDir();
  const large = bytes(5_000_000, 1);
  Deno.writeFileSync(join(source, "a.txt"), ENCODER.encode("small"));
  Deno.writeFileSync(join(source, "größe.bin"), large);
  Deno.writeFileSync(join(source, "empty"), new Uint8Array(0));
  Deno.writeTextFileSync(join(bob.folder, "a.txt"), "was here before");
  const files = ["a.txt", "größe.bin", "empty", "a.txt"]
    .map((name) => join(source, name));
  const sent = await runPeerProcess(["send", bob.method, ...files, "--json"]);
  assertEquals(sent.status, 0, sent.stdout + sent.stderr);
  await bob.peer.expectEnd(0);

  assertEquals(
    bob.names(),
    ["a (2).txt", "a (3).txt", "a.txt", "empty", "größe.bin"].sort(),
  );
  assertEquals(
    Deno.readTextFileSync(join(bob.folder, "a.txt")),
    "was here before",
  );
  assertEquals(Deno.readFileSync(join(bob.folder, "größe.bin")), large);
  const lines = sent.stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ event }) => event), [
    "connected",
    ...files.map(() => "receipt"),
    "closed",
    "summary",
  ]);
  const receipts = lines.filter(isEvent("receipt"))
    .sort((a, b) => a.id - b.id);
  assert(receipts.every(({ ok }) => ok));
  assertEquals(lines.at(-2).clean, true);
  assertEquals(
    lines.at(-1).files,
    receipts.map(({ name, id }) => ({ name, id, state: "safe" })),
  );
  assertEquals(
    receipts.map(({ name }) => name),
    ["a.txt", "größe.bin", "empty", "a.txt"],
  );
  const told = bob.peer.events.filter(isEvent("file"));
  const second = told.find(({ name }) => name === "größe.bin")!;
  assertEquals(second, {
    event: "file",
    connection: 1,
    id: second.id,
    name: "größe.bin",
    path: join(bob.folder, "größe.bin"),
    bytes: large.length,
    sha256: hex(large),
  });
  await Deno.remove(source, { recursive: true });
});

Deno.test("peer send takes standard input as a file", async () => {
  await using bob = await SavingListener.start("--once");
  const sent = await runPeerProcess(["send", bob.method, "-"], "piped\n");
  assertEquals(sent.status, 0, sent.stderr);
  await bob.peer.expectEnd(0);
  assertEquals(bob.names(), ["stdin"]);
  assertEquals(
    Deno.readTextFileSync(join(bob.folder, "stdin")),
    "piped\n",
  );
});

Deno.test("peer send --raw sends bare messages", async () => {
  await using bob = await SavingListener.start("--once");
  const source = await Deno.makeTempFile();
  const content = bytes(300_000, 2);
  Deno.writeFileSync(source, content);
  const sent = await runPeerProcess(
    ["send", "--raw", bob.method, source, "-", "--json"],
    "text",
  );
  assertEquals(sent.status, 0, sent.stderr);
  // Both speak 1.1, so the other program has said that it has taken them.
  const lines = sent.stdout.trim().split("\n").map((line) => JSON.parse(line));
  const states = lines.find(isEvent("summary")).files
    .map(({ state }: { state: string }) => state);
  assertEquals(states, ["safe", "safe"]);
  await bob.peer.expectEnd(0);
  const told = bob.peer.events.filter(isEvent("message"));
  assertEquals(
    told.map(({ sha256 }) => sha256).sort(),
    [hex(content), hex(ENCODER.encode("text"))].sort(),
  );
  assertEquals(bob.names(), []);
  await Deno.remove(source);
});

Deno.test("peer send of what is no file fails before it connects", async () => {
  const missing = await runPeerProcess(
    ["send", "tcp://127.0.0.1:1", "/does/not/exist", "--json"],
  );
  assertEquals(missing.status, 1);
  assertEquals(JSON.parse(missing.stdout).code, "FILE");
  const folder = await runPeerProcess(
    ["send", "--raw", "tcp://127.0.0.1:1", "/"],
  );
  assertEquals(folder.status, 1);
  assertStringIncludes(folder.stderr, "it is a folder");
});

Deno.test("peer send fails where no receipt comes", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const running = runPeerProcess(
    ["send", `tcp://127.0.0.1:${listener.addr.port}`, "-", "--json"],
    "x",
  );
  const socket = await within("dial", listener.accept());
  await socket.read(new Uint8Array(300));
  await socket.write(ENCODER.encode("LEKTA\x01\x00\x00bob\0"));
  const rest = new Uint8Array(1000);
  // Not before the other side has answered: that would be within the handshake.
  await within("Accept", socket.read(rest));
  await socket.closeWrite();
  while (await within("file", socket.read(rest)) !== null);
  const { status, stdout } = await running;
  socket.close();
  listener.close();
  assertEquals(status, 1);
  const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const error = lines.find(isEvent("error"));
  assertEquals([error.code, error.name, error.id], ["FILE", "stdin", 0]);
  const [{ name, id, state }] = lines.at(-1).files;
  assertEquals([name, id, state], ["stdin", 0, "unconfirmed"]);
});

Deno.test("peer refuses damaged files, says so to the sender, and leaves nothing", async () => {
  await using bob = await SavingListener.start("--once");
  await using ann = await connect(bob.method, { nickname: "ann" });
  const content = bytes(100_000, 3);
  const name = "x.bin";
  const size = content.length;
  const cases: [what: string, file: Blob][] = [
    ["digest", fileMessage({ name, size }, content, new Uint8Array(32))],
    ["too short", fileMessage({ name, size: size + 1 }, content)],
    ["too long", fileMessage({ name, size: size - 1 }, content)],
    ["no digest", fileMessage({ name }, new Uint8Array(0), new Uint8Array(31))],
    ["no object", fileMessage("[1]", content)],
    ["no JSON", fileMessage("{name}", content)],
    ["no name", fileMessage({ size }, content)],
    ["bad size", fileMessage({ name, size: "1" }, content)],
    ["negative size", fileMessage({ name, size: -1 }, content)],
    ["long header", fileMessage({ name, x: "y".repeat(4096) }, content)],
    ["no end", new Blob([ENCODER.encode('\0LEKTF1\n{"name":"x"}')])],
  ];
  const WITHOUT_NAME = new Set([
    "no object",
    "no JSON",
    "no name",
    "long header",
    "no end",
  ]);
  const ids: number[] = [];
  for (const [what, file] of cases) {
    const id = await ann.send(file);
    ids.push(id);
    const { reason, name, ...rest } = await receipt(ann);
    assertEquals(rest, { id, ok: false }, what);
    assertEquals(name, WITHOUT_NAME.has(what) ? undefined : "x.bin", what);
    assert(typeof reason === "string" && reason.length > 0, what);
  }
  await ann.closeWrite();
  await bob.peer.expectEnd(1);
  assertEquals(bob.names(), []);
  const errors = bob.peer.events.filter(isEvent("error"));
  assertEquals(errors.map(({ code }) => code), cases.map(() => "FILE"));
  assertEquals(errors.map(({ id }) => id), ids);
  assert(
    errors.every(({ name }, index) =>
      name === undefined ? WITHOUT_NAME.has(cases[index]![0]) : name === "x.bin"
    ),
  );
  assertEquals(bob.peer.events.at(-1)?.clean, true);
});

Deno.test("peer takes a header of 4096 bytes, and unknown members", async () => {
  await using bob = await SavingListener.start("--once");
  await using ann = await connect(bob.method, { nickname: "ann" });
  const shortest = JSON.stringify({ name: "n", more: "" }).length + 1;
  const header = { name: "n", more: "m".repeat(4096 - shortest) };
  const id = await ann.send(fileMessage(header, ENCODER.encode("content")));
  assertEquals(await receipt(ann), { id, name: "n", ok: true });
  await ann.closeWrite();
  await bob.peer.expectEnd(0);
  assertEquals(Deno.readTextFileSync(join(bob.folder, "n")), "content");
});

Deno.test("peer decides itself where a file goes", async () => {
  await using bob = await SavingListener.start();
  await using ann = await connect(bob.method, { nickname: "ann" });
  const names: [sent: string, saved: string][] = [
    ["../../etc/passwd", "passwd"],
    ["C:\\temp\\evil.exe", "evil.exe"],
    ["..", "file"],
    ["a/", "file (2)"],
    [".bash_profile", "bash_profile"],
    ["x/.ssh", "ssh"],
    ["\u001b[2Jred\u202e.txt", "[2Jred.txt"],
    [`${"ü".repeat(150)}.tar.gz`, `${"ü".repeat(98)}.tar.gz`.slice(0, 105)],
  ];
  for (const [name, saved] of names) {
    const id = await ann.send(fileMessage({ name }, ENCODER.encode(name)));
    const { id: receiptId, ok } = await receipt(ann);
    assertEquals([receiptId, ok], [id, true]);
    const told = await bob.peer.event(
      saved,
      (line) => line.event === "file" && line.id === id,
    );
    const path = String(told.path);
    assert(path.startsWith(`${bob.folder}/`));
    assert(ENCODER.encode(path.slice(bob.folder.length + 1)).length <= 200);
    if (name.length < 100) assertEquals(path, join(bob.folder, saved));
    assert(path.endsWith(saved.slice(-3)));
    assertEquals(Deno.readTextFileSync(path), name);
    const { mode } = Deno.statSync(path);
    assertEquals((mode ?? 0) & 0o111, 0, "nothing is executable");
    // deno-lint-ignore no-control-regex -- these are looked for
    assert(!/[\u0000-\u001f\u202e]/.test(String(told.name)));
  }
});

Deno.test("peer leaves nothing of a file that is aborted or cut short", async () => {
  await using bob = await SavingListener.start("--once");
  const ann = await connect(bob.method, { nickname: "ann" });
  const giveUp = new AbortController();
  const halfWay = Promise.withResolvers<void>();

  async function* endless(onHalfWay?: () => void): AsyncGenerator<Uint8Array> {
    yield ENCODER.encode('\0LEKTF1\n{"name":"big"}\n');
    for (let count = 0;; count++) {
      if (count === 20) onHalfWay?.();
      yield new Uint8Array(100_000);
    }
  }

  const sending = ann.send(endless(halfWay.resolve), {
    signal: giveUp.signal,
  });
  await within("half of the file", halfWay.promise);
  giveUp.abort(new Error("no more"));
  await sending.catch(() => {});
  await bob.peer.event("aborted", isEvent("aborted"));
  assertEquals(bob.names(), []);

  const script = `
    import { connect } from "@lekt/lekt";
    const connection = await connect(${
    JSON.stringify(bob.method)
  }, { nickname: "eve" });
    async function* endless() {
      yield new TextEncoder().encode('\\0LEKTF1\\n{"name":"cut"}\\n');
      for (let count = 0;; count++) {
        if (count === 100) Deno.exit(0);
        yield new Uint8Array(100_000);
      }
    }
    await connection.send(endless());
  `;
  const eve = new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: new URL("../../", import.meta.url),
  });
  await within("eve", eve.output());
  await bob.peer.event(
    "cut short",
    (line) => line.event === "error" && line.connection === 2,
  );
  await bob.peer.event(
    "closed",
    (line) => line.event === "closed" && line.connection === 2,
  );
  assertEquals(bob.names(), []);
  await ann.close();
  await bob.peer.expectEnd(1);
});

Deno.test("peer that is interrupted leaves no part of a file", async () => {
  await using bob = await SavingListener.start();
  await using ann = new PeerProcess(
    ["send", bob.method, "/dev/zero", "--json"],
  );
  await bob.peer.event("connected", isEvent("connected"));
  await within("part of the file", bob.untilNotEmpty());
  bob.peer.signal("SIGINT");
  await bob.peer.expectEnd(0);
  assertEquals(bob.names(), []);
  await ann.expectEnd(1);
});

Deno.test("peer send that is interrupted aborts its file", async () => {
  await using bob = await SavingListener.start("--once");
  await using ann = new PeerProcess(
    ["send", bob.method, "/dev/zero", "--json"],
  );
  await bob.peer.event("connected", isEvent("connected"));
  await within("part of the file", bob.untilNotEmpty());
  ann.signal("SIGTERM");
  await ann.expectEnd(130);
  await bob.peer.expectEnd(1);
  assert(bob.peer.events.some(isEvent("aborted")));
  assertEquals(bob.peer.events.at(-1)?.clean, true);
  assertEquals(bob.names(), []);
});
