/**
 * Two machines that reach nothing but a relay, which is all that there is
 * between them.
 *
 * @module
 */
import { dial } from "../../src/transport/dial.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { isEvent, PeerProcess } from "../helpers/peer_process.ts";
import { alice, bob, listenAt } from "../helpers/relay_scene.ts";
import {
  FAR,
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

/** Bytes of the file. */
const FILE_SIZE = Number(Deno.env.get("LEKT_RELAY_SIZE") ?? 1024 * MIB);

/** By so many bytes the process of a relay may grow for each call: a third of it is in use, the rest is what V8 has not given back. */
const MEMORY_SIZE_MAX = 0.75 * MIB;

/** Has the C library of Debian give back what is no longer in use: else the size of the process says how quickly messages came. */
const GIVE_BACK = { MALLOC_MMAP_THRESHOLD_: "32768" };

/** How late both sides may be told, and the listener be back, in milliseconds. */
const TOLD_MS_MAX = 1_000;
const BACK_MS_MAX = 5_000;

/** Calls at once. */
const CALL_COUNT = 200;

/** Runs what a relay is for, where it is all that there is. */
export async function checkRelay(report: Report): Promise<void> {
  const name = "relay, two networks";
  if (report.wants(name)) {
    const missing = await missingNetworks();
    if (missing !== undefined) report.skip(name, missing);
    else await report.check(name, "relay", talkThroughRelay);
  }
  if (report.wants("relay, 200 calls")) {
    await report.check("relay, 200 calls", "relay", holdManyCalls);
  }
}

async function talkThroughRelay(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-relay-" });
  const started: PeerProcess[] = [];
  try {
    await plugIn();
    const relay = await startRelay(folder);
    started.push(relay);
    const use = ["--directory", URL_OF_RELAY];
    const listener = startIn(FAR.name, [
      ...["listen", `tcp://${FAR.own}:15358`, "--nick", "bob", ...use],
      ...["--accept", "all", "--accept-files", "all", "--save", folder],
    ], folder);
    started.push(listener);
    await listener.event("registered", isEvent("registered"));
    const caller = ["bob", "--nick", "alice", ...use];
    const sent = await sendFile(folder, listener, caller);
    const memory = residentSize(relay.pid);
    const killed = await killAmidChat(folder, relay, listener, caller, started);
    return `ok, ${sent}; the relay then has ${
      Math.round(memory / MIB)
    } MiB; ${killed}`;
  } finally {
    for (const process of started) await process[Symbol.asyncDispose]();
    await unplug();
    await Deno.remove(folder, { recursive: true });
  }
}

async function sendFile(
  folder: string,
  listener: PeerProcess,
  [target, ...options]: string[],
): Promise<string> {
  const path = `${folder}/large.bin`;
  const file = await Deno.open(path, { write: true, createNew: true });
  const block = crypto.getRandomValues(new Uint8Array(65_536));
  for (let size = 0; size < FILE_SIZE; size += block.length) {
    block[0] = size >> 16;
    await file.write(block);
  }
  file.close();
  const startedMs = performance.now();
  const sender = startIn(
    NEAR.name,
    ["send", target!, path, ...options],
    folder,
  );
  try {
    const { method } = await sender.event("connected", isEvent("connected"));
    if (!String(method).startsWith("relay+ws://")) {
      throw new Error(`It went another way: ${method}`);
    }
    const { path: saved, sha256 } = await until(
      "file",
      () => listener.events.find(isEvent("file")),
    );
    const seconds = (performance.now() - startedMs) / 1_000;
    const hash = await sha256Of(path);
    if (sha256 !== hash) throw new Error(`SHA-256 ${sha256}, expected ${hash}`);
    await sender.expectEnd(0);
    await Deno.remove(path);
    await Deno.remove(String(saved));
    return `${FILE_SIZE / MIB} MiB with equal SHA-256 in ${
      seconds.toFixed(0)
    } s`;
  } finally {
    await sender[Symbol.asyncDispose]();
  }
}

/** Kills the relay amid a conversation, and starts it again: the conversation goes on. */
async function killAmidChat(
  folder: string,
  relay: PeerProcess,
  listener: PeerProcess,
  caller: string[],
  started: PeerProcess[],
): Promise<string> {
  const first = startIn(NEAR.name, ["connect", ...caller], folder);
  started.push(first);
  await first.write("hello\n");
  await listener.event("text", ({ text }) => text === "hello");
  const seen = listener.events.length;
  const killedMs = performance.now();
  relay.signal("SIGKILL");
  await until("loss at the caller", () => first.events.find(isEvent("lost")));
  await until(
    "loss at the listener",
    () => listener.events.slice(seen).find(isEvent("lost")),
  );
  const toldMs = performance.now() - killedMs;
  started.push(await startRelay(folder));
  const againMs = performance.now();
  while (!/^lekt_relay_listeners 1$/m.test(await metrics())) await pause(20);
  const backMs = performance.now() - againMs;
  await until(
    "end of the caller's search",
    () => first.events.find(isEvent("resumed")),
  );
  const isInTime = toldMs < TOLD_MS_MAX && backMs < BACK_MS_MAX;
  const words =
    `both told ${toldMs.toFixed(0)} ms after kill -9, the listener` +
    ` back ${backMs.toFixed(0)} ms after the restart, and the caller went on`;
  if (!isInTime) throw new Error(`too late: ${words}`);
  return words;
}

/** What the relay counts, asked from within its namespace. */
async function metrics(): Promise<string> {
  const ask = "import urllib.request as r; print(r.urlopen(" +
    "'http://127.0.0.1:15359/metrics').read().decode())";
  const { stdout } = await new Deno.Command("ip", {
    args: ["netns", "exec", RELAY, "python3", "-c", ask],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Bytes of memory that a process has in use. */
function residentSize(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1_024;
}

async function sha256Of(path: string): Promise<string> {
  const { stdout } = await new Deno.Command("sha256sum", { args: [path] })
    .output();
  return new TextDecoder().decode(stdout).slice(0, 64);
}

/** Calls whose listener reads nothing, until nothing more goes in. */
async function holdManyCalls(): Promise<string> {
  const relay = new PeerProcess([
    ...["relay", "--port", "0", "--json"],
    ...["callsPerAddress=1000", "callsPerListener=1000", "bytesPerSecond=0"]
      .flatMap((limit) => ["--limit", limit]),
    ...["--limit", "callsPerMinute=100000"],
  ], { env: GIVE_BACK });
  const open: Transport[] = [];
  try {
    const { url } = await relay.event("listening", isEvent("listening"));
    const listener = await listenAt(String(url));
    const idle = residentSize(relay.pid);
    for (let count = 0; count < CALL_COUNT; count++) {
      const how = { ...alice, pinnedKey: bob.spki };
      const [dialled, accepted] = await Promise.all([
        dial(listener.method, how),
        listener.accept(),
      ]);
      open.push(dialled, accepted!);
    }
    for (let index = 0; index < open.length; index += 2) fill(open[index]!);
    let grown = 0;
    for (let second = 0; second < 10; second++) {
      await pause(1_000);
      grown = Math.max(grown, residentSize(relay.pid) - idle);
    }
    for (const transport of open) transport.close();
    await listener.close();
    const words = `${CALL_COUNT} calls that nobody reads: ${
      Math.round(idle / MIB)
    } MiB and ${Math.round(grown / MIB)} more`;
    if (grown > CALL_COUNT * MEMORY_SIZE_MAX) {
      throw new Error(`too much: ${words}`);
    }
    return `ok, ${words}`;
  } finally {
    await relay[Symbol.asyncDispose]();
  }
}

/** Writes until it is cut. */
async function fill(transport: Transport): Promise<void> {
  const block = new Uint8Array(65_536);
  try {
    for (;;) await transport.write(block);
  } catch {
    // It was closed.
  }
}
