import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { measureChildren } from "../helpers/child_coverage.ts";
import {
  runPeerBatch,
  runPeerProcess,
  startListener,
  within,
} from "../helpers/peer_process.ts";

measureChildren();

const MISUSES: [args: string[], says: string][] = [
  [["--frobnicate"], 'no option "--frobnicate"'],
  [["listen", "-x"], 'no option "-x"'],
  [["dance"], 'no command "dance". Help'],
  [["recieve", "1-a-b-c"], 'no command "recieve"; is "receive" meant?'],
  [["listen", "--accpet=bob"], '"--accpet=bob"; is "--accept" meant?'],
  [["send", "--zst", "f"], '"--zst"; is "--zstd" meant?'],
  [["connect", "bob"], "a nickname needs --directory or --lan"],
  [["connect", ""], "An operand is empty"],
  [["send", "", "f"], "An operand is empty"],
  [["send", "gone", "f"], "no file of that name either"],
  [["send", "mod.ts", "tcp://a"], "a TARGET comes first"],
  [
    ["connect", "tcp://a", "--accept", `bob#${"A".repeat(43)}`],
    "LEKT_DIRECTORY",
  ],
  [["connect"], "operand is missing"],
  [["connect", "tcp://a", "tcp://b"], '"tcp://b" is superfluous'],
  [["send", "tcp://a"], "operand is missing"],
  [["connect", "bob"], '"bob"'],
  [["connect", "gopher://bob"], "gopher"],
  [["listen", "tcp://"], "tcp://"],
  [["listen", "tcp://127.0.0.1:0", "--nick", ""], "nick"],
  [["listen", "--nick"], "--nick needs a value"],
  [["--nick", "", "listen"], "--nick needs a value"],
  [["listen", "--nick="], "--nick needs a value"],
  [["connect", "--pin", "", "tls://a"], "--pin needs a value"],
  [["send", "tcp://a", "f", "--raw", "--zstd"], "--raw and --zstd"],
  [["listen", "--nick", "a\nb"], "nickname"],
  [["listen", "--nick", "é".repeat(128)], "longer than 255 bytes"],
  [["listen", "--accept", "ask"], "needs a terminal"],
  [["listen", "--accept", "ann,,bob"], "--accept"],
  [["listen", "--handshake-timeout", "soon"], "number of seconds"],
  [["listen", "--decision-timeout", "0"], "number of seconds"],
  [["connect", "tcp://a", "--raw"], "--raw"],
  [["connect", "tcp://a", "--once"], "--once"],
];

Deno.test("peer tells each misuse in one line, with status 2", async () => {
  const results = await runPeerBatch(MISUSES.map(([args]) => args));
  for (const [index, [args, says]] of MISUSES.entries()) {
    const { status, stdout, stderr } = results[index]!;
    assertEquals(status, 2, `${args}: ${stderr}`);
    assertEquals(stdout, "");
    assertStringIncludes(stderr, says);
    assertMatch(stderr, /^[^\n]*lekt --help\n$/);
  }
});

Deno.test("peer that is misused exits with 2, and names the command as it was called", async () => {
  const { status, stdout, stderr } = await runPeerProcess(["dance"]);
  assertEquals([status, stdout], [2, ""]);
  assertMatch(stderr, /^[^\n]*deno task peer --help\n$/);
});

Deno.test("peer connect to nobody fails in one line with the code", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const method = `tcp://127.0.0.1:${closed.addr.port}`;
  closed.close();
  const plain = await runPeerProcess(["connect", method]);
  assertEquals(plain.status, 1);
  assertEquals(plain.stdout, "");
  assertMatch(plain.stderr, /^error UNREACHABLE: [^\n]*listen[^\n]*\n$/);
  const json = await runPeerProcess(["connect", method, "--json"]);
  assertEquals(json.status, 1);
  const { message, ...event } = JSON.parse(json.stdout);
  assertEquals(event, { event: "error", code: "UNREACHABLE" });
  assertStringIncludes(message, method);
});

Deno.test("peer listen on a taken port fails", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const method = `tcp://127.0.0.1:${taken.addr.port}`;
  const { status, stdout } = await runPeerProcess(["listen", method, "--json"]);
  assertEquals(status, 1);
  assertEquals(JSON.parse(stdout).event, "error");
});

Deno.test("peer connect to another protocol or version fails with 1", async () => {
  for (const answer of ["HTTP/1.1 400\r\n\r\n", "LEKTA\x02\x00\x00bob\0"]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const running = runPeerProcess(
      ["connect", `tcp://127.0.0.1:${listener.addr.port}`, "--json"],
    );
    const socket = await within("dial", listener.accept());
    await socket.read(new Uint8Array(300));
    await socket.write(new TextEncoder().encode(answer));
    const { status, stdout } = await running;
    socket.close();
    assertEquals(status, 1);
    assertEquals(JSON.parse(stdout).code, "PROTOCOL");
  }
});

Deno.test("peer shows its help and its version", async () => {
  const help = await runPeerProcess(["send", "--help"]);
  assertEquals(help.status, 0);
  for (
    const word of ["listen", "connect", "send", "--nick", "--accept", "--save"]
  ) assertStringIncludes(help.stdout, word);
  const version = await runPeerProcess(["--version"]);
  assertEquals(version.status, 0);
  assertStringIncludes(version.stdout, `lekt ${config.version},`);
});

Deno.test("deno task peer passes its arguments on", async () => {
  const { code, stdout } = await within(
    "task",
    new Deno.Command(Deno.execPath(), {
      args: ["task", "peer", "--version"],
      cwd: new URL("../../", import.meta.url),
    }).output(),
  );
  assertEquals(code, 0);
  assertMatch(new TextDecoder().decode(stdout), /^lekt /);
});

Deno.test("deno task peer works in the folder where the person is", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/mine.txt`, "mine");
  const { peer: bob, method } = await startListener(
    ["--accept", "all", "--save", "in"],
    { cwd: folder },
  );
  await using _bob = bob;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { status, stderr } = await runPeerProcess(
    ["task", "--config", config, "peer", "send", method, "mine.txt"],
    "",
    { program: Deno.execPath(), cwd: folder, env: { INIT_CWD: folder } },
  );
  assertEquals(status, 0, stderr);
  assertEquals(await Deno.readTextFile(`${folder}/in/mine.txt`), "mine");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("peer --help names the command as it was called", async () => {
  const byTask = await runPeerProcess(["--help"]);
  assertStringIncludes(byTask.stdout, "  deno task peer listen");
  const byFile = await runPeerProcess(["--help"], "", {
    env: { INIT_CWD: "" },
  });
  assertMatch(
    byFile.stdout,
    /^ {2}deno run \/\S+\/src\/peer\/main\.ts listen/m,
  );
});

Deno.test("deno task peer is echoed in a short line", () => {
  assert(config.tasks.peer.length < 78);
});

Deno.test("peer says what it cannot use of the system, without advice about flags of Deno", async () => {
  for (const path of ["/dev/stdin", "/proc/self/maps"]) {
    const { status, stderr } = await runPeerProcess(
      ["send", "tcp://127.0.0.1:1", path],
    );
    assertEquals(status, 1);
    assertMatch(stderr, /^error FILE: Cannot send [^\n]*belongs to the system/);
    assert(!stderr.includes("--allow"), stderr);
  }
});

Deno.test("peer tells in one line that the folder of its key cannot be made", async () => {
  const file = await Deno.makeTempFile();
  for (const folder of [`${file}/config`, "/proc/1"]) {
    const { status, stderr } = await runPeerProcess(
      ["listen", "tls://127.0.0.1:0"],
      "",
      { env: { XDG_CONFIG_HOME: folder } },
    );
    assertEquals(status, 1, stderr);
    assertMatch(stderr, /(?:^|\n)error INVALID_ARGUMENT: Cannot [^\n]*\n$/);
    assert(!/--allow|\n +at /.test(stderr), stderr);
  }
  await Deno.remove(file);
});
