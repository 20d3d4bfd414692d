// A tree that is sent by the command while either side is killed, again and again.
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { within } from "../helpers/deadline.ts";
import {
  type PeerProcess,
  startListener,
  taskArguments,
} from "../helpers/peer_process.ts";
import { Prng } from "../helpers/prng.ts";
import { Relay } from "../helpers/relay.ts";
import { makeTree, sizeOf, treeOf, writeLarge } from "../helpers/tree.ts";

/** How often somebody is killed; a task of its own kills more often, and sends more. */
const KILL_COUNT = Number(Deno.env.get("LEKT_FOLDER_KILLS") ?? 1);
const FILE_COUNT = Number(Deno.env.get("LEKT_FOLDER_FILES") ?? 30);
const LARGE_MB = Number(Deno.env.get("LEKT_FOLDER_MB") ?? 24);

/** One attempt takes no longer, in milliseconds. */
const ATTEMPT_MS = 180_000;

const MB = 1024 * 1024;
const BLOCK_SIZE = 4 * MB;

/** Everything of one attempt to send: names, answers, the ends of blocks. */
const TALK_SIZE = 100_000 + 300 * FILE_COUNT;

Deno.test("a tree arrives equal however often either side is killed, and what has arrived is not sent again", async () => {
  const seed = Number(Deno.env.get("LEKT_SEED") ?? Date.now() % 1e9);
  console.log(`seed ${seed}, ${KILL_COUNT} kills`);
  const prng = new Prng(seed);
  const root = await Deno.makeTempDir();
  const [tree, to] = [join(root, "tree"), join(root, "to")];
  Deno.mkdirSync(tree);
  const plan = { fileCount: FILE_COUNT, folderCount: 9, sizeMax: 200_000 };
  makeTree(tree, plan, prng);
  writeLarge(join(tree, "large.bin"), LARGE_MB * MB, prng);
  const total = sizeOf(tree);
  let sentSize = 0;
  let attemptCount = 0;
  for (let killCount = 0;;) {
    attemptCount++;
    await using bob = await listenTo(to);
    await using relay = new Relay(bob.method, "");
    const ann = sendTo(relay.method, tree);
    const isLast = killCount === KILL_COUNT;
    const killAt = isLast ? Infinity : prng.between(1, total - sentSize);
    const isFirst = await within(
      Promise.race([ann.status, relay.reached(killAt)]),
      "somebody to kill",
      ATTEMPT_MS,
    );
    if (isFirst === undefined) {
      if (prng.below(2) === 0) ann.kill("SIGKILL");
      else bob.peer.signal("SIGKILL");
      killCount++;
    }
    const { success } = await within(ann.status, "its end", ATTEMPT_MS);
    const said = await new Response(ann.stderr).text();
    sentSize += relay.clientSize;
    if (success) break;
    assert(!isLast, said);
  }
  const names = Array.from(Deno.readDirSync(to), ({ name }) => name);
  assertEquals(names.filter((name) => !name.startsWith(".")), ["tree"]);
  assertEquals(treeOf(join(to, "tree")), treeOf(tree));
  const extra = (attemptCount - 1) * BLOCK_SIZE + attemptCount * TALK_SIZE;
  assert(
    sentSize <= total + extra,
    `${sentSize} bytes were sent of ${total} in ${attemptCount} attempts`,
  );
  console.log(`${sentSize} bytes of ${total}, ${attemptCount} attempts`);
  await Deno.remove(root, { recursive: true });
});

/** A sender in a process of its own. */
function sendTo(method: string, tree: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [...taskArguments(), "send", method, tree, "--nick", "ann"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** A receiver in a process of its own, which is ended with what it is used in. */
async function listenTo(
  folder: string,
): Promise<AsyncDisposable & { peer: PeerProcess; method: string }> {
  const args = ["--accept", "all", "--save", folder, "--nick", "bob"];
  const { peer, method } = await startListener(args);
  return {
    peer,
    method,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
