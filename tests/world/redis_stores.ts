/**
 * A directory on one server of Redis or Valkey that is killed, flushed or full
 * while clients register.
 *
 * @module
 */
import {
  createIdentity,
  DirectoryClient,
  type DirectoryServer,
  startDirectory,
} from "../../src/directory/mod.ts";
import { messageOf } from "../../src/base/errors.ts";
import { RedisServer } from "../helpers/redis.ts";
import {
  CLIENT_COUNT,
  Clients,
  foundOf,
  type Load,
  METHODS,
  NO_LIMITS,
  ready,
  registration,
  underLoad,
} from "./directory_clients.ts";
import { pause, versionOf } from "./program.ts";
import { checkRedisGroups, type StartRedis } from "./redis_groups.ts";
import type { Report } from "./report.ts";

/** So many new ones are taken before something happens, and behind it. */
const NEW_COUNT = 20;

/** How long that may take, in milliseconds. */
const NEW_MS = 60_000;

/** So often all scripts are forgotten. */
const FLUSH_COUNT = 20;

/** What happens to a server, under clients that are registered, and others that register. */
interface Trouble {
  name: string;
  settings: string[];
  run(scene: Scene): Promise<string>;
  lost?: RegExp;
}

interface Scene {
  redis: RedisServer;
  directory: DirectoryServer;
  clients: Clients;
  load: Load;
}

async function meet(
  start: StartRedis,
  { settings, run }: Trouble,
): Promise<string> {
  await using redis = await start(...settings);
  await using directory = await startDirectory({
    port: 0,
    store: redis.address,
    limits: NO_LIMITS,
  });
  await ready(directory);
  await using clients = new Clients(directory.url);
  await clients.register();
  return await underLoad(directory, clients, async (load) => {
    await moreAreTaken(load);
    return await run({ redis, directory, clients, load });
  });
}

async function moreAreTaken({ taken }: Load): Promise<void> {
  const count = taken.length + NEW_COUNT;
  const endMs = performance.now() + NEW_MS;
  while (taken.length < count) {
    if (performance.now() > endMs) throw new Error("no new ones are taken");
    await pause(20);
  }
}

/** Kills it and starts it again; tells what became of those that were taken. */
async function killed(
  { redis, directory, clients, load }: Scene,
): Promise<string> {
  await redis.kill();
  const answered = [...load.taken];
  await redis.restart();
  const seconds = await clients.recovery();
  const found = await foundOf(directory, answered);
  return `ok (all ${CLIENT_COUNT} are there after ${seconds}, and ${found} of ${answered.length} new ones)`;
}

/** Sets the limit of memory while `body` runs. */
async function whileFull(
  redis: RedisServer,
  body: () => Promise<void>,
): Promise<void> {
  await redis.command("CONFIG", "SET", "maxmemory", "1mb");
  try {
    await body();
  } finally {
    await redis.command("CONFIG", "SET", "maxmemory", "0");
  }
}

/** Somebody's nickname is evicted, and somebody else asks for it. */
function evicting(policy: string): Trouble {
  return {
    name: `maxmemory, ${policy}`,
    settings: ["--maxmemory-policy", policy],
    async run({ redis, directory, clients }) {
      const client = new DirectoryClient(directory.url);
      async function ask(): Promise<string> {
        const wish = { nickname: "bob", methods: METHODS };
        return await client.register(await createIdentity(), wish)
          .then((lease) => (lease.abandon(), "taken"), messageOf);
      }
      await ask();
      let found = 0;
      await whileFull(redis, async () => {
        await registration(directory);
        found = await clients.foundCount();
      });
      const outcome = await ask();
      return `${found} of ${CLIENT_COUNT} are found, and ${
        outcome === "taken"
          ? "somebody else can have a nickname that was taken"
          : `a nickname stays taken: ${outcome}`
      }`;
    },
    lost: /somebody else can have/,
  };
}

const TROUBLES: readonly Trouble[] = [
  {
    name: "killed, with appendonly yes",
    settings: ["--appendonly", "yes", "--appendfsync", "always"],
    async run(scene) {
      const outcome = await killed(scene);
      const [, found, count] = / (\d+) of (\d+) new/.exec(outcome)!;
      return found === count ? outcome : `lost: ${outcome}`;
    },
  },
  {
    name: "killed behind SAVE",
    settings: ["--dbfilename", "dump.rdb"],
    async run(scene) {
      const saved = [...scene.load.taken];
      await scene.redis.command("SAVE");
      await moreAreTaken(scene.load);
      const outcome = await killed(scene);
      const found = await foundOf(scene.directory, saved);
      return found === saved.length
        ? `${outcome}; those of before the dump are all there`
        : `lost: ${found} of ${saved.length} that were in the dump`;
    },
  },
  {
    name: "killed, nothing kept",
    settings: [],
    async run(scene) {
      await scene.redis.restart();
      const found = await scene.clients.foundCount();
      return `${found} of ${CLIENT_COUNT} are there; all after ${await scene
        .clients.recovery()}, as their clients refresh`;
    },
    lost: /^\d of 50/,
  },
  {
    name: "SCRIPT FLUSH",
    settings: [],
    async run({ redis, directory, clients, load }) {
      for (let count = 0; count < FLUSH_COUNT; count++) {
        await redis.command("SCRIPT", "FLUSH");
        await pause(50);
      }
      await moreAreTaken(load);
      const answered = [...load.taken];
      const found = await foundOf(directory, answered);
      await clients.recovery();
      return found === answered.length
        ? `ok (${FLUSH_COUNT} times)`
        : `${found} of ${answered.length} new ones are found`;
    },
  },
  {
    name: "maxmemory, noeviction",
    settings: ["--maxmemory-policy", "noeviction"],
    async run({ redis, directory, clients, load }) {
      let refused = "";
      let found = 0;
      await whileFull(redis, async () => {
        refused = await registration(directory);
        found = await clients.foundCount();
      });
      const after = await registration(directory);
      await moreAreTaken(load);
      return `new ones: ${refused}; ${found} of ${CLIENT_COUNT} are found; with room again: ${after}`;
    },
    lost:
      /^new ones: Cannot register.*; 50 of 50 are found; with room again: taken/,
  },
  evicting("allkeys-lru"),
  evicting("volatile-lru"),
];

/** The programs, as Debian calls them. */
const PROGRAMS = { Redis: "redis-server", Valkey: "valkey-server" };

/** Runs all of it, on each that is there. */
export async function checkRedis(report: Report): Promise<void> {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const [one, several] = [`${name}, one server`, `${name}, several servers`];
    const isWanted = { one: report.wants(one), several: report.wants(several) };
    if (!isWanted.one && !isWanted.several) continue;
    const version = versionOf(program, ["--version"]);
    if (version === undefined) {
      report.skip(name, `no ${program}`);
      continue;
    }
    const start: StartRedis = (...settings) =>
      RedisServer.startProgram(program, ...settings);
    if (isWanted.one) {
      for (const trouble of TROUBLES) {
        const { name, lost } = trouble;
        const run = () => meet(start, trouble);
        await report.check(`${one} (${version})`, name, run, lost);
      }
    }
    if (isWanted.several) {
      await checkRedisGroups(report, `${several} (${version})`, start);
    }
  }
}
