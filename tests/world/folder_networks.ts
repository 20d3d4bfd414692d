/**
 * A folder that goes by a code from one network to another, directly and by a
 * relay in turns, while either side is killed and the sender gets another
 * address.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { isEvent, type PeerProcess } from "../helpers/peer_process.ts";
import { Prng } from "../helpers/prng.ts";
import { makeTree, sizeOf, treeOf, writeLarge } from "../helpers/tree.ts";
import {
  FAR,
  ip,
  missingNetworks,
  NEAR,
  plugIn,
  RELAY,
  startIn,
  startRelay,
  unplug,
  until,
  URL_OF_RELAY,
} from "./networks.ts";
import { pause } from "./program.ts";
import type { Report } from "./report.ts";

const MIB = 1024 * 1024;

/** What is in the folder. */
const FILE_COUNT = Number(Deno.env.get("LEKT_FOLDER_FILES") ?? 10_000);
const SIZE = Number(Deno.env.get("LEKT_FOLDER_MB") ?? 2048) * MIB;

/** What is done in the middle of a transfer, one in each attempt. */
type Cut = "kill the sender" | "kill the receiver" | "change the address";

const KILL_COUNT = 3;

/** What a cut may cost: what was under way. */
const BLOCK_SIZE = 4 * MIB;

/** Bytes of headers of TCP, TLS and lekt, as a part of all. */
const HEADER_SHARE = 0.03;

/** Everything else of one attempt: names, answers, the ends of blocks. */
const TALK_SIZE = 100_000 + 300 * FILE_COUNT;

/** Sends a folder from network to network. */
export async function checkFolders(report: Report): Promise<void> {
  const name = "folders, two networks";
  if (!report.wants(name)) return;
  const missing = await missingNetworks();
  if (missing !== undefined) return report.skip(name, missing);
  await report.check(name, "by a code, cut four times", sendFolder);
}

async function sendFolder(): Promise<string> {
  const seed = Number(Deno.env.get("LEKT_SEED") ?? Date.now() % 1e9);
  console.log(`seed ${seed}`);
  const prng = new Prng(seed);
  const root = await Deno.makeTempDir({ prefix: "lekt-folders-" });
  try {
    await plugIn();
    const directory = await startRelay(root);
    try {
      return await sendUntilAllIsThere(root, prng);
    } finally {
      await directory[Symbol.asyncDispose]();
    }
  } finally {
    await unplug();
    await Deno.remove(root, { recursive: true });
  }
}

async function sendUntilAllIsThere(root: string, prng: Prng): Promise<string> {
  const [tree, to] = [join(root, "tree"), join(root, "to")];
  fill(tree, prng);
  const total = sizeOf(tree);
  const cuts = cutsFrom(prng);
  const ways = new Set<string>();
  const startSize = await sentSize();
  const startMs = performance.now();
  for (const [index, cut] of [...cuts, undefined].entries()) {
    // Who cannot be reached directly is reached by the relay.
    const isForwarding = index % 2 === 0;
    await forward(isForwarding);
    const before = await sentSize();
    const left = Math.max(MIB, total - (before - startSize));
    const cutAt = before + prng.between(1, Math.ceil(left / 2));
    const way = await attempt({ root, tree, to }, cut, cutAt);
    const scheme = way.slice(0, way.indexOf("://"));
    ways.add(scheme);
    const mib = Math.round((await sentSize() - before) / MIB);
    console.log(`${cut ?? "no cut"}, by ${scheme}: ${mib} MiB`);
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const size = await sentSize() - startSize;
  assertEquals(visible(to), ["tree"]);
  assertEquals(treeOf(join(to, "tree")), treeOf(tree));
  const extra = cuts.length * BLOCK_SIZE + (cuts.length + 1) * TALK_SIZE;
  const words = `${FILE_COUNT} files, ${total} bytes, equal trees; ` +
    `${size} bytes left the sender's machine in ${
      cuts.length + 1
    } attempts by ${[...ways].join(" and ")}, in ${seconds.toFixed(0)} s`;
  if (size > total * (1 + HEADER_SHARE) + extra) {
    throw new Error(`too many: ${words}`);
  }
  return `ok, ${words}`;
}

function fill(tree: string, prng: Prng): void {
  Deno.mkdirSync(tree);
  const plan = { fileCount: FILE_COUNT, folderCount: 99, sizeMax: 100_000 };
  makeTree(tree, plan, prng);
  const left = Math.max(MIB, SIZE - sizeOf(tree));
  writeLarge(join(tree, "large.bin"), left, prng);
}

/** Either side is killed, three times in all, and once the address changes. */
function cutsFrom(prng: Prng): Cut[] {
  const kills: Cut[] = ["kill the sender", "kill the receiver"];
  const cuts = Array.from({ length: KILL_COUNT }, () => prng.pick(kills));
  cuts.splice(prng.below(cuts.length + 1), 0, "change the address");
  return cuts;
}

function visible(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => !name.startsWith("."));
}

/** Sends and receives by a new code, until it is over or cut; tells the method. */
async function attempt(
  { root, tree, to }: { root: string; tree: string; to: string },
  cut: Cut | undefined,
  cutAt: number,
): Promise<string> {
  const use = ["--directory", URL_OF_RELAY];
  await using sender = startIn(
    NEAR.name,
    ["send", tree, "--nick", "alice", ...use],
    root,
  );
  const { code } = await sender.event("code", isEvent("code"));
  await using receiver = startIn(
    FAR.name,
    ["receive", String(code), "--nick", "bob", "--save", to, ...use],
    root,
  );
  const { method } = await receiver.event("connected", isEvent("connected"));
  if (cut === undefined) {
    await ended(sender, receiver);
    await sender.expectEnd(0);
    await receiver.expectEnd(0);
    return String(method);
  }
  await reached(cutAt, sender, receiver);
  if (cut === "kill the sender") sender.signal("SIGKILL");
  else if (cut === "kill the receiver") receiver.signal("SIGKILL");
  else await changeAddress();
  await ended(sender, receiver);
  return String(method);
}

/** Both have ended, of themselves or not. */
async function ended(...both: PeerProcess[]): Promise<void> {
  for (const each of both) {
    await until("end", () => each.hasEnded ? true : undefined);
  }
}

/** Waits until so many bytes have left the sender's machine. */
async function reached(
  size: number,
  ...both: readonly PeerProcess[]
): Promise<void> {
  while (await sentSize() < size) {
    if (both.some(({ hasEnded }) => hasEnded)) {
      const said = both.flatMap(({ events }) => events.slice(-3))
        .map((event) => JSON.stringify(event));
      throw new Error(`it is over before the cut: ${said.join(" ")}`);
    }
    await pause(50);
  }
}

/** Bytes that the sender's machine has sent, whatever they were. */
async function sentSize(): Promise<number> {
  const shown = await ip(`-n ${NEAR.name} -s -j link show dev eth0`);
  return JSON.parse(shown)[0].stats64.tx.bytes;
}

/** Whether the machine between both forwards what is not for it. */
async function forward(isForwarding: boolean): Promise<void> {
  await ip(
    `netns exec ${RELAY} sysctl -q -w net.ipv4.ip_forward=${
      isForwarding ? 1 : 0
    }`,
  );
}

/** The sender's machine is called otherwise from now on, as after a change of network. */
async function changeAddress(): Promise<void> {
  const { name, own, relay } = NEAR;
  await ip(`-n ${name} address del ${own}/24 dev eth0`);
  await ip(`-n ${name} address add ${own}3/24 dev eth0`);
  await ip(`-n ${name} route add default via ${relay}`);
}
