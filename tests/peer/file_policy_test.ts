// Which files are taken, and where they go.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import {
  FilePolicy,
  type FilePolicyOptions,
} from "../../src/peer/file_policy.ts";
import { FileQuestions } from "../../src/peer/file_questions.ts";
import { Output } from "../../src/peer/output.ts";
import { Reporter } from "../../src/peer/reporter.ts";
import { receivedFilesFolder } from "../../src/peer/user_folder.ts";
import { FileFault } from "../../src/talk/receive.ts";
import { isSettled, until, within } from "../helpers/deadline.ts";
import {
  isEvent,
  PeerProcess,
  runPeerProcess,
  startListener,
} from "../helpers/peer_process.ts";

const SENDER = { who: "ann", ended: new AbortController().signal };

function policy(options: Partial<FilePolicyOptions>): FilePolicy {
  return new FilePolicy({
    word: "ask",
    folder: "/folder",
    ask: () => Promise.resolve(true),
    answerTimeoutMs: 60_000,
    freeSpace: () => Promise.resolve(1024),
    ...options,
  });
}

Deno.test("a file is taken as --accept-files says, and only where there is room and a folder", async () => {
  const small = { name: "a", size: 1024 };
  const large = { name: "a", size: 1025 };
  const no = () => Promise.resolve(false);
  const unknown = { freeSpace: () => Promise.resolve(undefined) };
  assertEquals(await policy({}).admit(SENDER, small), "/folder");
  assertEquals(await policy({ word: "all" }).admit(SENDER, small), "/folder");
  assertEquals(await policy(unknown).admit(SENDER, large), "/folder");
  assertEquals(await policy({}).admit(SENDER, { name: "a" }), "/folder");
  const refusals: [options: Partial<FilePolicyOptions>, says: string][] = [
    [{ word: "none" }, "files are not taken here"],
    [{ ask: no }, "declined"],
    [{ word: "all", folder: undefined }, "--save DIR"],
    [{ folder: undefined }, "--save DIR"],
  ];
  for (const [options, says] of refusals) {
    await assertRejects(
      () => policy(options).admit(SENDER, small),
      FileFault,
      says,
    );
  }
  for (const word of ["all", "ask"] as const) {
    const ask = () => Promise.reject(new Error("asked in vain"));
    const error = await assertRejects(
      () => policy({ word, ask }).admit(SENDER, large),
      FileFault,
      "1.0 KiB are free",
    );
    assert(error.cause, "how much is free is not for the other side");
  }
});

Deno.test("a person is asked about one file at a time, with size and free space, and not for ever", async () => {
  const asked: string[] = [];
  const answers: ((isYes: boolean) => void)[] = [];
  const asking = policy({
    ask: (question, _sender, signal) => {
      asked.push(question);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      answers.push(resolve);
      signal.addEventListener("abort", () => resolve(false));
      return promise;
    },
    answerTimeoutMs: 1_000,
  });
  const ended = new AbortController();
  const sender = { who: "ann", ended: ended.signal };
  const first = asking.admit(sender, { name: "../.x\u001b.txt", size: 10 });
  const second = asking.admit(sender, { name: "b" });
  await isSettled(first);
  assertEquals(asked.length, 1);
  answers[0]!(true);
  assertEquals(await first, "/folder");
  const late = await assertRejects(() => within(second, "time"), FileFault);
  assertEquals(late.message, "no answer");
  assertEquals(asked, [
    "ann sends the file x.txt (10 B, 1.0 KiB are free)",
    "ann sends the file b (of unknown size, 1.0 KiB are free)",
  ]);
  const third = asking.admit(sender, { name: "c" });
  await until(() => asked.length === 3, "the third question");
  ended.abort();
  const fourth = asking.admit(sender, { name: "d" });
  for (const one of [third, fourth]) {
    const { message } = await assertRejects(
      () => within(one, "the end"),
      FileFault,
    );
    assertEquals(message, "the conversation has ended");
  }
});

Deno.test("/take, /take all and /refuse answer the file that was shown", async () => {
  const notes: string[] = [];
  const sink = {
    write: (bytes: Uint8Array) => Promise.resolve(sink.writeSync(bytes)),
    writeSync: (bytes: Uint8Array) => {
      notes.push(new TextDecoder().decode(bytes));
      return bytes.length;
    },
    isTerminal: () => true,
  };
  const output = new Output(sink);
  const reporter = new Reporter({
    program: "peer",
    isJson: false,
    stdout: output,
    stderr: output,
  });
  const questions = new FileQuestions(reporter);
  const { signal } = new AbortController();
  questions.answer("", true);
  assert(notes.at(-1)!.includes("No file waits"));
  const refused = questions.ask("a", SENDER, signal);
  assert(notes.at(-1)!.includes("a: /take, /take all or /refuse"));
  questions.answer("other", true);
  assertEquals(await isSettled(refused), false);
  questions.answer("", false);
  assertEquals(await refused, false);
  const taken = questions.ask("b", SENDER, signal);
  questions.answer("all", true);
  assertEquals(await taken, true);
  assertEquals(await questions.ask("c", SENDER, signal), true);
  const other = { ...SENDER };
  const withdrawn = new AbortController();
  const third = questions.ask("d", other, withdrawn.signal);
  assertEquals(await isSettled(third), false);
  withdrawn.abort();
  assertEquals(await third, false);
  assertEquals(await questions.ask("e", other, withdrawn.signal), false);
});

Deno.test({
  name: "received files go to a folder of their own, which is named on start",
  ignore: Deno.build.os === "windows",
  async fn() {
    const home = await Deno.makeTempDir();
    const env = { HOME: home };
    await using bob = new PeerProcess(
      ["listen", "tcp://127.0.0.1:0", "--accept", "all", "--once"],
      { env, cwd: new URL(`file://${home}/`).pathname },
    );
    await bob.endInput();
    const folder = join(home, "Downloads", "lekt");
    await bob.error(`Received files go to ${folder}`);
    const told = await bob.error("Listening on tcp://127.0.0.1:");
    const method = /tcp:\S+:\d+(?=\s)/.exec(told)![0];
    Deno.writeTextFileSync(join(home, ".bash_profile"), "mine");
    const sent = await runPeerProcess(
      ["send", method, join(home, ".bash_profile")],
    );
    assertEquals(sent.status, 0, sent.stderr);
    assert(sent.stderr.includes("1 of 1 file is safe"), sent.stderr);
    await bob.expectEnd(0);
    assertEquals(
      [...Deno.readDirSync(folder)].map(({ name }) => name),
      ["bash_profile"],
    );
    await Deno.remove(home, { recursive: true });
  },
});

Deno.test("a listener that takes no files says so, and send takes none unasked", async () => {
  const folder = await Deno.makeTempDir();
  const { peer: bob, method } = await startListener(
    ["--accept", "all", "--save", folder, "--accept-files", "none"],
  );
  await using _bob = bob;
  await bob.endInput();
  const sent = await runPeerProcess(["send", method, "-", "--json"], "x");
  assertEquals(sent.status, 1);
  const lines = sent.stdout.trim().split("\n").map((line) => JSON.parse(line));
  const receipt = lines.find(isEvent("receipt"));
  assertEquals(receipt.reason, "files are not taken here");
  assertEquals(lines.at(-1).files[0].state, "failed");
  assertEquals([...Deno.readDirSync(folder)], []);
  await Deno.remove(folder);
  const asks = await runPeerProcess(["listen", "--accept-files", "ask"]);
  assertEquals(asks.status, 2);
  const odd = await runPeerProcess(["listen", "--accept-files", "some"]);
  assertEquals(odd.status, 2);
});

Deno.test("receivedFilesFolder() needs a home", () => {
  const variable = Deno.build.os === "windows" ? "APPDATA" : "HOME";
  assertEquals(receivedFilesFolder(() => undefined), undefined);
  const folder = (name: string) =>
    name === variable ? "not/absolute" : undefined;
  assertEquals(receivedFilesFolder(folder), undefined);
});
