/**
 * Two network namespaces, and a third one between them in which the directory
 * and the relay run.
 *
 * @module
 */
import {
  isEvent,
  PeerProcess,
  taskArguments,
} from "../helpers/peer_process.ts";
import { pause, versionOf } from "./program.ts";

/** The namespace of the directory and the relay. */
export const RELAY = "lekt-relay";

/** How long something may take that takes long, in milliseconds. */
const LONG_MS = 600_000;

/** The ends, with the addresses of their own and of the relay on their side. */
const ENDS = [
  { name: "lekt-near", own: "10.77.1.2", relay: "10.77.1.1" },
  { name: "lekt-far", own: "10.77.2.2", relay: "10.77.2.1" },
] as const;

/** The one who sends, and the one who receives. */
export const [NEAR, FAR] = ENDS;

/** Where both find the directory. */
export const URL_OF_RELAY = `http://${NEAR.relay}:15359`;

/** Why there can be none here; `undefined` where there can. */
export async function missingNetworks(): Promise<string | undefined> {
  if (versionOf("ip", ["-V"]) === undefined) return "no ip";
  try {
    await ip("netns add lekt-try");
    await ip("netns del lekt-try");
    return undefined;
  } catch (error) {
    return `no namespaces here: ${error}`;
  }
}

/** Runs `ip`, and tells what it says. */
export async function ip(command: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("ip", {
    args: command.split(" "),
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`ip ${command}: ${new TextDecoder().decode(stderr)}`);
}

/** Removes a namespace that a run has left which was killed: one in which nothing runs. */
export async function removeLeft(name: string): Promise<void> {
  const pids = await ip(`netns pids ${name}`).catch(() => "none");
  if (pids.trim() === "") await ip(`netns del ${name}`);
}

/** Makes the three; between the ends nothing is forwarded. */
export async function plugIn(): Promise<void> {
  for (const name of [RELAY, NEAR.name, FAR.name]) await removeLeft(name);
  await ip(`netns add ${RELAY}`);
  await ip(`-n ${RELAY} link set lo up`);
  for (const { name, own, relay } of ENDS) {
    const outer = `${name.slice(5)}-${Deno.pid}`;
    await ip(`netns add ${name}`);
    await ip(`-n ${name} link set lo up`);
    await ip(
      `-n ${name} link add eth0 type veth peer name ${outer} netns ${RELAY}`,
    );
    await ip(`-n ${name} address add ${own}/24 dev eth0`);
    await ip(`-n ${name} link set eth0 up`);
    await ip(`-n ${RELAY} address add ${relay}/24 dev ${outer}`);
    await ip(`-n ${RELAY} link set ${outer} up`);
    await ip(`-n ${name} route add default via ${relay}`);
  }
}

/** Removes them; never throws. */
export async function unplug(): Promise<void> {
  for (const name of [RELAY, NEAR.name, FAR.name]) {
    await ip(`netns del ${name}`).catch(() => {});
  }
}

/** Starts the command in a namespace. */
export function startIn(
  namespace: string,
  args: readonly string[],
  folder: string,
): PeerProcess {
  const program = [Deno.execPath(), ...taskArguments(), ...args, "--json"];
  return new PeerProcess(["netns", "exec", namespace, ...program], {
    program: "ip",
    env: { XDG_CONFIG_HOME: `${folder}/${namespace}` },
  });
}

/** Starts the directory, which relays without limits. */
export async function startRelay(folder: string): Promise<PeerProcess> {
  const relay = startIn(RELAY, [
    ...["directory", "--relay", "--host", "0.0.0.0", "--origin", URL_OF_RELAY],
    ...["--limit", "bytesPerSecond=0", "--limit", "bytesPerCall=0"],
  ], folder);
  await relay.event("listening", isEvent("listening"));
  return relay;
}

/** Waits for what may take longer than an event of a test. */
export async function until<T>(
  what: string,
  find: () => T | undefined,
): Promise<T> {
  const endMs = performance.now() + LONG_MS;
  while (performance.now() < endMs) {
    const found = find();
    if (found !== undefined) return found;
    await pause(20);
  }
  throw new Error(`no ${what} within ${LONG_MS / 1_000} s`);
}
