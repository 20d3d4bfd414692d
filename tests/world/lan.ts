/**
 * Two machines in one local network, without a directory: two network
 * namespaces with a cable between them.
 *
 * @module
 */
import {
  isEvent,
  PeerProcess,
  taskArguments,
} from "../helpers/peer_process.ts";
import { removeLeft } from "./networks.ts";
import { versionOf } from "./program.ts";
import type { Report } from "./report.ts";

const NEAR = { name: "lekt-lan-near", address: "10.77.3.1" } as const;
const FAR = { name: "lekt-lan-far", address: "10.77.3.2" } as const;

/** The address that the far one has later. */
const NEXT_ADDRESS = "10.77.3.3";

/** Runs what `--lan` is for, over real multicast. */
export async function checkLan(report: Report): Promise<void> {
  const name = "lan, two machines";
  if (!report.wants(name)) return;
  const missing = await whatIsMissing();
  if (missing !== undefined) report.skip(name, missing);
  else await report.check(name, "lan", talkInLan);
}

async function whatIsMissing(): Promise<string | undefined> {
  if (versionOf("ip", ["-V"]) === undefined) return "no ip";
  try {
    await ip("netns add lekt-lan-try");
    await ip("netns del lekt-lan-try");
    return undefined;
  } catch (error) {
    return `no namespaces here: ${error}`;
  }
}

async function ip(command: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", {
    args: command.split(" "),
  }).output();
  if (success) return;
  throw new Error(`ip ${command}: ${new TextDecoder().decode(stderr)}`);
}

async function plugIn(): Promise<void> {
  for (const { name } of [NEAR, FAR]) {
    await removeLeft(name);
    await ip(`netns add ${name}`);
  }
  await ip(
    `-n ${NEAR.name} link add eth0 type veth peer name eth0 netns ${FAR.name}`,
  );
  for (const { name, address } of [NEAR, FAR]) {
    await ip(`-n ${name} link set lo up`);
    await ip(`-n ${name} address add ${address}/24 dev eth0`);
    await ip(`-n ${name} link set eth0 up`);
    await ip(`-n ${name} route add 224.0.0.0/4 dev eth0`);
  }
}

async function unplug(): Promise<void> {
  for (const { name } of [NEAR, FAR]) {
    await ip(`netns del ${name}`).catch(() => {});
  }
}

/** Starts the command in a namespace. */
function startIn(
  { name }: { name: string },
  args: readonly string[],
  folder: string,
): PeerProcess {
  const program = [Deno.execPath(), ...taskArguments(), ...args, "--json"];
  return new PeerProcess(["netns", "exec", name, ...program], {
    program: "ip",
    env: { XDG_CONFIG_HOME: `${folder}/${name}` },
  });
}

/** Alice finds bob, and finds him again when his address has changed. */
async function talkInLan(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-lan-" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  stack.defer(unplug);
  await plugIn();
  const bob = stack.use(startIn(
    FAR,
    ["listen", "--lan", "--nick", "bob", "--accept", "alice"],
    folder,
  ));
  const { key } = await bob.event("announced", isEvent("announced"));
  const askedMs = performance.now();
  const alice = stack.use(startIn(
    NEAR,
    ["connect", "bob", "--lan", "--nick", "alice"],
    folder,
  ));
  const connected = await alice.event("connected", isEvent("connected"));
  const foundMs = performance.now() - askedMs;
  const place = `tls://${FAR.address}:15358`;
  if (connected.method !== place) throw new Error(`${connected.method}`);
  await alice.write("hello\n");
  await bob.event("hello", ({ text }) => text === "hello");
  const again = `${NEXT_ADDRESS}/24 dev eth0`;
  await ip(`-n ${FAR.name} address del ${FAR.address}/24 dev eth0`);
  await ip(`-n ${FAR.name} address add ${again}`);
  await ip(`-n ${FAR.name} route replace 224.0.0.0/4 dev eth0`);
  const movedMs = performance.now();
  await alice.write("still there?\n");
  const { method } = await alice.event("resumed", isEvent("resumed"));
  const backMs = performance.now() - movedMs;
  if (method !== `tls://${NEXT_ADDRESS}:15358`) throw new Error(`${method}`);
  await bob.event("still", ({ text }) => text === "still there?");
  const texts = bob.events.filter(isEvent("message")).length;
  if (texts !== 2) throw new Error(`${texts} texts`);
  return `ok, found ${place} by the key ${key} in ${
    Math.round(foundMs)
  } ms with the start of Deno; back at another address after ${
    Math.round(backMs / 1000)
  } s`;
}
