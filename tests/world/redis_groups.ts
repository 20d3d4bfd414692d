/**
 * A directory on several servers of Redis: a primary that Sentinels watch, and
 * a cluster.
 *
 * @module
 */
import { DirectoryClient, startDirectory } from "../../src/directory/mod.ts";
import { within } from "../helpers/deadline.ts";
import { freePort } from "../helpers/free_port.ts";
import type { RedisServer } from "../helpers/redis.ts";
import {
  CLIENT_COUNT,
  Clients,
  NO_LIMITS,
  ready,
  underLoad,
} from "./directory_clients.ts";
import { pause } from "./program.ts";
import type { Report } from "./report.ts";

/**
 * A Sentinel that had no processor for 2 s decides nothing for the next 30 s,
 * and counts the primary as down only behind those. A replica whose link broke
 * more than ten times `down-after-milliseconds` before that is never chosen:
 * below 3 s, as it was here once, no failover ever comes.
 */
const PAUSE_MS = 3_000;
const DOWN_AFTER_MS = 5_000;

/** How long a set of servers may take to find together, in milliseconds. */
const FORMING_MS = 30_000;

/** After so long without an answer a server counts as dead, in milliseconds. */
const NODE_TIMEOUT_MS = 2_000;

const SLOT_COUNT = 16_384;

/** How often a failover is repeated. */
const ROUNDS = 5;

/** Starts a server with these settings. */
export type StartRedis = (...settings: string[]) => Promise<RedisServer>;

/** Runs all of it. */
export async function checkRedisGroups(
  report: Report,
  thing: string,
  start: StartRedis,
): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    await report.check(
      thing,
      `Sentinel failover under load ${round}`,
      () => failOver(start),
    );
  }
  await report.check(
    thing,
    "Sentinel failover, the Sentinel was paused",
    () => failOver(start, PAUSE_MS),
    /after [34]\d s/,
  );
  await report.check(
    thing,
    "Cluster, slots move under load",
    () => moveSlots(start),
  );
  await report.check(
    thing,
    "Cluster, a primary dies",
    () => killOfCluster(start),
  );
}

async function until(
  what: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const endMs = performance.now() + FORMING_MS;
  while (!await isSo()) {
    if (performance.now() > endMs) throw new Error(`no ${what}`);
    await pause(100);
  }
}

/** The primary dies; its replica takes over. */
async function failOver(start: StartRedis, pauseMs = 0): Promise<string> {
  await using primary = await start();
  await using replica = await start(
    ...["--replicaof", "127.0.0.1", String(primary.port)],
  );
  await using sentinel = await start("--sentinel");
  const monitor = ["lekt", "127.0.0.1", String(primary.port), "1"];
  await sentinel.command("SENTINEL", "MONITOR", ...monitor);
  for (
    const [name, value] of [
      ["down-after-milliseconds", String(DOWN_AFTER_MS)],
      ["failover-timeout", "5000"],
    ]
  ) await sentinel.command("SENTINEL", "SET", "lekt", name!, value!);
  await using directory = await startDirectory({
    port: 0,
    limits: NO_LIMITS,
    store: `redis+sentinel://127.0.0.1:${sentinel.port}/lekt`,
  });
  await ready(directory);
  await using clients = new Clients(directory.url);
  await clients.register();
  // The Sentinel learns of the replica from the primary, every 10 s.
  const port = String(replica.port);
  await until(
    "replica is known",
    async () =>
      (await sentinel.command("SENTINEL", "REPLICAS", "lekt")).includes(port),
  );
  await until("replica is in step", async () => {
    const state = await replica.command("INFO", "replication");
    return state.includes("master_link_status:up");
  });
  return await underLoad(directory, clients, async () => {
    await primary.kill();
    if (pauseMs > 0) {
      sentinel.stall();
      await pause(pauseMs);
      sentinel.resume();
    }
    try {
      const seconds = await clients.recovery();
      return `ok (all are found after ${seconds})`;
    } catch (error) {
      const state = await sentinel.command("INFO", "sentinel");
      throw new Error(`${error}; ${state}`);
    }
  });
}

/** Servers that share the slots, and replicas of the first of them. */
async function withCluster(
  start: StartRedis,
  replicaCount: number,
  run: (nodes: RedisServer[], clients: Clients, url: string) => Promise<string>,
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const nodes: RedisServer[] = [];
  const buses: number[] = [];
  const primaryCount = 3;
  for (let count = 0; count < primaryCount + replicaCount; count++) {
    buses.push(freePort());
    nodes.push(
      stack.use(
        await start(
          ...["--cluster-enabled", "yes", "--cluster-node-timeout"],
          ...[String(NODE_TIMEOUT_MS), "--cluster-port", String(buses.at(-1))],
        ),
      ),
    );
  }
  const [first, ...others] = nodes;
  const share = Math.ceil(SLOT_COUNT / primaryCount);
  for (const [index, node] of nodes.slice(0, primaryCount).entries()) {
    const last = Math.min((index + 1) * share, SLOT_COUNT) - 1;
    const range = [String(index * share), String(last)];
    await node.command("CLUSTER", "ADDSLOTSRANGE", ...range);
  }
  for (const [index, { port }] of others.entries()) {
    const place = ["127.0.0.1", String(port), String(buses[index + 1])];
    await first!.command("CLUSTER", "MEET", ...place);
  }
  await until("cluster", async () => {
    const states = await Promise.all(
      nodes.map((node) => node.command("CLUSTER", "INFO")),
    );
    return states.every((state) =>
      state.includes("cluster_state:ok") &&
      state.includes(`cluster_known_nodes:${nodes.length}`)
    );
  });
  const id = await nameOf(first!);
  for (const replica of nodes.slice(primaryCount)) {
    await replica.command("CLUSTER", "REPLICATE", id);
    await until("replica is in step", async () => {
      const state = await replica.command("INFO", "replication");
      return state.includes("master_link_status:up");
    });
  }
  await using directory = await startDirectory({
    port: 0,
    limits: NO_LIMITS,
    store: `redis+cluster://127.0.0.1:${first!.port}`,
  });
  await ready(directory);
  await using clients = new Clients(directory.url);
  await clients.register();
  return await run(nodes, clients, directory.url);
}

/** What a server of a cluster calls itself. */
async function nameOf(node: RedisServer): Promise<string> {
  return /[\da-f]{40}/.exec(await node.command("CLUSTER", "MYID"))![0];
}

/** The slot of each client's nickname goes to the next server, while all of them refresh. */
function moveSlots(start: StartRedis): Promise<string> {
  return withCluster(start, 0, async (nodes, clients, url) => {
    const [first] = nodes;
    const names = await Promise.all(nodes.map(nameOf));
    const share = Math.ceil(SLOT_COUNT / nodes.length);
    const watched = clients.nicknames[0]!;
    const stop = new AbortController();
    const events = new DirectoryClient(url).watch(watched, stop);
    await within(events.next(), "the first event", FORMING_MS);
    return await underLoad({ url }, clients, async () => {
      for (const nickname of clients.nicknames) {
        const reply = await first!.command(
          ...["CLUSTER", "KEYSLOT", `{${nickname}}`],
        );
        const slot = reply.slice(1).trim();
        const from = Math.floor(Number(slot) / share);
        clients.refresh();
        await moveSlot(nodes, names, slot, from, (from + 1) % nodes.length);
      }
      const seconds = await clients.recovery();
      const heard = events.next();
      await clients.unregister(watched);
      await within(heard, "an event of a nickname that moved", FORMING_MS);
      stop.abort();
      return `ok (${CLIENT_COUNT} slots; all are found after ${seconds}; ${clients.failureCount} refreshes failed and were made again)`;
    });
  });
}

async function moveSlot(
  nodes: readonly RedisServer[],
  names: readonly string[],
  slot: string,
  from: number,
  to: number,
): Promise<void> {
  const [source, target] = [nodes[from]!, nodes[to]!];
  const set = ["CLUSTER", "SETSLOT", slot];
  await target.command(...set, "IMPORTING", names[from]!);
  await source.command(...set, "MIGRATING", names[to]!);
  await pause(50);
  for (;;) {
    const reply = await source.command("CLUSTER", "GETKEYSINSLOT", slot, "100");
    const keys = reply.split("\r\n").filter((line) => line.startsWith("lekt:"));
    if (keys.length === 0) break;
    await source.command(
      ...["MIGRATE", "127.0.0.1", String(target.port), "", "0", "5000"],
      ...["KEYS", ...keys],
    );
  }
  for (const node of [target, source, ...nodes]) {
    await node.command(...set, "NODE", names[to]!);
  }
}

/** A primary of a cluster dies; its replica takes over. */
function killOfCluster(start: StartRedis): Promise<string> {
  return withCluster(
    start,
    1,
    (nodes, clients, url) =>
      underLoad({ url }, clients, async () => {
        await nodes[0]!.kill();
        // Until then nobody has noticed.
        await pause(NODE_TIMEOUT_MS);
        return `ok (all are found after ${await clients.recovery()})`;
      }),
  );
}
