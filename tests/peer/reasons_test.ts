import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "node:path";
import { Misuse, parseCommandLine } from "../../src/peer/options.ts";
import {
  isEvent,
  PeerProcess,
  runPeerProcess,
  startListener,
  taskArguments,
  within,
} from "../helpers/peer_process.ts";

/** Processes that run side by side. */
const PARALLEL_COUNT = 2;

/** A run of the command that fails, and what its one line has to say. */
interface Failing {
  args: string[];
  says: string[];
  env?: Record<string, string>;
}

/** Reads a little of each caller, answers with these bytes and ends. */
function answering(answer: string | Uint8Array): Deno.TcpListener {
  const bytes = typeof answer === "string"
    ? new TextEncoder().encode(answer)
    : answer;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  async function serve(connection: Deno.TcpConn): Promise<void> {
    using _ = connection;
    await connection.read(new Uint8Array(2_048));
    await writeAll(connection, bytes);
    await connection.closeWrite();
    while (await connection.read(new Uint8Array(2_048)) !== null);
  }
  async function run(): Promise<void> {
    for await (const connection of listener) serve(connection).catch(() => {});
  }
  run().catch(() => {});
  return listener;
}

function addressOf(listener: Deno.TcpListener): string {
  return `127.0.0.1:${listener.addr.port}`;
}

async function runAll(cases: readonly Failing[]): Promise<void> {
  const waiting = [...cases];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await check(next);
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_COUNT }, work));
}

async function check({ args, says, env = {} }: Failing): Promise<void> {
  const { status, stdout, stderr } = await runPeerProcess(args, "", { env });
  const shown = `${args.join(" ")}: ${stderr}`;
  assertEquals([status, stdout], [1, ""], shown);
  assertMatch(stderr, /^error [A-Z_]+: Cannot [^\n]*\n$/, shown);
  for (const part of says) assert(stderr.includes(part), `${part}: ${shown}`);
  assert(!/os error|--allow|undefined|\[object/.test(stderr), shown);
}

function status(line: string, ...headers: string[]): string {
  return [`HTTP/1.1 ${line}`, ...headers, "Content-Length: 0", "", ""]
    .join("\r\n");
}

Deno.test("peer says of each other side that it cannot talk to where it is, what it is, and what to do", async () => {
  const answers: [answer: string | Uint8Array, url: string, says: string[]][] =
    [
      ["", "tcp", ["went away", "does lekt listen there"]],
      ["SSH-2.0-x\r\n", "tcp", ["SSH server"]],
      [
        Uint8Array.of(0x15, 3, 3, 0, 2, 2, 70),
        "tcp",
        ["speaks TLS", "tls://"],
      ],
      ["LEKTA\x02\0\0bob\0", "tcp", ["version 2.0.0", "older program"]],
      [Uint8Array.of(0x15, 3, 3, 0, 2, 2, 70), "tls", ["TLS 1.3"]],
      ["LEKTR\x01\0\0\0", "tls", ["does not speak TLS", "tcp://"]],
      ["LEKTR\x01\0\0\0", "ws", ["does not speak HTTP", "tcp://"]],
      [status("404 Not Found"), "ws", ["no listener at this path", "404"]],
      [
        status("302 Found", "Location: /a\tb"),
        "ws",
        ["redirects to /a\\u{9}b"],
      ],
    ];
  const listeners = answers.map(([answer]) => answering(answer));
  await runAll(answers.map(([, scheme, says], index) => {
    const url = `${scheme}://${addressOf(listeners[index]!)}`;
    return { args: ["connect", url], says: [...says, url] };
  }));
  for (const listener of listeners) listener.close();
});

Deno.test("peer says why the system does not let it reach, listen, read, write or save, and what to do", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "file");
  await Deno.writeTextFile(file, "x");
  const config = join(folder, "lekt");
  await Deno.mkdir(config);
  await Deno.writeTextFile(join(config, "certificate.pem"), "x", {
    mode: 0o600,
  });
  const missing = join(folder, "missing");
  const taken = answering("");
  const at = addressOf(taken);
  const tcp = "tcp://127.0.0.1:0";
  await runAll([
    { args: ["connect", `unix:${missing}`], says: ["nothing listens there"] },
    {
      args: ["listen", `tcp://${at}`],
      says: [at, "address is in use", "take another port"],
    },
    {
      args: ["listen", `unix:${file}`],
      says: [file, "a file that is no socket"],
    },
    {
      args: ["listen", tcp, "--save", file],
      says: [`${file} is a file`, "--save DIR"],
    },
    {
      args: ["listen", tcp, "--output", folder],
      says: [folder, "it is a folder"],
    },
    {
      args: ["listen", "tls://127.0.0.1:0"],
      says: [config, "does not hold a certificate", "bring back a copy"],
      env: { XDG_CONFIG_HOME: folder },
    },
    {
      args: ["send", `tcp://${at}`, missing],
      says: [missing, "there is no such file"],
    },
    {
      args: ["send", "--raw", `tcp://${at}`, folder],
      says: [folder, "it is a folder", "archive"],
    },
    { args: ["send", `tcp://${at}`, ""], says: ['""', "its name is empty"] },
  ]);
  taken.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("peer --json says the same in its event", async () => {
  using listener = answering(status("404 Not Found"));
  const url = `ws://${addressOf(listener)}/lekt`;
  const { status: exit, stdout, stderr } = await runPeerProcess(
    ["connect", url, "--json"],
  );
  assertEquals([exit, stderr], [1, ""]);
  assertEquals(JSON.parse(stdout), {
    event: "error",
    code: "UNREACHABLE",
    message:
      `Cannot reach ${url}: it has no listener at this path (status 404)`,
  });
});

Deno.test("peer listen says who was not let in, and why", async () => {
  await using peer = new PeerProcess(
    ["listen", "tcp://127.0.0.1:0", "--accept", "ann"],
  );
  const listening = await peer.error("Listening on ");
  const port = Number(/Listening on tcp:\S+:(\d+)/.exec(listening)![1]);
  async function call(greeting: string): Promise<string> {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode(greeting));
    await within("the end", readAll(connection));
    return `127.0.0.1:${connection.localAddr.port}`;
  }
  const caller = await call("GET / HTTP/1.1\r\n\r\n");
  await peer.error(`with ${caller}: it speaks HTTP (`);
  await call("LEKTH\x01\0\0eve\0");
  await peer.error("eve was rejected by us: ");
  await peer.error("(--accept says who is)");
  peer.signal("SIGTERM");
  await peer.expectEnd(0);
});

async function writeAll(
  connection: Deno.TcpConn,
  bytes: Uint8Array,
): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
}

async function readAll(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(2_048);
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // It was reset, which is an end as well.
  }
}

/** Where Deno keeps what it has fetched, which it looks for in the home folder, too. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

Deno.test("peer whose home takes no files talks all the same, and says so", async () => {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(join(home, "Downloads"), "a file");
  await using bob = new PeerProcess(["listen", "tcp://127.0.0.1:0"], {
    env: { HOME: home, DENO_DIR: await denoDir() },
  });
  const said = await bob.error("Listening on ");
  assertMatch(said, /^Cannot save received files in [^\n]*--save DIR\n/);
  bob.signal("SIGTERM");
  const { stderr } = await bob.expectEnd(0);
  assert(!stderr.includes("Received files go to"), stderr);
  await Deno.remove(home, { recursive: true });
});

Deno.test("peer says which file was cut off, and whose connection broke", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _ = bob;
  const port = Number(method.split(":").at(-1));
  {
    using ann = await Deno.connect({ hostname: "127.0.0.1", port });
    await ann.write(new TextEncoder().encode("LEKTH\x01\0\0ann\0"));
    await ann.read(new Uint8Array(300));
    await ann.write(new TextEncoder().encode("LEKTA\x01\0\0"));
    // More than waits for its end before it is looked at.
    const text = '\0LEKTF1\n{"name":"a.txt","size":900000}\n' +
      "x".repeat(200_000);
    const header = new Uint8Array(12);
    const view = new DataView(header.buffer);
    view.setUint32(4, 0x80000000);
    view.setUint32(8, text.length);
    await writeAll(ann, header);
    await writeAll(ann, new TextEncoder().encode(text));
    await ann.closeWrite();
    const { message, name } = await bob.event("error", isEvent("error"));
    assertEquals(name, "a.txt");
    assertMatch(message as string, /^Cannot take a\.txt: [^\n]*ended inside/);
    // Nothing of ours may be unread when it closes.
    await readAll(ann);
  }
  bob.signal("SIGTERM");
  await bob.expectEnd(0);
});

Deno.test({
  name: "peer ends in one line where standard input, or standard output, fails",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const listener = await startListener(["--accept", "all"]);
    await using bob = listener.peer;
    const folder = await Deno.makeTempDir();
    const command = [Deno.execPath(), ...taskArguments()]
      .map((word) => `'${word}'`).join(" ");
    for (
      const [line, says] of [
        [
          `${command} connect ${listener.method} < '${folder}'`,
          "Cannot read standard input: it is a folder",
        ],
        [
          `${command} --version > /dev/full`,
          "Cannot write to standard output: the disk is full",
        ],
      ] as const
    ) {
      const { status, stderr } = await runPeerProcess(["-c", line], "", {
        program: "bash",
      });
      assertEquals(status, 1, stderr);
      assertMatch(stderr, new RegExp(`(?:^|\n)error FILE: ${says}\n`));
      assert(!stderr.includes("Uncaught"), stderr);
    }
    await Deno.remove(folder);
    bob.signal("SIGTERM");
    await bob.expectEnd(0);
  },
});

const MISUSES: [args: string[], says: string[]][] = [
  [["listen", "--json=no"], ["--json takes no value"]],
  [["connect", "127.0.0.1:15358"], ["is tcp://127.0.0.1:15358 meant?"]],
  [["connect", "http://bob.example/x"], ["is ws://bob.example/x meant?"]],
  [["connect", "bob"], ["a nickname needs --directory"]],
  [["send", "tcp://a", "-", "-"], ["one standard input"]],
  [["listen", "--handshake-timeout", "9e9"], ["from 0.001 to 2147483"]],
  [["directory", "--address-header", "a b"], ["the name of a header"]],
];

Deno.test("parseCommandLine() says what may be meant, and takes no value for another", () => {
  for (const [args, says] of MISUSES) {
    const { message } = assertThrows(
      () =>
        parseCommandLine(args, { isTerminal: false, loginName: () => "bob" }),
      Misuse,
    );
    for (const part of says) assert(message.includes(part), message);
  }
});
