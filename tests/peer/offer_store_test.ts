// The hidden folder in which an offer is received: whose it is, and how long it is kept.
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { OfferStore } from "../../src/peer/offer_store.ts";
import { removeStaleParts } from "../../src/peer/stale_parts.ts";
import type { Offer } from "../../src/talk/offer.ts";
import { withFolder } from "../helpers/temp_folder.ts";

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** Bytes of the longest log that is read. */
const LOG_SIZE_MAX = 64 * 1024 * 1024;

function open(folder: string, path = "a"): Promise<OfferStore> {
  const entries = [{ kind: "file", path }] as Offer["entries"];
  return OfferStore.open(folder, ["ann"], {
    number: 1,
    count: 1,
    total: 0,
    zstd: false,
    entries,
  });
}

function names(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name);
}

Deno.test("sixteen may receive the same at once, and each has a folder of its own", async () => {
  await withFolder(async (folder) => {
    const stores: OfferStore[] = [];
    for (let count = 0; count < 16; count++) stores.push(await open(folder));
    assertEquals(new Set(stores.map(({ tree }) => tree)).size, 16);
    await assertRejects(() => open(folder), Error, "received 16 times");
    const other = await open(folder, "b");
    assertEquals(names(folder).length, 17);
    stores[15]!.close();
    const again = await open(folder);
    assertEquals(again.tree, stores[15]!.tree);
    assertEquals([again.isOld, other.isOld], [true, false]);
    for (const store of [...stores.slice(0, 15), again, other]) store.close();
  });
});

Deno.test("what was received of an offer is kept for a week, and as long as somebody works on it", async () => {
  await withFolder(async (folder) => {
    const store = await open(folder);
    const log = join(folder, names(folder)[0]!, "placed.jsonl");
    const touchedMs = 1_700_000_000_000;
    Deno.utimeSync(log, new Date(touchedMs), new Date(touchedMs));
    const removed = (ageMs: number) =>
      removeStaleParts(folder, touchedMs + ageMs);
    assertEquals(await removed(2 * WEEK_MS), 0);
    store.close();
    assertEquals(await removed(WEEK_MS - 1), 0);
    assertEquals(names(folder).length, 1);
    assertEquals(await removed(WEEK_MS), 1);
    assertEquals(names(folder), []);
  });
});

Deno.test("of a log that was cut the lines that are whole count", async () => {
  await withFolder(async (folder) => {
    const placed = { item: 0, key: "k", path: "/a" };
    const first = await open(folder);
    await first.note(placed);
    const log = join(folder, names(folder)[0]!, "placed.jsonl");
    first.close();
    Deno.writeTextFileSync(log, '{"item":1,"ke', { append: true });
    const store = await open(folder);
    assertEquals(store.placed, [placed]);
    store.close();
  });
});

Deno.test("of a log that has grown too long 64 MiB are read", async () => {
  const { prototype } = Deno.FsFile;
  const { stat, read } = prototype;
  await withFolder(async (folder) => {
    (await open(folder)).close();
    for (const more of [-1, 0, 1]) {
      const size = LOG_SIZE_MAX + more;
      let askedSize = 0;
      prototype.stat = async function () {
        return { ...await stat.call(this), size };
      };
      prototype.read = (into) => {
        askedSize += into.length;
        return Promise.resolve(null);
      };
      try {
        (await open(folder)).close();
      } finally {
        Object.assign(prototype, { stat, read });
      }
      assertEquals(askedSize, Math.min(size, LOG_SIZE_MAX), `${size}`);
    }
  });
});
