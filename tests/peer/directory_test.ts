import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { DirectoryClient } from "@lekt/lekt/directory";
import { join } from "node:path";
import {
  lookupStatus,
  startPeerDirectory,
  TestUser,
} from "../helpers/peer_directory.ts";
import {
  isEvent,
  type JsonLine,
  PeerProcess,
  runPeerProcess,
} from "../helpers/peer_process.ts";
import { freePort } from "../helpers/free_port.ts";

/** Runs a process to its end without input, and gives its events. */
async function finish(
  peer: PeerProcess,
  status: number,
): Promise<JsonLine[]> {
  await peer.endInput();
  await peer.expectEnd(status);
  return peer.events;
}

function only(events: JsonLine[], name: string): JsonLine {
  const found = events.filter(isEvent(name));
  assertEquals(found.length, 1, JSON.stringify(events));
  return found[0]!;
}

Deno.test("peer connects by nickname, and takes the next method when the best is gone", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  const { directory, url } = await startPeerDirectory();
  await using _directory = directory;
  const socket = join(bob.folder, "bob.sock");
  await using listening = bob.start(
    ...["listen", `unix:${socket}`, "tcp://127.0.0.1:0", "tls://127.0.0.1:0"],
    ...["--nick", "bob", "--accept", "alice", "--directory", url],
  );
  await listening.endInput();
  const { methods } = await listening.event(
    "listening",
    isEvent("listening"),
  );
  const [best, second, third] = methods as string[];
  const registered = await listening.event(
    "registered",
    isEvent("registered"),
  );
  assertEquals(registered.methods, [best, second, third]);

  const dial = ["connect", "bob", "--nick", "alice", "--directory", url];
  const first = only(await finish(alice.start(...dial), 0), "connected");
  assertEquals([first.method, first.verified], [best, false]);

  await Deno.remove(socket);
  const then = only(await finish(alice.start(...dial), 0), "connected");
  assertEquals([then.method, then.verified], [second, false]);
  const requests = listening.events.filter(isEvent("request"));
  assertEquals(requests.map(({ verified }) => verified), [false, false]);

  listening.signal("SIGTERM");
  await listening.expectEnd(0);
  assertEquals(await lookupStatus(url, "bob"), 404);
  const gone = only(await finish(alice.start(...dial), 1), "error");
  assertEquals(gone.code, "UNREACHABLE");
  assertStringIncludes(gone.message as string, "bob");
});

Deno.test("peer sends a file by nickname#thumbprint; the registration ends with listen --once", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  const { directory, url } = await startPeerDirectory();
  await using _directory = directory;
  await using listening = bob.start(
    ...["listen", "wss://127.0.0.1:0/lekt", "--nick", "bob", "--once"],
    ...["--save", bob.folder, "--accept", "all", "--directory", url],
  );
  await listening.endInput();
  const { thumbprint } = await listening.event(
    "registered",
    isEvent("registered"),
  );
  const file = join(alice.folder, "letter.txt");
  await Deno.writeTextFile(file, "dear bob");
  const events = await finish(
    alice.start(
      ...["send", `bob#${thumbprint}`, file],
      ...["--nick", "alice", "--directory", url],
    ),
    0,
  );
  assertEquals(only(events, "connected").verified, true);
  assertEquals(only(events, "receipt").ok, true);
  await listening.expectEnd(0);
  assertEquals(only(listening.events, "connected").verified, true);
  assertEquals(
    await Deno.readTextFile(join(bob.folder, "letter.txt")),
    "dear bob",
  );
  assertEquals(await lookupStatus(url, "bob"), 404);
});

Deno.test("peer lets in who proves an identity, and nobody who only calls themselves so", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  const { directory, url } = await startPeerDirectory();
  await using _directory = directory;

  await using lobby = bob.start(
    ...["listen", "tls://127.0.0.1:0", "--nick", "bob", "--once"],
    ...["--accept", "alice", "--directory", url],
  );
  await lobby.endInput();
  await lobby.event("listening", isEvent("listening"));
  const dial = ["connect", "bob", "--nick", "alice", "--directory", url];
  await finish(alice.start(...dial), 0);
  await lobby.expectEnd(0);
  const { thumbprint } = only(lobby.events, "connected");

  const tls = `tls://127.0.0.1:${freePort()}`;
  await using listening = bob.start(
    ...["listen", tls, "tcp://127.0.0.1:0", "--nick", "bob"],
    ...["--accept", `alice#${thumbprint}`, "--directory", url],
    ...["--advertise", tls],
  );
  await listening.endInput();
  const { methods } = await listening.event(
    "listening",
    isEvent("listening"),
  );
  const [, tcp] = methods as string[];
  const proved = await finish(alice.start(...dial), 0);
  assertEquals(only(proved, "connected").role, "initiator");
  for (const nickname of ["alice", `alice#${thumbprint}`]) {
    const { status } = await runPeerProcess(
      ["connect", tcp!, "--nick", nickname],
    );
    assertEquals(status, 3);
  }
});

Deno.test("peer says so when a nickname is taken, and when a key has changed", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  await using mallory = await TestUser.create();
  const first = await startPeerDirectory();
  const { url } = first;
  const asBob = ["listen", "tls://127.0.0.1:0", "--nick", "bob"];
  const dial = ["connect", "bob", "--nick", "alice", "--directory", url];
  {
    await using _directory = first.directory;
    await using listening = bob.start(
      ...[...asBob, "--accept", "all", "--directory", url],
    );
    await listening.endInput();
    await listening.event("listening", isEvent("listening"));
    await finish(alice.start(...dial), 0);

    const taken = only(
      await finish(mallory.start(...asBob, "--directory", url), 1),
      "error",
    );
    assertEquals(taken.code, "REJECTED");
    assertStringIncludes(taken.message as string, "belongs to another key");
    assertStringIncludes(taken.message as string, "--nick");
    const named = `bob#${"A".repeat(43)}`;
    const wrong = only(
      await finish(
        alice.start("connect", named, "--nick", "alice", "--directory", url),
        1,
      ),
      "error",
    );
    assertStringIncludes(wrong.message as string, `expected ${"A".repeat(43)}`);
  }
  // A directory that has forgotten who owns what.
  const { directory } = await startPeerDirectory([], Number(new URL(url).port));
  await using _directory = directory;
  await using listening = mallory.start(
    ...[...asBob, "--accept", "all", "--directory", url],
  );
  await listening.endInput();
  await listening.event("listening", isEvent("listening"));
  const changed = only(await finish(alice.start(...dial), 1), "error");
  assertEquals(changed.code, "REJECTED");
  assertStringIncludes(changed.message as string, "when it was first met");
});

Deno.test("peer registers reachable addresses, or those that are advertised", async () => {
  await using bob = await TestUser.create();
  const { directory, url } = await startPeerDirectory();
  await using _directory = directory;
  const listen = ["listen", "--nick", "bob", "--directory", url];
  const any = bob.start(...listen, "tcp://0.0.0.0:0");
  {
    await using _any = any;
    const { methods } = await any.event("listening", isEvent("listening"));
    const [uri] = methods as string[];
    const registered = await any.event("registered", isEvent("registered"));
    assertEquals(registered.methods, [uri!.replace("0.0.0.0", "127.0.0.1")]);
  }
  const advertised = ["wss://bob.example/lekt", "tcp://192.0.2.7:15358"];
  await using proxied = bob.start(
    ...[...listen, "tcp://127.0.0.1:0"],
    ...advertised.flatMap((method) => ["--advertise", method]),
  );
  await proxied.endInput();
  const { methods } = await proxied.event("registered", isEvent("registered"));
  assertEquals(methods, advertised);
});

Deno.test("peer keeps its key and certificate to itself, and makes them only where they are used", async () => {
  await using user = await TestUser.create();
  const plain = user.start("listen", "tcp://127.0.0.1:0");
  {
    await using _plain = plain;
    await plain.event("listening", isEvent("listening"));
  }
  assertEquals([...Deno.readDirSync(user.folder)], []);

  await using secure = user.start(
    ...["listen", "tls://127.0.0.1:0", "--accept", "all"],
  );
  await secure.endInput();
  const { methods, key } = await secure.event(
    "listening",
    isEvent("listening"),
  );
  const [method] = methods as string[];
  const folder = join(user.folder, "lekt");
  assertEquals(
    [...Deno.readDirSync(folder)].map(({ name }) => name),
    ["certificate.pem"],
  );
  const file = join(folder, "certificate.pem");
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);

  const pinned = ["connect", method!, "--nick", "ann", "--pin", key as string];
  assertEquals((await runPeerProcess(pinned)).status, 0);
  const other = ["connect", method!, "--nick", "ann", "--pin", "A".repeat(43)];
  const { status, stderr } = await runPeerProcess(other);
  assertEquals(status, 1);
  assertStringIncludes(stderr, "A".repeat(43));

  await Deno.chmod(file, 0o644);
  const shared = user.start("listen", "tls://127.0.0.1:0");
  const error = only(await finish(shared, 1), "error");
  assertStringIncludes(error.message as string, "its mode is 644");
});

Deno.test("peer tells a person who is verified and who only says so", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  const { directory, url } = await startPeerDirectory();
  await using _directory = directory;
  const tls = `tls://127.0.0.1:${freePort()}`;
  await using listening = new PeerProcess(
    [
      ...["listen", tls, "tcp://127.0.0.1:0", "--nick", "bob"],
      ...["--accept", "all", "--directory", url, "--advertise", tls],
    ],
    { env: bob.env },
  );
  await listening.endInput();
  const shown = await listening.error("Registered at");
  const [tcp] = /tcp:\S+/.exec(shown)!;
  const dial = ["connect", "bob", "--nick", "alice", "--directory", url];
  const { stderr } = await runPeerProcess(dial, "", { env: alice.env });
  assertMatch(stderr, /Connected with bob#[\w-]{8}…, verified \(tls:/);
  await runPeerProcess(["connect", tcp, "--nick", "alice, verified"]);
  await listening.error("…, verified asks to talk");
  await listening.error(
    'somebody who calls itself "alice, verified" asks to talk',
  );
  const all = await listening.error("Connected with somebody");
  assert(/Connected with alice#[\w-]{8}…, verified \(tls:/.test(all), all);
});

Deno.test("peer can call by a nickname that is somebody else's, and is told of --nick", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  await using other = await TestUser.create();
  const { directory, url } = await startPeerDirectory();
  await using _directory = directory;
  await using listening = bob.start(
    ...["listen", "tls://127.0.0.1:0", "--nick", "bob"],
    ...["--accept", "all", "--directory", url],
  );
  await listening.endInput();
  await listening.event("registered", isEvent("registered"));
  const dial = ["connect", "bob", "--nick", "ubuntu", "--directory", url];
  await finish(alice.start(...dial), 0);
  const events = await finish(other.start(...dial), 0);
  assertStringIncludes(only(events, "error").message as string, "--nick NAME");
  assertEquals(only(events, "connected").verified, true);
  const requests = listening.events.filter(isEvent("request"));
  assertEquals(requests.map(({ verified }) => verified), [true, false]);
});

Deno.test("of two listeners of one identity, the one that stays is found when the other ends", async () => {
  await using bob = await TestUser.create();
  const { directory, url } = await startPeerDirectory();
  await using _directory = directory;
  const listen = [
    ...["listen", "tls://127.0.0.1:0", "--nick", "bob"],
    ...["--accept", "all", "--directory", url],
  ];
  for (const ends of ["first", "second"]) {
    await using first = bob.start(...listen);
    await first.event("registered", isEvent("registered"));
    await using second = bob.start(...listen);
    const { methods } = await second.event("registered", isEvent("registered"));
    const client = new DirectoryClient(url);
    const stays = ends === "first" ? second : first;
    const leaves = ends === "first" ? first : second;
    leaves.signal("SIGTERM");
    await leaves.expectEnd(0);
    const found = client.watch("bob");
    for await (const event of found) {
      if (event.type === "gone") continue;
      const [uri] = methods as string[];
      const isSecond = event.peer.methods[0]!.uri === uri;
      if (isSecond === (ends === "first")) break;
    }
    stays.signal("SIGTERM");
    await stays.expectEnd(0);
    assertEquals(await lookupStatus(url, "bob"), 404);
  }
});

Deno.test("peer reports no error where somebody tried several methods and took one", async () => {
  await using listening = new PeerProcess([
    ...["listen", "tcp://127.0.0.1:0", "ws://127.0.0.1:0/lekt"],
    ...["--nick", "bob", "--accept", "all", "--json"],
  ]);
  await listening.endInput();
  const { methods } = await listening.event("listening", isEvent("listening"));
  // As whoever dials several methods does with those that lost.
  for (const method of methods as string[]) {
    const { hostname, port } = new URL(method.replace(/^\w+/, "http"));
    const loser = await Deno.connect({ hostname, port: Number(port) });
    loser.close();
  }
  const [method] = methods as string[];
  const dial = ["connect", method!, "--nick", "alice"];
  assertEquals((await runPeerProcess(dial)).status, 0);
  await listening.event("closed", isEvent("closed"));
  assertEquals(listening.events.filter(isEvent("error")), []);
  listening.signal("SIGTERM");
  await listening.expectEnd(0);
});
