// A large file is forced to the disk while the rest of it comes.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { EarlySync } from "../../src/peer/early_sync.ts";
import { OfferStore } from "../../src/peer/offer_store.ts";
import { PartialFile } from "../../src/peer/partial_file.ts";
import { StagedOffer } from "../../src/peer/staged_offer.ts";
import type { FileEntry, Offer } from "../../src/talk/offer.ts";
import { FileFault } from "../../src/talk/receive.ts";
import { isSettled, turns, until } from "../helpers/deadline.ts";
import { withFolder } from "../helpers/temp_folder.ts";

/** So many bytes come between two syncs. */
const STEP_SIZE = 64 * 1024 * 1024;

const DISK_FAULT = new Error("the disk is broken");

/** While it is there, files that are opened only to be synced are none, and no file is really written or synced. */
class FakeDisk implements Disposable {
  readonly #open = Deno.open;
  readonly #syncs: PromiseWithResolvers<void>[] = [];
  /** What was done, in order. */
  readonly log: string[] = [];
  /** Whether a file can be opened to be synced. */
  isOpenable = true;

  constructor() {
    Deno.open = async (path, options) => {
      const isForSync = Object.keys(options ?? {}).join() === "write";
      return isForSync
        ? this.#second()
        : this.#first(await this.#open(path, options));
    };
  }

  /** Early syncs that wait for {@linkcode endSync}. */
  get waitingCount(): number {
    return this.#syncs.length;
  }

  /** Ends the early sync that was begun first, as soon as there is one. */
  async endSync(error?: Error): Promise<void> {
    await until(() => this.#syncs.length > 0, "an early sync has begun");
    const sync = this.#syncs.shift()!;
    if (error) sync.reject(error);
    else sync.resolve();
  }

  /** Ends the early sync when the last one has ended: `saving` waits for both. */
  async endBehindLast(saving: Promise<unknown>, error?: Error): Promise<void> {
    await until(() => this.log.includes("last sync"), "the last sync");
    assert(!await isSettled(saving));
    await this.endSync(error);
    await saving;
  }

  [Symbol.dispose](): void {
    Deno.open = this.#open;
  }

  #second(): Deno.FsFile {
    if (!this.isOpenable) throw new Error("too many open files");
    this.log.push("open");
    const sync = Promise.withResolvers<void>();
    return {
      sync: () => {
        this.#syncs.push(sync);
        return sync.promise;
      },
      [Symbol.dispose]: () => this.log.push("close"),
    } as unknown as Deno.FsFile;
  }

  #first(file: Deno.FsFile): Deno.FsFile {
    file.write = (bytes) => Promise.resolve(bytes.length);
    file.sync = () => {
      this.log.push("last sync");
      return Promise.resolve();
    };
    return file;
  }
}

Deno.test("early syncs come one at a time, no more often than every 64 MiB, and hold nobody up", async () => {
  using disk = new FakeDisk();
  const early = new EarlySync("/a");
  early.note(STEP_SIZE - 1);
  await turns();
  assertEquals(disk.log, []);
  early.note(1);
  await until(() => disk.waitingCount === 1, "it has begun");
  early.note(3 * STEP_SIZE);
  const settling = early.settle();
  assert(!await isSettled(settling));
  assertEquals(disk.log, ["open"]);
  await disk.endSync();
  await settling;
  assertEquals(disk.log, ["open", "close"]);
  // What has come meanwhile counts.
  early.note(1);
  await disk.endSync();
  await early.check();
  early.note(1);
  await turns();
  assertEquals(disk.log, ["open", "close", "open", "close"]);
});

Deno.test("a file that cannot be opened for it is left for the end, and not tried again", async () => {
  using disk = new FakeDisk();
  disk.isOpenable = false;
  const early = new EarlySync("/a");
  early.note(STEP_SIZE);
  await early.check();
  disk.isOpenable = true;
  early.note(STEP_SIZE);
  await early.check();
  assertEquals(disk.log, []);
});

Deno.test("an early sync that has failed is told at the end, not before", async () => {
  using disk = new FakeDisk();
  const early = new EarlySync("/a");
  early.note(STEP_SIZE);
  await disk.endSync(DISK_FAULT);
  await early.settle();
  early.note(STEP_SIZE);
  await disk.endSync();
  await assertRejects(() => early.check(), Error, DISK_FAULT.message);
  assertEquals(disk.log, ["open", "close", "open", "close"]);
});

/** What became of a single file, with an early sync that ends so. */
type Receive = (
  folder: string,
  bytes: Uint8Array,
  disk: FakeDisk,
  error?: Error,
) => Promise<void>;

async function receivePartial(
  folder: string,
  bytes: Uint8Array,
  disk: FakeDisk,
  error?: Error,
): Promise<void> {
  const part = await PartialFile.create(folder, "large.bin");
  try {
    await part.write(bytes);
    await disk.endBehindLast(part.moveIntoPlace(), error);
  } finally {
    await part.remove();
  }
}

async function receiveOffered(
  folder: string,
  bytes: Uint8Array,
  disk: FakeDisk,
  error?: Error,
): Promise<void> {
  const entry = {
    kind: "file",
    path: "large.bin",
    size: bytes.length,
  } as FileEntry;
  const offer = { number: 1, entries: [entry] } as unknown as Offer;
  const store = await OfferStore.open(folder, [], offer);
  const faults: string[] = [];
  const staged = await StagedOffer.open(offer, store, {
    folder,
    onPlaced: () => {},
    onFault: (_, reason) => faults.push(reason),
  });
  await staged.prepare();
  await staged.begin(0, 0);
  await staged.write(bytes);
  const digest = createHash("sha256").digest();
  await disk.endBehindLast(staged.end(digest), error);
  await staged.finish();
  await staged.close(true);
  if (faults.length > 0) throw new FileFault(faults.join());
}

const WAYS: readonly [name: string, receive: Receive][] = [
  ["alone", receivePartial],
  ["offered", receiveOffered],
];

for (const [name, receive] of WAYS) {
  Deno.test(`a large file that is sent ${name} is in its place behind a sync of its own, and behind all early ones`, async () => {
    await withFolder(async (folder) => {
      using disk = new FakeDisk();
      await receive(folder, new Uint8Array(STEP_SIZE), disk);
      assertEquals(disk.log, ["open", "last sync", "close"]);
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assertEquals(names, ["large.bin"]);
    });
  });

  Deno.test(`a large file that is sent ${name}, and of which an early sync has failed, is not saved`, async () => {
    await withFolder(async (folder) => {
      using disk = new FakeDisk();
      await assertRejects(
        () => receive(folder, new Uint8Array(STEP_SIZE), disk, DISK_FAULT),
        Error,
        DISK_FAULT.message,
      );
      assertEquals([...Deno.readDirSync(folder)].length, 0);
    });
  });
}
