/**
 * A directory whose store is restarted, flushed, full, or not to be written.
 *
 * @module
 */
import { startDirectory } from "../../src/directory/mod.ts";
import { messageOf } from "../../src/base/errors.ts";
import { Clients, registration } from "./directory_clients.ts";
import { checkRedis } from "./redis_stores.ts";
import type { Report } from "./report.ts";

/** Runs all of it. */
export async function checkStores(report: Report): Promise<void> {
  await checkRedis(report);
  if (report.wants("SQLite")) {
    await report.check("SQLite", "full disk", fullDisk, /^new ones: /);
    await report.check("SQLite", "read-only", readOnly, /^refused: /);
    await report.check("SQLite", "torn log", tornLog);
    await report.check(
      "SQLite",
      "two directories",
      twoDirectories,
      /^refused: .*another program is using it.*; 100 are found$/,
    );
  }
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

/** A second directory on one file, while the first one serves. */
async function twoDirectories(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
  try {
    const options = { port: 0, store: `${folder}/names.sqlite` };
    await using first = await startDirectory(options);
    await using clients = new Clients(first.url);
    await clients.register();
    const refused = await startDirectory(options).then(
      async (second) => {
        await second.close();
        return "it starts";
      },
      (error) => `refused: ${messageOf(error).replace(folder, "FOLDER")}`,
    );
    await clients.register();
    return `${refused}; ${await clients.foundCount()} are found`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
