/**
 * A directory whose store is restarted, flushed, full, or not to be written.
 *
 * @module
 */
import {
  createIdentity,
  DirectoryClient,
  type DirectoryServer,
  type Identity,
  type Lease,
  startDirectory,
} from "../../src/directory/mod.ts";
import { messageOf } from "../../src/base/errors.ts";
import { REDIS_PROGRAM, RedisServer } from "../helpers/redis.ts";
import { pause, versionOf } from "./program.ts";
import type { Report } from "./report.ts";

const CLIENT_COUNT = 50;

/** The shortest lease: it is refreshed every 10 s. */
const LEASE_S = 30;

const RECOVERY_MS = 40_000;

const METHODS = ["tcp://192.0.2.7:15358"];

/** Clients of one directory, each with a nickname of its own. */
class Clients implements AsyncDisposable {
  readonly #leases: Lease[] = [];
  readonly #client: DirectoryClient;
  readonly #url: string;
  /** Refreshes that failed. */
  failureCount = 0;

  constructor(url: string) {
    this.#url = url;
    this.#client = new DirectoryClient(url);
  }

  /** Registers so many. */
  async register(count = CLIENT_COUNT): Promise<void> {
    await Promise.all(Array.from({ length: count }, async () => {
      const lease = await this.#client.register(await createIdentity(), {
        nickname: `client-${this.#leases.length}-${crypto.randomUUID()}`,
        methods: METHODS,
        leaseSeconds: LEASE_S,
        report: ({ event }) => {
          if (event === "failing") this.failureCount += 1;
        },
      });
      this.#leases.push(lease);
    }));
  }

  /** Has all of them register again now. */
  refresh(): void {
    for (const each of this.#leases) each.refresh();
  }

  /** How many can be looked up, by a client that remembers nothing. */
  async foundCount(): Promise<number> {
    const fresh = new DirectoryClient(this.#url);
    const found = await Promise.all(
      this.#leases.map(({ nickname }) =>
        fresh.lookup(nickname).then(() => true, () => false)
      ),
    );
    return found.filter(Boolean).length;
  }

  /** Seconds until all can be looked up. */
  async recovery(): Promise<string> {
    const startMs = performance.now();
    while (performance.now() - startMs < RECOVERY_MS) {
      if (await this.foundCount() === this.#leases.length) {
        return `${Math.round((performance.now() - startMs) / 1_000)} s`;
      }
      await pause(250);
    }
    throw new Error(`only ${await this.foundCount()} came back`);
  }

  /** Ends the refreshes. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#leases) each.abandon();
    return Promise.resolve();
  }
}

/** What comes of one registration. */
async function registration(
  { url }: DirectoryServer,
  identity?: Identity,
): Promise<string> {
  try {
    const lease = await new DirectoryClient(url).register(
      identity ?? await createIdentity(),
      { nickname: crypto.randomUUID(), methods: METHODS },
    );
    lease.abandon();
    return "taken";
  } catch (error) {
    return messageOf(error).replace(/[\da-f-]{36}/, "NAME");
  }
}

/** Waits until a directory has reached its store. */
async function ready({ url }: DirectoryServer): Promise<void> {
  const endMs = performance.now() + RECOVERY_MS;
  while (!(await fetch(`${url}/readyz`, { method: "HEAD" })).ok) {
    if (performance.now() > endMs) throw new Error("the store is not reached");
    await pause(50);
  }
}

async function withRedis(
  settings: string[],
  run: (
    redis: RedisServer,
    directory: DirectoryServer,
    clients: Clients,
  ) => Promise<string>,
): Promise<string> {
  await using redis = await RedisServer.start(...settings);
  await using directory = await startDirectory({
    port: 0,
    store: redis.address,
  });
  await ready(directory);
  await using clients = new Clients(directory.url);
  await clients.register();
  return await run(redis, directory, clients);
}

const REDIS_SCENARIOS: [
  string,
  string[],
  Parameters<typeof withRedis>[1],
  RegExp?,
][] = [
  [
    "killed, with appendonly yes",
    ["--appendonly", "yes", "--appendfsync", "always"],
    async (redis, _, clients) => {
      await redis.restart();
      return `ok (all are there after ${await clients.recovery()})`;
    },
  ],
  [
    "killed behind SAVE",
    ["--dbfilename", "dump.rdb"],
    async (redis, _, clients) => {
      await redis.command("SAVE");
      await redis.restart();
      return `ok (all are there after ${await clients.recovery()})`;
    },
  ],
  [
    "killed, nothing kept",
    [],
    async (redis, _, clients) => {
      await redis.restart();
      const found = await clients.foundCount();
      return `${found} of ${CLIENT_COUNT} are there; all after ${await clients
        .recovery()}, as their clients refresh`;
    },
    /^0 of 50/,
  ],
  ["SCRIPT FLUSH", [], async (redis, directory, clients) => {
    await redis.command("SCRIPT", "FLUSH");
    const taken = await registration(directory);
    return taken === "taken" && await clients.foundCount() === CLIENT_COUNT
      ? "ok"
      : taken;
  }],
  [
    "maxmemory, noeviction",
    ["--maxmemory-policy", "noeviction"],
    async (redis, directory, clients) => {
      await redis.command("CONFIG", "SET", "maxmemory", "1mb");
      const refused = await registration(directory);
      const found = await clients.foundCount();
      await redis.command("CONFIG", "SET", "maxmemory", "0");
      const after = await registration(directory);
      return `new ones: ${refused}; ${found} of ${CLIENT_COUNT} are found; with room again: ${after}`;
    },
    /^new ones: Cannot register.*; 50 of 50 are found; with room again: taken$/,
  ],
  [
    "maxmemory, allkeys-lru",
    ["--maxmemory-policy", "allkeys-lru"],
    async (redis, directory, clients) => {
      const identity = await createIdentity();
      const client = new DirectoryClient(directory.url);
      const lease = await client.register(identity, {
        nickname: "bob",
        methods: METHODS,
      });
      lease.abandon();
      await redis.command("CONFIG", "SET", "maxmemory", "1mb");
      await registration(directory);
      const found = await clients.foundCount();
      await redis.command("CONFIG", "SET", "maxmemory", "0");
      const thief = await client.register(await createIdentity(), {
        nickname: "bob",
        methods: METHODS,
      }).then((lease) => lease.abandon(), messageOf);
      return `${found} of ${CLIENT_COUNT} are found, and ${
        thief === undefined
          ? "somebody else can have a nickname that was taken"
          : `a nickname stays taken`
      }`;
    },
    /somebody else can have/,
  ],
];

/** Runs all of it. */
export async function checkStores(report: Report): Promise<void> {
  if (report.wants("Redis")) {
    if (REDIS_PROGRAM === undefined) {
      report.skip("Redis", "it is not installed");
    } else {
      const thing = `Redis ${versionOf(REDIS_PROGRAM, ["--version"])}`;
      for (const [name, settings, run, lost] of REDIS_SCENARIOS) {
        await report.check(thing, name, () => withRedis(settings, run), lost);
      }
      await report.check(thing, "Sentinel failover", failOver);
    }
  }
  if (report.wants("SQLite")) {
    await report.check("SQLite", "full disk", fullDisk, /^new ones: /);
    await report.check("SQLite", "read-only", readOnly, /^refused: /);
    await report.check("SQLite", "torn log", tornLog);
  }
}

/** The primary dies; its replica takes over. */
async function failOver(): Promise<string> {
  await using primary = await RedisServer.start();
  await using replica = await RedisServer.start(
    ...["--replicaof", "127.0.0.1", String(primary.port)],
  );
  await using sentinel = await RedisServer.start("--sentinel");
  const monitor = ["lekt", "127.0.0.1", String(primary.port), "1"];
  await sentinel.command("SENTINEL", "MONITOR", ...monitor);
  for (
    const [name, value] of [
      ["down-after-milliseconds", "1000"],
      ["failover-timeout", "5000"],
    ]
  ) await sentinel.command("SENTINEL", "SET", "lekt", name!, value!);
  await using directory = await startDirectory({
    port: 0,
    store: `redis+sentinel://127.0.0.1:${sentinel.port}/lekt`,
  });
  await ready(directory);
  await using clients = new Clients(directory.url);
  await clients.register();
  const endMs = performance.now() + 15_000;
  // The Sentinel learns of the replica from the primary, every 10 s.
  while (
    !(await sentinel.command("SENTINEL", "REPLICAS", "lekt")).includes(
      String(replica.port),
    )
  ) {
    if (performance.now() > endMs) throw new Error("no replica is known");
    await pause(200);
  }
  await primary.kill();
  clients.refresh();
  const seconds = await clients.recovery();
  return `ok (all are found after ${seconds}; ${clients.failureCount} refreshes failed and were made again)`;
}

/** A directory in a small file system of its own. */
async function withDisk(
  run: (folder: string) => Promise<string>,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
  const mount = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=512k", "tmpfs", folder],
  }).output();
  if (!mount.success) throw new Error("nothing can be mounted here");
  try {
    return await run(folder);
  } finally {
    await new Deno.Command("umount", { args: ["-l", folder] }).output();
    await Deno.remove(folder);
  }
}

function fullDisk(): Promise<string> {
  return withDisk(async (folder) => {
    await using directory = await startDirectory({
      port: 0,
      store: `${folder}/names.sqlite`,
    });
    await using clients = new Clients(directory.url);
    await clients.register(10);
    await fill(`${folder}/filler`);
    let refused = "taken";
    for (let count = 0; count < 200 && refused === "taken"; count++) {
      refused = await registration(directory);
    }
    const found = await clients.foundCount();
    await Deno.remove(`${folder}/filler`);
    const after = await registration(directory);
    return `new ones: ${refused}; ${found} of 10 are found; with room again: ${after}`;
  });
}

async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true });
  try {
    for (;;) await file.write(new Uint8Array(1_024));
  } catch {
    // It is full.
  }
}

function readOnly(): Promise<string> {
  return withDisk(async (folder) => {
    const store = `${folder}/names.sqlite`;
    await (await startDirectory({ port: 0, store })).close();
    await new Deno.Command("mount", {
      args: ["-o", "remount,ro", folder],
    }).output();
    try {
      await using _ = await startDirectory({ port: 0, store });
      return "it starts";
    } catch (error) {
      return `refused: ${messageOf(error).replace(folder, "FOLDER")}`;
    }
  });
}

/** Killed amid its writes, with a log whose end did not reach the disk. */
async function tornLog(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
  const outcomes: string[] = [];
  try {
    for (const cut of [1, 100, 2_000, 10_000]) {
      const store = `${folder}/names-${cut}.sqlite`;
      await using directory = await startDirectory({ port: 0, store });
      await using clients = new Clients(directory.url);
      await clients.register(20);
      // As the disk had it at a power cut: copies, the log without its end.
      const copy = `${folder}/copy-${cut}.sqlite`;
      await Deno.copyFile(store, copy);
      const log = await Deno.readFile(`${store}-wal`);
      await Deno.writeFile(`${copy}-wal`, log.subarray(0, log.length - cut));
      await using again = await startDirectory({ port: 0, store: copy });
      outcomes.push(await registration(again));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return outcomes.every((each) => each === "taken") ? "ok" : `${outcomes}`;
}
