// What is taken for the same as before when an offer comes again, and what is not.
import { assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { PlacedReport } from "../../src/peer/offer_reports.ts";
import { OfferStore } from "../../src/peer/offer_store.ts";
import { StagedOffer } from "../../src/peer/staged_offer.ts";
import type { FileEntry, Offer, OfferEntry } from "../../src/talk/offer.ts";
import { refuse, replacing } from "../helpers/replaced_system.ts";
import { withFolder } from "../helpers/temp_folder.ts";

interface Staging {
  readonly staged: StagedOffer;
  readonly placed: PlacedReport[];
  readonly faults: string[];
}

function offerOf(facts: Partial<FileEntry>): Offer {
  const entries = [{ kind: "file", path: "stdin", ...facts }] as FileEntry[];
  return { number: 1, count: 1, total: 0, zstd: false, entries };
}

async function open(folder: string, offer: Offer): Promise<Staging> {
  const store = await OfferStore.open(folder, ["ann"], offer);
  const placed: PlacedReport[] = [];
  const faults: string[] = [];
  const staged = await StagedOffer.open(offer, store, {
    folder,
    onPlaced: (report) => placed.push(report),
    onFault: (_, reason) => faults.push(reason),
  });
  return { staged, placed, faults };
}

/** Receives all of a file; its sender is told, or not. */
async function receive(
  { staged }: Staging,
  text: string,
  isKnown: boolean,
): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  await staged.prepare();
  await staged.begin(0, 0);
  await staged.write(bytes);
  await staged.end(createHash("sha256").update(bytes).digest());
  await staged.finish();
  await staged.close(isKnown);
}

const KINDS: [what: string, facts: Partial<FileEntry>][] = [
  ["standard input", {}],
  ["a file without a time", { size: 6 }],
  ["what has a time, but no size", { mtimeMs: 1_000 }],
];

for (const [what, facts] of KINDS) {
  Deno.test(`${what} of which the sender does not know that it has arrived is another one the next time`, async () => {
    await withFolder(async (folder) => {
      const offer = offerOf(facts);
      const first = await open(folder, offer);
      await receive(first, "first.", false);
      const second = await open(folder, offer);
      assertEquals(second.staged.have, []);
      await receive(second, "second", true);
      assertEquals(second.faults, []);
      const read = (name: string) => Deno.readTextFileSync(join(folder, name));
      assertEquals(read("stdin"), "first.");
      assertEquals(read("stdin (2)"), "second");
      assertEquals(second.placed.map(({ size }) => size), [6]);
      const { mtime } = Deno.statSync(join(folder, "stdin"));
      const isOwnTime = mtime!.getTime() > 1_000;
      assertEquals(isOwnTime, facts.mtimeMs === undefined);
    });
  });
}

Deno.test("a file of this size and time of which the sender does not know that it has arrived need not be sent again", async () => {
  await withFolder(async (folder) => {
    const offer = offerOf({ size: 6, mtimeMs: 1_000 });
    await receive(await open(folder, offer), "first.", false);
    const { staged, placed } = await open(folder, offer);
    assertEquals(staged.have, [[0, 0]]);
    await staged.prepare();
    await staged.finish();
    await staged.close(true);
    assertEquals(placed.map(({ path }) => path), [join(folder, "stdin")]);
  });
});

for (const change of ["another time", "another content", "another kind"]) {
  Deno.test(`what has ${change} than when it was put in its place is received anew`, async () => {
    await withFolder(async (folder) => {
      const offer = offerOf({ size: 6, mtimeMs: 1_000 });
      await receive(await open(folder, offer), "first.", false);
      const path = join(folder, "stdin");
      if (change === "another time") Deno.utimeSync(path, 5, 5);
      else if (change === "another content") Deno.writeTextFileSync(path, "x");
      else {
        Deno.removeSync(path);
        Deno.mkdirSync(path);
      }
      const { staged, placed } = await open(folder, offer);
      assertEquals(staged.have, []);
      await receive({ staged, placed, faults: [] }, "second", true);
      assertEquals(placed.map(({ path }) => path), [`${path} (2)`]);
      assertEquals(Deno.readTextFileSync(`${path} (2)`), "second");
    });
  });
}

Deno.test("what is not offered any more, or is something else now, does not come along", async () => {
  await withFolder(async (folder) => {
    const facts = { size: 1, mtimeMs: 1_000 };
    const file = (path: string) => ({ kind: "file", path, ...facts });
    const directory = (path: string) => ({ kind: "folder", path });
    const offerOfThese = (...entries: unknown[]): Offer =>
      ({ ...offerOf({}), entries }) as Offer;
    const bytes = Uint8Array.of(1);
    const digest = createHash("sha256").update(bytes).digest();
    const { staged } = await open(
      folder,
      offerOfThese(
        ...[directory("f"), file("f/a"), file("f/gone"), file("f/swap")],
        ...[directory("f/was"), file("f/was/x"), file("f/z")],
      ),
    );
    await staged.prepare();
    for (const index of [1, 2, 3, 5]) await staged.whole(index, bytes, digest);
    await staged.begin(6, 0);
    await staged.write(new Uint8Array(300_000));
    await staged.break(false);
    const next = await open(
      folder,
      offerOfThese(
        ...[directory("f"), file("f/a"), directory("f/swap")],
        ...[file("f/swap/y"), file("f/was")],
      ),
    );
    assertEquals(next.staged.have, [[1, 1]]);
    await next.staged.prepare();
    for (const index of [3, 4]) await next.staged.whole(index, bytes, digest);
    await next.staged.finish();
    await next.staged.close(true);
    assertEquals([next.faults, next.staged.failed], [[], []]);
    const names = (path: string) =>
      Array.from(Deno.readDirSync(path), ({ name }) => name).sort();
    assertEquals(names(folder), ["f"]);
    assertEquals(names(join(folder, "f")), ["a", "swap", "was"]);
    assertEquals(names(join(folder, "f/swap")), ["y"]);
    assertEquals(Deno.readFileSync(join(folder, "f/was")), bytes);
  });
});

Deno.test("what could not be saved of a folder is told again to a sender who did not hear it", async () => {
  await withFolder(async (folder) => {
    const facts = { size: 1, mtimeMs: 1_000 };
    const entries = [
      { kind: "folder", path: "f" },
      { kind: "file", path: "f/a", ...facts },
      { kind: "file", path: "f/b", ...facts },
    ] as OfferEntry[];
    const offer = { ...offerOf({}), count: 3, total: 2, entries };
    const bytes = Uint8Array.of(1);
    const digest = createHash("sha256").update(bytes).digest();
    const { staged } = await open(folder, offer);
    await staged.prepare();
    await staged.whole(1, bytes, digest);
    await staged.giveUp(2, "it is gone");
    await staged.finish();
    const { failed } = staged;
    assertEquals(failed, [[2, "its sender has given it up: it is gone"]]);
    await staged.close(false);
    const again = await open(folder, offer);
    assertEquals(again.staged.have, [[1, 2]]);
    await again.staged.prepare();
    await again.staged.finish();
    assertEquals(again.staged.failed, failed);
    assertEquals(again.placed.map(({ fileCount }) => fileCount), [1]);
    await again.staged.close(true);
  });
});

Deno.test("what a killed program has left of standard input does not stop the next one", async () => {
  await withFolder(async (folder) => {
    const offer = offerOf({});
    const killed = await open(folder, offer);
    await killed.staged.prepare();
    await killed.staged.begin(0, 0);
    const [hidden] = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    const [left, aside] = [join(folder, hidden!), join(folder, "aside")];
    await new Deno.Command("cp", { args: ["-r", left, aside] }).output();
    await killed.staged.break(true);
    Deno.renameSync(aside, left);
    const next = await open(folder, offer);
    assertEquals(next.staged.have, []);
    await receive(next, "all of it", true);
    assertEquals(next.faults, []);
    assertEquals(Deno.readTextFileSync(join(folder, "stdin")), "all of it");
  });
});

/** A file of one byte, and its digest. */
const BYTE = Uint8Array.of(1);
const BYTE_DIGEST = createHash("sha256").update(BYTE).digest();

/** An offer of files of a byte, and of folders, whose paths end with a slash. */
function offerOfAll(...paths: string[]): Offer {
  const entries = paths.map((path) =>
    path.endsWith("/")
      ? { kind: "folder", path: path.slice(0, -1) }
      : { kind: "file", path, size: 1, mtimeMs: 1 }
  ) as OfferEntry[];
  return { ...offerOf({}), count: entries.length, entries };
}

Deno.test("a file that the system does not let be made is told of once, and the others arrive", async () => {
  await withFolder(async (folder) => {
    const { staged, faults } = await open(
      folder,
      offerOfAll("f/", "f/a", "f/b"),
    );
    await staged.prepare();
    await replacing({ open: refuse }, async () => {
      await staged.begin(1, 0);
    });
    // More than is collected before something is written.
    await staged.write(new Uint8Array(600_000));
    await staged.end(BYTE_DIGEST);
    await staged.whole(2, BYTE, BYTE_DIGEST);
    await staged.finish();
    assertEquals(faults.length, 1);
    assertEquals(staged.failed, [[1, "it cannot be saved"]]);
    await staged.close(true);
    const names = Array.from(
      Deno.readDirSync(join(folder, "f")),
      ({ name }) => name,
    );
    assertEquals(names, ["b"]);
  });
});

Deno.test("of a folder that could not be made nothing is remembered for the one before it", async () => {
  await withFolder(async (folder) => {
    const offer = offerOfAll("f/", "f/a", "g/", "g/b");
    const { mkdirSync } = Deno;
    const { staged } = await open(folder, offer);
    const makeOthers: typeof mkdirSync = (path, options) => {
      if (String(path).endsWith("g")) throw new Error("not this one");
      mkdirSync(path, options);
    };
    await replacing({ mkdirSync: makeOthers }, () => staged.prepare());
    await staged.whole(1, BYTE, BYTE_DIGEST);
    await staged.finish();
    await staged.close(false);
    const again = await open(folder, offer);
    assertEquals([again.staged.have, again.staged.failed], [[[1, 1]], []]);
    await again.staged.prepare();
    await again.staged.whole(3, BYTE, BYTE_DIGEST);
    await again.staged.finish();
    assertEquals([again.faults, again.staged.failed], [[], []]);
    await again.staged.close(true);
    const paths = again.placed.map(({ path }) => path);
    assertEquals(paths, ["f", "g"].map((name) => join(folder, name)));
  });
});

Deno.test("a file of 4 MiB in a folder is forced to the disk before it is whole, as a single one of any size is", async () => {
  const { prototype } = Deno.FsFile;
  const { sync } = prototype;
  let count = 0;
  prototype.sync = function (): Promise<void> {
    count++;
    return sync.call(this);
  };
  try {
    await withFolder(async (folder) => {
      const limit = 4 * 1024 * 1024;
      const offer = offerOfAll("a", "f/", "f/b", "f/c");
      const { staged, faults } = await open(folder, offer);
      await staged.prepare();
      const counts: number[] = [];
      await staged.whole(0, BYTE, BYTE_DIGEST);
      counts.push(count);
      for (const [index, size] of [[2, limit - 1], [3, limit]]) {
        count = 0;
        await staged.begin(index!, 0);
        await staged.write(new Uint8Array(size!));
        await staged.end(BYTE_DIGEST);
        counts.push(count);
      }
      assertEquals(counts, [1, 0, 1]);
      await staged.finish();
      await staged.close(true);
      assertEquals(faults, []);
    });
  } finally {
    prototype.sync = sync;
  }
});

Deno.test("a folder gets its place as soon as something comes that lies behind it", async () => {
  await withFolder(async (folder) => {
    const { staged, placed } = await open(
      folder,
      offerOfAll("f/", "f/a", "g/", "g/b", "c"),
    );
    await staged.prepare();
    const placedCounts: number[] = [];
    for (const index of [1, 3, 4]) {
      await staged.whole(index, BYTE, BYTE_DIGEST);
      placedCounts.push(placed.length);
    }
    assertEquals(placedCounts, [0, 1, 2]);
    await staged.finish();
    await staged.close(true);
    assertEquals(placed.map(({ name }) => name), ["f", "g", "c"]);
  });
});

Deno.test("where nothing can be made at all the offer has failed, and not a part of it", async () => {
  await withFolder(async (folder) => {
    const { staged, faults } = await open(folder, offerOfAll("f/", "f/a"));
    const mkdirSync = () => {
      throw new Error("nothing here");
    };
    await replacing({ mkdirSync }, async () => {
      await assertRejects(() => staged.prepare(), Error, "nothing here");
    });
    assertEquals(faults, []);
    await staged.break(false);
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});
