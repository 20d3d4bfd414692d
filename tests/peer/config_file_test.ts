// The file of options: where it is, what it may say, and what goes before it.
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { parseConfig, readConfigText } from "../../src/peer/config_file.ts";
import {
  Misuse,
  parseCommandLine,
  type Settings,
} from "../../src/peer/options.ts";
import { TestUser } from "../helpers/peer_directory.ts";
import { PeerProcess, runPeerProcess } from "../helpers/peer_process.ts";

const PATH = "/home/ann/.config/lekt/config";

/** What the command line asks for beside a file that holds `text`. */
function settings(
  args: string[],
  text: string,
  variables: Record<string, string> = {},
): Settings {
  return parseCommandLine(args, {
    isTerminal: false,
    loginName: () => "login",
    variable: (name) => variables[name],
    readConfig: (path) => ({ path: path ?? PATH, text }),
  }) as Settings;
}

Deno.test("a file of options says what the command line and the environment do not", () => {
  const text = [
    "# remarks, and empty lines",
    "",
    "nick = ann",
    "  directory=http://127.0.0.1:1  ",
    "accept = bob, cyd",
    "accept = dan",
    "plain",
    "json = false",
    "store = names.sqlite",
  ].join("\r\n");
  const read = settings(["listen"], text);
  assertEquals(read.nickname, "ann");
  assertEquals(read.directory?.url, "http://127.0.0.1:1");
  assertEquals([...read.acceptIncoming.nicknames], ["bob", "cyd", "dan"]);
  assertEquals([read.isPlain, read.isJson, read.isOnce], [true, false, false]);

  const url = "http://127.0.0.1:2";
  const args = ["listen", "--nick", "eve", "--accept", "all", "--json"];
  const typed = settings(args, text, { LEKT_DIRECTORY: url });
  assertEquals([typed.nickname, typed.isJson], ["eve", true]);
  assertEquals([...typed.acceptIncoming.nicknames], []);
  assertEquals(typed.directory?.url, url);

  const without = settings(["listen", "--no-config"], text);
  assertEquals([without.nickname, without.directory], ["login", undefined]);
  assertThrows(
    () => settings(["listen", "--no-config", "--config", "a"], text),
    Misuse,
    "exclude each other",
  );
  const none = settings(["listen", "--directory", "none"], text);
  assertEquals(none.directory, undefined);
});

Deno.test("an option of the file gives way to what was typed where both cannot be", () => {
  const url = "http://127.0.0.1:1";
  const at = ["--directory", url];
  const cases: [args: string[], text: string, (read: Settings) => unknown][] = [
    [["listen", "--no-relay"], `relay = ${url}`, ({ relay }) => relay.url],
    [["listen", "--relay", url], "no-relay", (read) => read.relay.isRefused],
    [["send", "tcp://h:1", "f", "--raw"], "zstd", (read) => read.isZstd],
    [["listen", "--json"], "output = -", (read) => read.output],
    [
      ["send", "f", ...at],
      "accept = ann",
      (read) => read.acceptIncoming.nicknames.size,
    ],
    [
      ["send", "tcp://h:1", "f"],
      "accept-files = ask",
      (read) => read.acceptFiles === "ask",
    ],
    [["connect", "tcp://h:1"], "lan", (read) => read.isLan],
    [["send", "f"], `lan\ndirectory = ${url}`, (read) => read.isLan],
    [["connect", "bob", ...at], "lan", (read) => read.isLan],
    [["listen", "tcp://h:1"], "lan", (read) => read.isLan],
    [
      ["listen", "--directory", "none"],
      "advertise = tcp://h:1",
      (read) => read.directory,
    ],
    [["connect", "tcp://h:1"], "allow-local", (read) => read.directory],
    [
      ["connect", "tcp://h:1"],
      `pin = ${"A".repeat(43)}`,
      (read) => read.pinnedKey,
    ],
  ];
  for (const [args, text, found] of cases) {
    assert(!found(settings(args, text)), `${args}: ${text}`);
  }
  // Whoever is to be asked must not be passed over in a script.
  for (const text of ["accept = ask", "accept-files = ask"]) {
    assertThrows(() => settings(["listen"], text), Misuse, "(/home/ann");
  }
  const both = `relay = ${url}\nno-relay`;
  assertThrows(() => settings(["listen"], both), Misuse, "line 1");
});

Deno.test("a file of options that cannot be followed is named with the line", () => {
  const cases: [string, string][] = [
    ["nick = ann\nfrobnicate = 1", `no option "frobnicate" (${PATH}, line 2)`],
    ["-x", 'no option "-x" ('],
    ["nikc = ann", 'no option "nikc"; is "nick" meant? ('],
    ["nick", `nick needs a value: NAME (${PATH}, line 1)`],
    ["nick =", "nick needs a value"],
    ["json = maybe", "json is true or false"],
    ["nick ann", `"nick ann" is not NAME = VALUE (${PATH}, line 1)`],
    ["config = /etc/lekt", '"config" has no place in a file'],
    ["help", '"help" has no place in a file'],
    ["\u001b[2J = 1", "\\u{1b}"],
    ["# \n\nhandshake-timeout = soon", `(${PATH}, line 3)`],
    ["directory = dir.example", `(${PATH}, line 1)`],
    ["\nproxy = ftp://a", `or none, by --proxy (${PATH}, line 2)`],
    ["nick = a\n\nnick = b", `nick stands on line 1 already (${PATH}, line 3)`],
    ["json\njson = false", "json stands on line 1 already"],
  ];
  for (const [text, says] of cases) {
    const { message } = assertThrows(() => settings(["listen"], text), Misuse);
    assertStringIncludes(message, says);
  }
});

Deno.test("a path in a file of options may begin with the home folder, as in a shell", () => {
  const text = "save = ~/in/lekt\nnick = ~/ann\nstore = ~names";
  const entries = parseConfig({ path: PATH, text }, "/home/ann");
  assertEquals(
    entries.map(({ value }) => value),
    ["/home/ann/in/lekt", "~/ann", "~names"],
  );
  const [save] = parseConfig({ path: PATH, text });
  assertEquals(save!.value, "~/in/lekt");
});

Deno.test("parseConfig() tells switches, values and where they stand", () => {
  const entries = parseConfig({ path: PATH, text: "once\nnick = a = b" });
  assertEquals(
    entries.map(({ option, value, place }) => [option.name, value, place]),
    [
      ["once", true, `${PATH}, line 1`],
      ["nick", "a = b", `${PATH}, line 2`],
    ],
  );
});

Deno.test("peer reads lekt/config of the configuration folder, or the file that is named", async () => {
  await using user = await TestUser.create();
  const path = `${user.folder}/lekt/config`;
  await Deno.mkdir(`${user.folder}/lekt`);
  await Deno.writeTextFile(path, "json\nonce\naccept = bob\nnonsense = 1\n");
  const usual = await runPeerProcess(["listen"], "", { env: user.env });
  assertEquals(usual.status, 2);
  assertStringIncludes(
    usual.stderr,
    `There is no option "nonsense" (${path}, line 4)`,
  );

  await Deno.writeTextFile(path, "json\n");
  await using listening = new PeerProcess(["listen", "tcp://127.0.0.1:0"], {
    env: user.env,
  });
  await listening.event("listening", ({ event }) => event === "listening");
  listening.signal("SIGTERM");
  await listening.expectEnd(0);
});

Deno.test("a file of options that cannot be read is an error where the command line names it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lekt-config-" });
  const missing = `${folder}/none`;
  const [large, binary] = [`${folder}/large`, `${folder}/binary`];
  await Deno.writeTextFile(large, "#".repeat(70_000));
  await Deno.writeFile(binary, Uint8Array.of(0xff, 0xfe));
  assertEquals(readConfigText(missing, false), undefined);
  assertEquals(readConfigText(undefined, false), undefined);
  assertEquals(readConfigText(`${binary}/config`, false), undefined);
  const cases: [string, string][] = [
    [missing, `Cannot read the options in ${missing}`],
    [folder, "it is not a file"],
    [large, "it has more than 65536 bytes"],
    [binary, "it is no text in UTF-8"],
  ];
  for (const [path, says] of cases) {
    const { message } = assertThrows(() => readConfigText(path, true), Misuse);
    assertStringIncludes(message, says);
  }
  await Deno.writeTextFile(large, "#".repeat(65_536));
  assertEquals(readConfigText(large, true)?.text.length, 65_536);
  const both = () => settings(["listen", "--config", "x", "--no-config"], "");
  assertStringIncludes(
    assertThrows(both, Misuse).message,
    "exclude each other",
  );
  await Deno.remove(folder, { recursive: true });
});
