// `send FILE` and `receive CODE`, as processes.
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createRelay } from "@lekt/lekt/relay";
import { connect, LektError, listen } from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";
import { DirectoryClient, startDirectory } from "@lekt/lekt/directory";
import {
  Misuse,
  parseCommandLine,
  type Settings,
} from "../../src/peer/options.ts";
import { SlotClient } from "../../src/directory/slot_client.ts";
import { measureChildren } from "../helpers/child_coverage.ts";
import { TestUser } from "../helpers/peer_directory.ts";
import {
  isEvent,
  type JsonLine,
  PeerProcess,
  runPeerProcess,
} from "../helpers/peer_process.ts";

measureChildren();

const CONTENT = "what is sent by a code";

/** Begins to send a file by a code, and tells the code. */
async function offer(
  user: TestUser,
  url: string,
  ...args: string[]
): Promise<{ sender: PeerProcess; code: string }> {
  const path = `${user.folder}/holiday.txt`;
  await Deno.writeTextFile(path, CONTENT);
  const sender = user.start(
    ...["send", path, "--directory", url, "--nick", "alice", ...args],
  );
  const event = await sender.event("code", isEvent("code"));
  return { sender, code: event.code as string };
}

function receive(user: TestUser, url: string, ...code: string[]): PeerProcess {
  return user.start(
    ...["receive", ...code, "--directory", url, "--nick", "bob"],
    ...["--save", `${user.folder}/in`],
  );
}

async function pinsOf(user: TestUser): Promise<Record<string, unknown>> {
  const path = `${user.folder}/lekt/pins.json`;
  return Object.values(JSON.parse(await Deno.readTextFile(path)))[0] as Record<
    string,
    unknown
  >;
}

/** Waits for the end of both, each step with a deadline of its own. */
async function bothEnd(
  sender: PeerProcess,
  receiver: PeerProcess,
): Promise<void> {
  for (const name of ["connected", "file", "closed"]) {
    await receiver.event(name, isEvent(name));
  }
  await receiver.expectEnd(0);
  await sender.expectEnd(0);
}

/** Waits until both were told that the code is wrong. */
async function bothAreRefused(
  sender: PeerProcess,
  guesser: PeerProcess,
): Promise<void> {
  for (const peer of [guesser, sender]) {
    await peer.event("rejected", isEvent("rejected"));
    await peer.expectEnd(3);
  }
}

function only(events: readonly JsonLine[], name: string): JsonLine {
  const found = events.filter(isEvent(name));
  assertEquals(found.length, 1, JSON.stringify(events));
  return found[0]!;
}

Deno.test("a wrong code costs the code, both are told, and the right one is of no use any more", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  await using directory = await startDirectory({ port: 0 });
  const { url } = directory;
  const { sender, code } = await offer(alice, url);
  await using _sender = sender;
  const words = code.split("-");
  words[3] = words[3] === "tiger" ? "zebra" : "tiger";
  await using guesser = receive(bob, url, words.join("-"));
  await bothAreRefused(sender, guesser);
  const there = only(guesser.events, "rejected");
  assertEquals(there.by, "remote");
  assertStringIncludes(there.reason as string, "is spent now");
  const here = only(sender.events, "rejected");
  assertEquals(here.by, "local");
  assertStringIncludes(here.reason as string, "a wrong code was given");
  const answer = await fetch(`${url}/v1/slots/${words[0]}`);
  await answer.body?.cancel();
  assertEquals(answer.status, 404);
});

Deno.test("send gives a file to whoever has its code, whoever else comes before, and both remember each other", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  await using directory = await startDirectory({ port: 0 });
  const { url } = directory;
  const { sender, code } = await offer(alice, url);
  await using _sender = sender;
  assertMatch(code, /^[1-9]\d?(?:-[a-z]{4,7}){3}$/);
  const slots = new SlotClient(new DirectoryClient(url));
  const never = new AbortController().signal;
  const found = await slots.find(Number(code.split("-")[0]), never);
  const [method] = found!.methods;
  assertEquals(found!.nickname, "alice");
  assertEquals(JSON.stringify(found).includes(code.slice(2)), false);
  const stranger = { nickname: "eve", tls: { pinnedKey: method!.spki! } };
  await connect(method!.uri, stranger).then(
    () => assert(false, "nobody gets in without a key"),
    (error) => assertEquals((error as LektError).code, "REJECTED"),
  );
  const tcp = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(method!.uri).port),
  });
  await tcp.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  const typed = code.toUpperCase().split("-");
  await using receiver = receive(bob, url, ...typed);
  await bothEnd(sender, receiver);
  tcp.close();
  const copy = await Deno.readTextFile(`${bob.folder}/in/holiday.txt`);
  assertEquals(copy, CONTENT);
  const roles = [[sender, "responder"], [receiver, "initiator"]] as const;
  for (const [peer, role] of roles) {
    const connected = only(peer.events, "connected");
    assertEquals([connected.hasCode, connected.role], [true, role]);
    assertMatch(connected.thumbprint as string, /^[\w-]{43}$/);
    assertEquals(connected.method, method!.uri);
  }
  assertEquals(Object.keys(await pinsOf(alice)), ["bob"]);
  assertEquals(Object.keys(await pinsOf(bob)), ["alice"]);
});

Deno.test("a code leads through the directory's relay where nothing more direct does", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  await using directory = await startDirectory({
    port: 0,
    relay: createRelay(),
  });
  const { url } = directory;
  // The same directory, but for the methods that lead to alice directly.
  await using elsewhere = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const answer = await (await fetch(url + pathname)).json();
      const methods = answer.methods?.filter(({ uri }: { uri: string }) =>
        uri.startsWith("relay")
      );
      return Response.json({ ...answer, methods });
    },
  );
  const { sender, code } = await offer(alice, url);
  await using _sender = sender;
  const behind = `http://127.0.0.1:${elsewhere.addr.port}`;
  await using receiver = receive(bob, behind, code);
  await bothEnd(sender, receiver);
  for (const peer of [sender, receiver]) {
    const { method, thumbprint } = only(peer.events, "connected");
    assertMatch(method as string, /^relay\+ws:/);
    // The place at the relay is not that of the identity.
    assert(!(method as string).includes(thumbprint as string));
  }
  const copy = await Deno.readTextFile(`${bob.folder}/in/holiday.txt`);
  assertEquals(copy, CONTENT);
});

Deno.test("the person is told the command for the other machine, and nothing else spends it", async () => {
  await using alice = await TestUser.create();
  await using directory = await startDirectory({ port: 0 });
  const { url } = directory;
  const path = `${alice.folder}/a.txt`;
  await Deno.writeTextFile(path, CONTENT);
  await using sender = new PeerProcess(["send", path, path], {
    env: { ...alice.env, LEKT_DIRECTORY: url },
  });
  const told = await sender.error("and once");
  assertMatch(
    told,
    /^ {2}deno task peer receive \d+-[a-z]+-[a-z]+-[a-z]+ --directory \S+$/m,
  );
  sender.signal("SIGTERM");
  await sender.expectEnd(130);
  const number = /receive (\d+)/.exec(told)![1];
  const answer = await fetch(`${url}/v1/slots/${number}`);
  await answer.body?.cancel();
  assertEquals(answer.status, 404);
});

/** What the command line asks for, in a folder with the files `a` and `b`. */
function parsed(...args: string[]): Settings {
  return parseCommandLine(args, {
    isTerminal: false,
    loginName: () => "login",
    isFile: (path) => path === "a" || path === "b",
  }) as Settings;
}

Deno.test("send tells whom to send to from what to send", () => {
  const directory = ["--directory", "http://127.0.0.1:9"];
  const identity = `bob#${"k".repeat(43)}`;
  const cases: [string[], target: string, files: string[]][] = [
    [["tcp://127.0.0.1:1", "a"], "tcp://127.0.0.1:1", ["a"]],
    [["bob", "a", "b", ...directory], "bob", ["a", "b"]],
    [[identity, "a", ...directory], identity, ["a"]],
    [["a", ...directory], "", ["a"]],
    [["a", "b", ...directory], "", ["a", "b"]],
    [["none", ...directory], "", ["none"]],
    [["-", ...directory], "", ["-"]],
    [["-", "a", ...directory], "", ["-", "a"]],
  ];
  for (const [args, target, files] of cases) {
    const settings = parsed("send", ...args);
    assertEquals([settings.target, settings.files], [target, files]);
  }
});

Deno.test("what is wrong with a code, and with sending by one, is told before anybody is asked", () => {
  const url = "http://127.0.0.1:9";
  const cases: [string[], string][] = [
    [["receive"], "operand is missing"],
    [["receive", "7-ocean-lamp"], "is no code"],
    [["receive", "7-oxxan-lamp-tiger", "--directory", url], '"ocean" meant?'],
    [["receive", "7-ocean-lamp-tiger"], "--directory URL"],
    [["send", "a"], "LEKT_DIRECTORY"],
    [["send", "a", "b"], "LEKT_DIRECTORY"],
    [["send", "-", "--directory", "none"], "LEKT_DIRECTORY"],
    [["send", "a", "--accept", "bob", "--directory", url], "--accept"],
    [["send", "a", "--pin", "k".repeat(43), "--directory", url], "--pin"],
    [["send", "bob", "a"], "nickname needs --directory"],
    [["send", "tcp://127.0.0.1:1"], "operand is missing"],
  ];
  for (const [args, says] of cases) {
    const { message } = assertThrows(() => parsed(...args), Misuse);
    assertStringIncludes(message, says);
  }
});

Deno.test("who was killed while they waited by a code is told of as that, and not as who should listen", async () => {
  await using alice = await TestUser.create();
  await using bob = await TestUser.create();
  await using directory = await startDirectory({ port: 0 });
  const { sender, code } = await offer(alice, directory.url);
  await using _sender = sender;
  sender.signal("SIGKILL");
  await sender.end();
  const given = ["receive", code, "--directory", directory.url];
  const { status, stderr } = await runPeerProcess(given, "", { env: bob.env });
  assertEquals(status, 1);
  assertStringIncludes(stderr, "nothing listens there");
  assertMatch(stderr, /still wait\? If not, ask for a new one\n$/);
});

Deno.test("who comes by a code while somebody else uses it is told that, and not that a stream broke off", async () => {
  await using bob = await TestUser.create();
  await using directory = await startDirectory({ port: 0 });
  const certificate = await makeCertificate();
  await using alice = await listen({
    nickname: "alice",
    methods: ["tls://127.0.0.1:0"],
    tls: certificate,
    accept: () => true,
  });
  const serving = alice.serve((connection) => connection.abort());
  const slots = new SlotClient(new DirectoryClient(directory.url));
  const [uri] = alice.methods;
  const { number } = await slots.open({
    nickname: "alice",
    methods: [{ uri: uri!, priority: 0, spki: certificate.spki }],
  }, new AbortController().signal);
  const code = `${number}-ocean-lamp-tiger`;
  const given = ["receive", code, "--directory", directory.url];
  const { status, stderr } = await runPeerProcess(given, "", { env: bob.env });
  assertEquals(status, 1);
  assertMatch(stderr, /somebody else may have used it.*ask for a new one\n$/);
  await alice.shutdown();
  await serving;
});

Deno.test("who sends to a nickname that nobody has is told that it is no file either", async () => {
  await using bob = await TestUser.create();
  await using directory = await startDirectory({ port: 0 });
  const args = ["send", "gone", "deno.json", "--directory", directory.url];
  const { status, stderr } = await runPeerProcess(args, "", { env: bob.env });
  assertEquals(status, 1);
  assertStringIncludes(
    stderr,
    `registered so at ${directory.url}; there is no file of that name either`,
  );
});

Deno.test("a code that nobody waits for, and a directory that knows none, are told as that", async () => {
  await using bob = await TestUser.create();
  await using directory = await startDirectory({ port: 0 });
  const given = ["receive", "7-ocean-lamp-tiger", "--directory"];
  const gone = await runPeerProcess([...given, directory.url], "", {
    env: bob.env,
  });
  assertEquals(gone.status, 1);
  assertStringIncludes(gone.stderr, "Nobody waits at number 7");
  assertStringIncludes(gone.stderr, "the code has been used");
  const old = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => Response.json({ code: "not-found" }, { status: 404 }),
  );
  const slots = new SlotClient(
    new DirectoryClient(`http://127.0.0.1:${old.addr.port}`),
  );
  const claims = { nickname: "bob", methods: [] };
  const { message } = await assertRejects(
    () => slots.open(claims, new AbortController().signal),
    LektError,
  );
  assertStringIncludes(message, "of a version without codes");
  await old.shutdown();
});
