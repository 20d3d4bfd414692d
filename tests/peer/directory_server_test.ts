import { assertEquals, assertStringIncludes } from "@std/assert";
import { createIdentity, DirectoryClient } from "@lekt/lekt/directory";
import { measureChildren } from "../helpers/child_coverage.ts";
import {
  lookupStatus,
  startPeerDirectory,
  TestUser,
} from "../helpers/peer_directory.ts";
import {
  isEvent,
  PeerProcess,
  runPeerBatch,
  runPeerProcess,
} from "../helpers/peer_process.ts";
import { freePort } from "../helpers/free_port.ts";
import { RedisServer, redisTest } from "../helpers/redis.ts";

measureChildren();

const MISUSES: [args: string[], says: string][] = [
  [["directory", "extra"], "superfluous"],
  [["directory", "--port", "70000"], "--port"],
  [["directory", "--port=-1"], "--port"],
  [["directory", "--store", "redis://"], "redis://"],
  [["directory", "--origin", "ftp://x"], "ftp://x"],
  [["directory", "--nick", "bob"], "--nick"],
  [["listen", "--port", "1"], "--port"],
  [["listen", "--directory", "ftp://x"], "--directory"],
  [["listen", "--advertise", "tcp://a"], "--advertise needs --directory"],
  [["connect", "bob", "--allow-local"], "--allow-local needs --directory"],
  [["connect", "bob\n", "--directory", "http://x"], "nickname"],
  [["connect", "tcp://", "--directory", "http://x"], "tcp://"],
  [["connect", "tcp://a", "--pin", "A".repeat(43)], "--pin"],
  [["connect", "tls://a", "--pin", "AAAA"], "43 characters"],
  [["listen", "--accept", `bob#${"A".repeat(43)}`], "needs --directory"],
];

Deno.test("peer tells each misuse of directories in one line, with status 2", async () => {
  const results = await runPeerBatch(MISUSES.map(([args]) => args));
  for (const [index, [args, says]] of MISUSES.entries()) {
    const { status, stdout, stderr } = results[index]!;
    assertEquals([status, stdout], [2, ""], `${args}: ${stderr}`);
    assertStringIncludes(stderr, says);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

Deno.test("peer directory says where it listens, answers for its health, and ends in order", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const { directory, url } = await startPeerDirectory();
    await using _directory = directory;
    for (const path of ["healthz", "readyz", "v1"]) {
      const answer = await fetch(`${url}/${path}`);
      await answer.body?.cancel();
      assertEquals([path, answer.status], [path, 200]);
    }
    directory.signal(signal);
    await directory.expectEnd(0);
    assertEquals(directory.events.map(({ event }) => event), [
      "listening",
      "closed",
    ]);
  }
});

Deno.test("peer directory tells a person the same", async () => {
  await using directory = new PeerProcess(
    ["directory", "--port", "0", "--host", "0.0.0.0"],
  );
  const shown = await directory.error("The directory is at http://0.0.0.0:");
  assertStringIncludes(shown, "warning: the directory listens on 0.0.0.0");
  directory.signal("SIGTERM");
  await directory.expectEnd(0);
});

Deno.test("peer directory on a taken port, or with a file that is none, fails with 1", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (
    const args of [
      ["--port", String(taken.addr.port)],
      ["--port", "0", "--store", "README.md"],
    ]
  ) {
    const { status, stdout } = await runPeerProcess(
      ["directory", "--json", ...args],
    );
    assertEquals(status, 1, stdout);
    const { event, code } = JSON.parse(stdout);
    assertEquals([event, code], ["error", "INVALID_ARGUMENT"]);
  }
});

Deno.test("peer directory keeps nicknames in an SQLite file over a restart", async () => {
  await using user = await TestUser.create();
  const store = ["--store", `${user.folder}/names.sqlite`];
  const identity = await createIdentity();
  const bob = { nickname: "bob", methods: ["tcp://192.0.2.7:15358"] };
  const first = await startPeerDirectory(store);
  {
    await using _directory = first.directory;
    await new DirectoryClient(first.url).register(identity, bob)
      .then((lease) => lease.abandon());
    first.directory.signal("SIGTERM");
    await first.directory.expectEnd(0);
  }
  const second = await startPeerDirectory(store);
  await using _directory = second.directory;
  const found = await new DirectoryClient(second.url).lookup("bob");
  assertEquals(found.thumbprint, identity.thumbprint);
});

redisTest(
  "two peer directories with one Redis serve one name space",
  async () => {
    await using redis = await RedisServer.start();
    const ports = [freePort(), freePort()];
    // A registration is for one address of the directory: each process knows those of both.
    const args = ports.flatMap((
      port,
    ) => ["--origin", `http://127.0.0.1:${port}`]);
    args.push("--store", redis.address);
    const one = await startPeerDirectory(args, ports[0]);
    await using _one = one.directory;
    const other = await startPeerDirectory(args, ports[1]);
    await using _other = other.directory;
    await using bob = await TestUser.create();
    await using alice = await TestUser.create();
    await using listening = bob.start(
      ...["listen", "tls://127.0.0.1:0", "--nick", "bob", "--once"],
      ...["--accept", "all", "--directory", one.url],
    );
    await listening.endInput();
    await listening.event("registered", isEvent("registered"));
    await using dialling = alice.start(
      ...["connect", "bob", "--nick", "alice", "--directory", other.url],
    );
    await dialling.endInput();
    await dialling.expectEnd(0);
    await listening.expectEnd(0);
    const connected = dialling.events.find(isEvent("connected"));
    assertEquals(connected?.verified, true);
    assertEquals(await lookupStatus(other.url, "bob"), 404);
  },
);
