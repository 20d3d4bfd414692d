// What the options come to: who is let in, which files are taken, and what does not go together.
import { assertEquals, assertThrows } from "@std/assert";
import { readCode } from "../../src/peer/code/code.ts";
import { WORDS } from "../../src/peer/code/words.ts";
import type { DirectoryServerSettings } from "../../src/peer/directory_settings.ts";
import {
  Misuse,
  parseCommandLine,
  type Settings,
} from "../../src/peer/options.ts";

const IDENTITY = `ann#${"A".repeat(43)}`;
const DIRECTORY = ["--directory", "http://127.0.0.1:1"];

/** What the words of a line ask for, in a script or at a terminal. */
function read(line: string, isTerminal = false): Settings {
  return parseCommandLine(line.split(" "), {
    isTerminal,
    loginName: () => "login",
    isFile: (path) => path.startsWith("file"),
  }) as Settings;
}

function refuses(line: string, says: string, isTerminal = false): void {
  assertThrows(() => read(line, isTerminal), Misuse, says);
}

Deno.test("files are taken unasked in a script alone, and never by who only sends", () => {
  const word = (line: string, isTerminal: boolean) =>
    read(line, isTerminal).acceptFiles;
  assertEquals(word("listen", false), "all");
  assertEquals(word("listen", true), "ask");
  assertEquals(word("connect tcp://h", true), "ask");
  for (const isTerminal of [true, false]) {
    assertEquals(word("send tcp://h file", isTerminal), "none");
    assertEquals(word("listen --accept-files none", isTerminal), "none");
    assertEquals(word("listen --accept-files all", isTerminal), "all");
    refuses("listen --accept-files some", "takes all, ask, none", isTerminal);
    refuses(
      "send tcp://h file --accept-files ask",
      "conversation at a terminal",
      isTerminal,
    );
  }
  assertEquals(word("listen --accept-files ask", true), "ask");
  refuses("listen --accept-files ask", "conversation at a terminal");
});

Deno.test("who is let in is named by nicknames, and by identities where a directory proves them", () => {
  const { acceptIncoming } = read(
    [...DIRECTORY, "listen", "--accept", `bob,${IDENTITY}`].join(" "),
  );
  assertEquals([...acceptIncoming.nicknames], ["bob"]);
  assertEquals([...acceptIncoming.identities], [IDENTITY]);
  refuses(`listen --accept ${IDENTITY}`, "needs --directory");
  refuses("listen --accept bob,,cyd", '--accept names ""');
  refuses("listen --accept ask", "needs a terminal");
  assertEquals(read("listen --accept ask", true).acceptIncoming.asks, true);
  refuses("listen --nick a\nb", "The nickname");
});

Deno.test("a listener has the methods that are named, or one", () => {
  assertEquals(read("listen").methods, ["tcp://127.0.0.1:15358"]);
  const named = ["tcp://a:1", "tls://b:2"];
  assertEquals(read(`listen ${named.join(" ")}`).methods, named);
  assertEquals(read("connect tcp://a:1").methods, ["tcp://127.0.0.1:15358"]);
  assertEquals(read("listen --lan").methods.length, 1);
});

Deno.test("in the local network a listener shows a key, and others name a nickname", () => {
  assertEquals(read("listen --lan tls://0.0.0.0:1").isLan, true);
  assertEquals(read("connect --lan bob").target, "bob");
  assertEquals(read("send --lan bob file").target, "bob");
  refuses("listen --lan tcp://0.0.0.0:1", "needs a tls METHOD");
  refuses("connect --lan tcp://h", "needs a nickname");
  refuses("send --lan file", "needs a nickname");
});

Deno.test("a code needs a directory, and nothing that says who is let in", () => {
  const directory = DIRECTORY.join(" ");
  assertEquals(read(`${directory} send file`).target, "");
  refuses("send file", "A code needs a directory");
  refuses(`${directory} send file --accept bob`, "no use with a code");
  refuses(`${directory} receive`, "operand is missing");
  assertEquals(read(`${directory} receive`, true).code, undefined);
  const { code } = read(
    `${directory} receive 7-${WORDS.slice(0, 3).join("-")}`,
  );
  assertEquals(code, readCode(`7-${WORDS.slice(0, 3).join("-")}`));
});

Deno.test("what shares one input, one output, or excludes each other is refused", () => {
  refuses("send tcp://h - -", "named twice");
  refuses("send tcp://h file --raw --zstd", "--raw and --zstd");
  refuses("listen --json --output -", "share one output");
  assertEquals(read("listen --json --output a").output, "a");
  assertEquals(read("listen --output -").output, "-");
  assertEquals(read("listen --json").output, undefined);
  assertEquals(read("send tcp://h - file").files, ["-", "file"]);
});

Deno.test("times are seconds, as many as a timer can wait for", () => {
  const reconnect = (text: string) =>
    read(`listen --reconnect ${text}`).reconnectMs;
  assertEquals(read("listen").reconnectMs, 300_000);
  assertEquals(read("listen --output a --reconnect 5").reconnectMs, 0);
  assertEquals(["0", ".5", "2147483"].map(reconnect), [0, 500, 2_147_483_000]);
  for (const text of ["soon", "-1", "2147484", "1e3", "1."]) {
    refuses(`listen --reconnect ${text}`, "--reconnect");
  }
  for (const name of ["handshake", "decision"]) {
    for (const text of ["soon", "0", "1e3", "9999999"]) {
      refuses(`listen --${name}-timeout ${text}`, "number of seconds");
    }
  }
  const { limits } = read("listen --handshake-timeout 1.5");
  assertEquals(limits, { handshakeTimeoutMs: 1_500 });
});

Deno.test("one relay is named, by its URL alone, or none is wanted", () => {
  const relay = (line: string) => read(`listen ${line}`).relay;
  const url = "http://r:1";
  assertEquals(relay("--json"), { isRefused: false });
  assertEquals(relay("--no-relay"), { isRefused: true });
  assertEquals(relay(`--relay ${url}`), { url, isRefused: false });
  for (const end of ["/path", "?query", "#part"]) {
    refuses(`listen --relay ${url}${end}`, "needs https://HOST");
  }
  refuses("listen --relay http://me@r:1", "needs https://HOST");
  refuses("listen --relay ftp://r:1", "needs https://HOST");
  refuses(`listen --relay ${url} --no-relay`, "contradict");
  refuses(`listen --relay ${url} --relay ${url}`, "given twice");
});

Deno.test("a directory relays for this machine alone, and for others where it is told to", () => {
  const server = (line: string) =>
    parseCommandLine(`directory ${line}`.split(" "), {
      isTerminal: false,
      loginName: () => "login",
    }) as DirectoryServerSettings;
  const isRelaying = (line: string) => server(line).isRelaying;
  const url = "http://r:1";
  assertEquals(isRelaying("--json"), true);
  assertEquals(isRelaying("--no-relay"), false);
  assertEquals(isRelaying("--host 0.0.0.0"), false);
  assertEquals(isRelaying("--host 127.0.0.2"), true);
  assertEquals(isRelaying("--origin http://d"), false);
  assertEquals(isRelaying(`--relay=${url}`), false);
  assertEquals(server(`--relay=${url}`).relays, [url]);
  refuses(`directory --relay=${url} --no-relay`, "contradict");
  assertEquals(server("--limit bytesPerSecond=5").relayLimits, {
    bytesPerSecond: 5,
  });
  for (const limit of ["bytesPerSecond", "bytesPerSecond=-1", "=5", "a=1.5"]) {
    refuses(`directory --limit ${limit}`, "needs NAME=N");
  }
  assertEquals(server("--port 65535").port, 65_535);
  for (const port of ["65536", "1e3", "-1", "x"]) {
    refuses(`directory --port ${port}`, "number up to 65535");
  }
  assertEquals(server("--address-header X-From").addressHeader, "X-From");
  refuses("directory --address-header a:b", "the name of a header");
});
