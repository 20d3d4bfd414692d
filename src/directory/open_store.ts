/**
 * Stores by their addresses.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { harmless } from "../base/text.ts";
import type { Clock } from "./clock.ts";
import type { DirectoryStore } from "./store.ts";

/** Schemes of addresses that lead to Redis or Valkey; see {@linkcode openStore}. */
const REDIS_ADDRESS = /^(?:redis|rediss|valkey|valkeys)(?:\+[a-z]+)?:/;

/**
 * Opens a store by its address:
 *
 * | address | store |
 * | --- | --- |
 * | `memory` | in the memory of this process |
 * | a path | an SQLite file, for one process at a time |
 * | `redis://HOST:PORT`, `rediss://…` | a Redis 7 or Valkey server, for any number of processes |
 * | `redis+sentinel://HOST:PORT,HOST:PORT/NAME` | the primary that the Sentinels name |
 * | `redis+cluster://HOST:PORT,HOST:PORT` | a Redis Cluster |
 *
 * User name, password and database number stand where they do in any
 * `redis://` address. A store that cannot be reached yet is not an error: it
 * is tried again and again.
 *
 * @param address Which store, as in the table.
 * @param clock Tells an embedded store the time; Redis goes by its own. Default: the system's.
 * @throws {LektError} `INVALID_ARGUMENT` where the address is malformed or the file cannot be used.
 *
 * @example
 * ```ts
 * import { openStore, startDirectory } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const store = await openStore(`${folder}/directory.sqlite`);
 * {
 *   await using directory = await startDirectory({ store, port: 0 });
 *   const { status } = await fetch(`${directory.url}/readyz`, { method: "HEAD" });
 *   assertEquals(status, 200);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openStore(
  address: string,
  clock?: Clock,
): Promise<DirectoryStore> {
  if (REDIS_ADDRESS.test(address)) {
    const { RedisStore } = await import("./redis_store.ts");
    return new RedisStore(address);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) {
    const shown = harmless(address.replace(/\/\/.*@/, "//…@"));
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot use "${shown}" as a store: expected memory, the path of an SQLite file, or redis://HOST:PORT`,
    );
  }
  const { SqliteStore } = await import("./sqlite_store.ts");
  return new SqliteStore(address === "memory" ? ":memory:" : address, clock);
}
