import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Misuse, parseCommandLine } from "../../src/peer/options.ts";
import { measureChildren } from "../helpers/child_coverage.ts";
import { startPeerDirectory, TestUser } from "../helpers/peer_directory.ts";
import {
  isEvent,
  PeerProcess,
  runPeerProcess,
} from "../helpers/peer_process.ts";

measureChildren();

/** Where nobody listens. */
const NOWHERE = "tcp://127.0.0.1:1";

Deno.test("peer is reached by the directory's relay when nothing more direct leads there", async () => {
  await using bobsFolder = await TestUser.create();
  await using alicesFolder = await TestUser.create();
  const { directory, url } = await startPeerDirectory(["--relay"]);
  await using _ = directory;
  const listening = directory.events[0]!;
  assertEquals(listening.relays, ["/"]);
  const use = ["--directory", url];
  const all = ["--accept", "all"];
  await using bob = bobsFolder.start(
    ...["listen", "tcp://127.0.0.1:0", "--nick", "bob", "--once"],
    ...[...use, ...all, "--advertise", NOWHERE],
  );
  const { thumbprint, methods } = await bob.event(
    "registered",
    isEvent("registered"),
  );
  const relayed = `${url.replace("http", "relay+ws")}/${thumbprint}`;
  assertEquals(methods, [NOWHERE, relayed]);
  // Without relays there is no way to him.
  const refused = await runPeerProcess(
    ["connect", "bob", "--nick", "alice", "--no-relay", ...use],
    "",
    { env: alicesFolder.env },
  );
  assertEquals(refused.status, 1);
  assertStringIncludes(refused.stderr, `Cannot reach ${NOWHERE}`);
  await using alice = alicesFolder.start(
    ...["connect", "bob", "--nick", "alice", ...use],
  );
  for (const peer of [alice, bob]) {
    const { method, verified } = await peer.event(
      "connected",
      isEvent("connected"),
    );
    assertEquals([method, verified], [relayed, true]);
  }
  await alice.write("hello\n");
  const { text } = await bob.event("message", isEvent("message"));
  assertEquals(text, "hello");
  await alice.endInput();
  await bob.endInput();
  await alice.expectEnd(0);
  await bob.expectEnd(0);
});

Deno.test("peer is reached by a relay that is named, without a directory, and tells a person so", async () => {
  await using bobsFolder = await TestUser.create();
  await using relay = new PeerProcess(["relay", "--port", "0", "--json"]);
  const { url } = await relay.event("listening", isEvent("listening"));
  await using bob = bobsFolder.start(
    ...["listen", "tcp://127.0.0.1:0", "--nick", "bob", "--accept", "all"],
    ...["--relay", String(url)],
  );
  const { methods, key } = await bob.event("listening", isEvent("listening"));
  const [direct, relayed] = methods as string[];
  assert(direct!.startsWith("tcp://"));
  const { status, stderr } = await runPeerProcess(
    ["connect", relayed!, "--nick", "alice", "--pin", String(key)],
    "hello\n",
  );
  assertEquals(status, 0, stderr);
  const host = new URL(String(url)).host;
  assertStringIncludes(
    stderr,
    `Connected with bob (through the relay ${host}, which sees only ciphertext)`,
  );
  const unpinned = await runPeerProcess(["connect", relayed!]);
  assertEquals(unpinned.status, 1);
  assertStringIncludes(unpinned.stderr, "a relay is not trusted");
});

const SURROUNDINGS = { isTerminal: false, loginName: () => "alice" };

Deno.test("a directory relays for this machine unless it is for others, or told otherwise", () => {
  const table: [string[], boolean, string[]][] = [
    [[], true, []],
    [["--host", "::1"], true, []],
    [["--host", "0.0.0.0"], false, []],
    [["--host", "0.0.0.0", "--relay"], true, []],
    [["--no-relay"], false, []],
    [["--origin", "https://dir.example"], false, []],
    [["--origin", "https://dir.example", "--relay"], true, []],
    [["--relay", "https://r.example"], false, ["https://r.example"]],
    [["--relay", "https://r.example", "--relay"], true, ["https://r.example"]],
  ];
  for (const [args, isRelaying, relays] of table) {
    const settings = parseCommandLine(["directory", ...args], SURROUNDINGS);
    assert(typeof settings === "object" && settings.command === "directory");
    assertEquals([settings.isRelaying, settings.relays], [isRelaying, relays]);
  }
  const limited = [
    "relay",
    "--limit",
    "bytesPerSecond=0",
    "--limit",
    "calls=7",
  ];
  const settings = parseCommandLine(limited, SURROUNDINGS);
  assert(typeof settings === "object" && settings.command === "relay");
  assertEquals(settings.relayLimits, { bytesPerSecond: 0, calls: 7 });
});

Deno.test("peer tells each misuse of relays", async () => {
  const table: [string[], string][] = [
    [["listen", "--relay", "relay.example"], "--relay needs https://HOST"],
    [["listen", "--relay"], "--relay needs https://HOST"],
    [["listen", "--relay", "https://a", "--no-relay"], "contradict"],
    [["listen", "--relay", "https://a", "--relay", "https://b"], "twice"],
    [["connect", NOWHERE, "--relay", "https://a"], "--relay is only for"],
    [["relay", "--limit", "calls"], "--limit needs NAME=N"],
    [["directory", "--relay", "--no-relay"], "contradict"],
  ];
  for (const [args, says] of table) {
    assertThrows(() => parseCommandLine(args, SURROUNDINGS), Misuse, says);
  }
  const late = await runPeerProcess(["relay", "--limit", "nothing=1"]);
  assertEquals([late.status, late.stdout], [2, ""]);
  assertStringIncludes(late.stderr, 'limit "nothing"');
});
