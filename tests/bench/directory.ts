/**
 * How much a directory does: `deno task bench:directory [--short] [--json]`.
 *
 * For each store and number of nicknames: signed registrations and lookups
 * for each second, and how long they take. The directory, the load and Redis
 * are processes of their own on one machine.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { createIdentity } from "../../src/directory/mod.ts";
import { RedisStore } from "../../src/directory/redis_store.ts";
import { SqliteStore } from "../../src/directory/sqlite_store.ts";
import { payload, signAnything } from "../helpers/directory.ts";
import { DirectoryProcess } from "../helpers/directory_process.ts";
import { freePort } from "../helpers/free_port.ts";
import { REDIS_PROGRAM, RedisServer } from "../helpers/redis.ts";
import { runTask } from "../helpers/task.ts";
import type { DirectoryLoad } from "./directory_load.ts";

/** How long each measurement takes, in seconds, and over how many nicknames. */
const FULL = { seconds: 5, sizes: [1_000, 1_000_000] };
const SHORT = { seconds: 0.3, sizes: [1_000] };

/** Registrations that are on their way to Redis at once. */
const BATCH = 1_000;

const DAY_MS = 24 * 3_600_000;

/** One line of the result. */
interface Row extends DirectoryLoad {
  store: "sqlite" | "redis";
  nicknames: number;
}

async function measureAll(
  { seconds, sizes }: typeof FULL,
  isPrinting: boolean,
): Promise<Row[]> {
  const stores: Row["store"][] = REDIS_PROGRAM
    ? ["sqlite", "redis"]
    : ["sqlite"];
  const rows: Row[] = [];
  if (isPrinting) console.log(HEADING);
  for (const store of stores) {
    for (const nicknames of sizes) {
      const measure = store === "sqlite" ? measureSqlite : measureRedis;
      const row = { store, nicknames, ...await measure(nicknames, seconds) };
      rows.push(row);
      if (isPrinting) console.log(line(row));
    }
  }
  return rows;
}

async function measureSqlite(
  size: number,
  seconds: number,
): Promise<DirectoryLoad> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/directory.db`;
    await new SqliteStore(path).close();
    await fillSqlite(path, size);
    await readAll(path);
    return await measure(path, size, seconds);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureRedis(
  size: number,
  seconds: number,
): Promise<DirectoryLoad> {
  await using server = await RedisServer.start();
  await fillRedis(server.address, size);
  return await measure(server.address, size, seconds);
}

async function measure(
  store: string,
  size: number,
  seconds: number,
): Promise<DirectoryLoad> {
  await using directory = await DirectoryProcess.start(freePort(), store);
  const script = new URL("directory_load.ts", import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      script,
      directory.url,
      String(size),
      String(seconds),
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The load failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** In one transaction: one by one a million would take a minute. */
async function fillSqlite(path: string, size: number): Promise<void> {
  const { key, token } = await sample();
  const until = Date.now() + DAY_MS;
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    "INSERT INTO peers VALUES (?, ?, 1, ?, ?, 1, ?)",
  );
  database.exec("BEGIN");
  for (let index = 0; index < size; index++) {
    insert.run(`peer-${index}`, key, until, until, token);
  }
  database.exec("COMMIT");
  database.close();
}

/** Brings the file to the system's memory, where that of a directory in use is: else the first lookup of each nickname measures the disk. */
async function readAll(path: string): Promise<void> {
  const file = await Deno.open(path);
  const memory = new Uint8Array(1024 * 1024);
  while (await file.read(memory) !== null);
  file.close();
}

async function fillRedis(address: string, size: number): Promise<void> {
  const { key, token } = await sample();
  const expires = Date.now() + DAY_MS;
  const store = new RedisStore(address);
  await ready(store);
  for (let index = 0; index < size; index += BATCH) {
    await Promise.all(
      Array.from({ length: Math.min(BATCH, size - index) }, (_, offset) => {
        const nickname = `peer-${index + offset}`;
        const registration = { nickname, key, seq: 1, expires, token };
        return store.register(registration, expires);
      }),
    );
  }
  await store.close();
}

async function ready(store: RedisStore): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (true) {
    try {
      return await store.ping();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** A registration as they come: what the nicknames that are there before hold. */
async function sample(): Promise<{ key: string; token: string }> {
  const identity = await createIdentity();
  const token = await signAnything(identity, payload());
  return { key: identity.thumbprint, token };
}

const HEADING =
  "store   nicknames   registrations/s   p50 ms   p99 ms   lookups/s   p50 ms   p99 ms   failures";

function line({ store, nicknames, register, lookup }: Row): string {
  return [
    store.padEnd(6),
    nicknames.toLocaleString("en").padStart(11),
    register.perSecond.toLocaleString("en").padStart(17),
    String(register.p50Ms).padStart(8),
    String(register.p99Ms).padStart(8),
    lookup.perSecond.toLocaleString("en").padStart(11),
    String(lookup.p50Ms).padStart(8),
    String(lookup.p99Ms).padStart(8),
    String(register.failureCount + lookup.failureCount).padStart(10),
  ].join(" ");
}

async function main(args: string[]): Promise<number> {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({ args, options: { short: flag, json: flag } });
  const rows = await measureAll(values.short ? SHORT : FULL, !values.json);
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  return 0;
}

if (import.meta.main) {
  await runTask("deno task bench:directory [--short] [--json]", main);
}
