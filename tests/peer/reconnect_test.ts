// A conversation goes on after the loss of its connection.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startDirectory } from "@lekt/lekt/directory";
import { CuttableLine } from "../helpers/cuttable_line.ts";
import { TestUser } from "../helpers/peer_directory.ts";
import {
  isEvent,
  type JsonLine,
  type PeerProcess,
  within,
} from "../helpers/peer_process.ts";

/** Alice has called bob over a line that can be cut. */
interface Scene extends AsyncDisposable {
  readonly line: CuttableLine;
  readonly alice: PeerProcess;
  readonly bob: PeerProcess;
  /** The port on which bob listens. */
  readonly port: number;
  readonly url: string;
  readonly bobsFolder: TestUser;
}

async function openScene(
  { ofAlice = [], ofBob = [] }: { ofAlice?: string[]; ofBob?: string[] } = {},
): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const line = stack.use(new CuttableLine());
  const bobsFolder = stack.use(await TestUser.create());
  const alicesFolder = stack.use(await TestUser.create());
  const directory = stack.use(await startDirectory({ port: 0 }));
  const url = String(directory.url);
  const bob = stack.use(bobsFolder.start(
    ...["listen", "tls://127.0.0.1:0", "--nick", "bob", "--accept", "alice"],
    ...["--advertise", `tls://127.0.0.1:${line.port}`, "--directory", url],
    ...ofBob,
  ));
  const { methods } = await bob.event("listening", isEvent("listening"));
  const port = Number(/:(\d+)$/.exec((methods as string[])[0]!)![1]);
  await bob.event("registered", isEvent("registered"));
  line.mend(port);
  const alice = stack.use(alicesFolder.start(
    ...["connect", "bob", "--nick", "alice", "--directory", url, ...ofAlice],
  ));
  await alice.event("connected", isEvent("connected"));
  return {
    line,
    alice,
    bob,
    port,
    url,
    bobsFolder,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function texts(peer: PeerProcess): unknown[] {
  return peer.events.filter(isEvent("message")).map(({ text }) => text);
}

function isText(text: string): (line: JsonLine) => boolean {
  return (line) => line.event === "message" && line.text === text;
}

Deno.test("a conversation whose connection was lost goes on: what was said meanwhile arrives once, and in order", async () => {
  await using scene = await openScene({ ofBob: ["--once"] });
  const { line, alice, bob, port } = scene;
  await alice.write("one\n");
  await bob.event("one", isText("one"));
  await bob.write("eins\n");
  await alice.event("eins", isText("eins"));

  // The line falls silent first: these two are under way when it is cut.
  line.silence();
  await alice.write("two\nthree\n");
  await within("what is under way", line.dropped());
  line.cut();
  const lost = await alice.event("lost", isEvent("lost"));
  assertEquals([lost.connection, lost.seconds, lost.isWaiting], [
    1,
    300,
    false,
  ]);
  const waiting = await bob.event("lost", isEvent("lost"));
  assertEquals(waiting.isWaiting, true);
  await alice.write("four\n");
  await bob.write("zwei\n");
  await within("attempts", line.refused(2));
  line.mend(port);

  const back = await alice.event("resumed", isEvent("resumed"));
  assertEquals([back.connection, back.known], [1, true]);
  await bob.event("resumed", isEvent("resumed"));
  await bob.event("four", isText("four"));
  await alice.event("zwei", isText("zwei"));
  await alice.endInput();
  await bob.endInput();
  await alice.expectEnd(0);
  await bob.expectEnd(0);
  assertEquals(texts(bob), ["one", "two", "three", "four"]);
  assertEquals(texts(alice), ["eins", "zwei"]);
  for (const { events } of [alice, bob]) {
    assertEquals(events.filter(isEvent("connected")).length, 1);
    assertEquals(events.at(-1), {
      event: "closed",
      connection: 1,
      clean: true,
    });
  }
});

Deno.test("a conversation whose bytes go to --output ends with its connection, for a part would stand there twice", async () => {
  const output = await Deno.makeTempFile();
  await using scene = await openScene({
    ofAlice: ["--reconnect", "1"],
    ofBob: ["--once", "--output", output],
  });
  const { line, alice, bob } = scene;
  await alice.write("one\n");
  await bob.event("one", isEvent("message"));
  line.cut();
  await bob.expectEnd(1);
  assertEquals(bob.events.filter(isEvent("lost")), []);
  await alice.expectEnd(1);
  assertEquals(Deno.readTextFileSync(output), "one");
  await Deno.remove(output);
});

Deno.test("whoever is not back in time is given up, with status 1, and what may not have arrived is told", async () => {
  await using scene = await openScene({
    ofAlice: ["--reconnect", "2"],
    ofBob: ["--reconnect", "2", "--once"],
  });
  const { line, alice, bob } = scene;
  await alice.write("one\n");
  await bob.event("one", isText("one"));
  // Behind the confirmation of the first text, which has come then as well.
  await bob.write("back\n");
  await alice.event("back", isText("back"));
  line.silence();
  await alice.write("two\n");
  await within("what is under way", line.dropped());
  line.cut();
  const { message } = await alice.event("error", isEvent("error"));
  assertStringIncludes(String(message), "gave up after 2 s");
  assertStringIncludes(String(message), "1 text was not confirmed");
  await alice.endInput();
  await bob.endInput();
  await alice.expectEnd(1);
  await bob.expectEnd(1);
});

Deno.test("a listener that was started anew knows nothing of the conversation: it goes on, and what may have arrived is told, not repeated", async () => {
  await using scene = await openScene();
  const { line, alice, bob, url, bobsFolder } = scene;
  await alice.write("one\n");
  await bob.event("one", isText("one"));
  bob.signal("SIGKILL");
  await bob.end();
  line.cut();
  await alice.event("lost", isEvent("lost"));
  await using again = bobsFolder.start(
    ...["listen", "tls://127.0.0.1:0", "--nick", "bob", "--accept", "alice"],
    ...["--advertise", `tls://127.0.0.1:${line.port}`, "--directory", url],
  );
  const { methods } = await again.event("listening", isEvent("listening"));
  line.mend(Number(/:(\d+)$/.exec((methods as string[])[0]!)![1]));
  const back = await alice.event("resumed", isEvent("resumed"));
  assertEquals([back.known, back.repeated], [false, 0]);
  await alice.write("two\n");
  await again.event("two", isText("two"));
  assertEquals(texts(again), ["two"]);
});

Deno.test("a search that is interrupted ends at once", async () => {
  await using scene = await openScene();
  const { line, alice, bob } = scene;
  line.cut();
  await alice.event("lost", isEvent("lost"));
  await bob.event("lost", isEvent("lost"));
  alice.signal("SIGINT");
  await alice.expectEnd(130);
  bob.signal("SIGINT");
  await bob.expectEnd(0);
  assert(alice.events.every(({ event }) => event !== "error"));
});

Deno.test("whoever ends the search hears what may not have arrived", async () => {
  await using scene = await openScene();
  const { line, alice } = scene;
  line.silence();
  await alice.write("one\n");
  await within("what is under way", line.dropped());
  line.cut();
  await alice.event("lost", isEvent("lost"));
  alice.signal("SIGINT");
  const { message } = await alice.event("error", isEvent("error"));
  assertEquals(message, "1 text was not confirmed, and may not have arrived");
  await alice.expectEnd(130);
});

Deno.test("whoever ends a conversation right behind a text that has arrived hears of no doubt", async () => {
  await using scene = await openScene();
  const { alice, bob } = scene;
  await alice.write("last word\n");
  await bob.event("last word", isText("last word"));
  alice.signal("SIGINT");
  await alice.expectEnd(130);
  assert(alice.events.every(({ event }) => event !== "error"));
});
