/**
 * The hidden folder in which an offer is received: it outlives a connection
 * that is cut and a process that is killed, so that the same offer of the same
 * sender goes on where it was.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { fileReason } from "../base/reasons.ts";
import { isSystemError } from "../runtime/errors.ts";
import type { SystemFile } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import type { Offer } from "../talk/offer.ts";
import type { NameRules } from "./offer_layout.ts";

/** Hidden folders of one sender and one offer: others may be receiving the same just now. */
const STORE_COUNT_MAX = 16;

/** What is not gone on with for so long is removed, in milliseconds: a week. */
const AGE_MAX_MS = 7 * 24 * 60 * 60 * 1000;

/** Who receives may read what is under way, nobody else. */
const STORE_MODE = 0o700;

/** All permissions: what of them a new folder gets tells what is masked out. */
const ALL_MODE = 0o777;

/** The file in it that is locked, and that says what has its place already. */
const LOG_NAME = "placed.jsonl";

/** The folder in it for what is received. */
const TREE_NAME = "tree";

/** Bytes of the longest log that is read. */
const LOG_SIZE_MAX = 64 * 1024 * 1024;

/** An item that has been put in its place, or was about to be. */
export interface PlacedItem {
  /** Its index in the offer. */
  readonly item: number;
  /** What it was, as a digest of its entries. */
  readonly key: string;
  /** Where it is. */
  readonly path: string;
  /** The SHA-256 of a single file. */
  readonly sha256?: string | undefined;
  /** What of it is not here, and why: the entry, counted from the item's first. */
  readonly failed?:
    | readonly (readonly [entry: number, reason: string])[]
    | undefined;
}

/** A hidden folder that nobody else works in. */
export class OfferStore {
  /** Where received files lie. */
  readonly tree: string;
  /** What is known to be in its place, or to have been about to. */
  readonly placed: readonly PlacedItem[];
  /** Whether something of the offer was here before. */
  readonly isOld: boolean;
  /** The permissions that new files do not get here, as what was made shows. */
  readonly mask: number;
  readonly #folder: string;
  readonly #log: SystemFile;

  private constructor(
    folder: string,
    log: SystemFile,
    found: { isOld: boolean; placed: readonly PlacedItem[]; mask: number },
  ) {
    this.#folder = folder;
    this.tree = join(folder, TREE_NAME);
    this.#log = log;
    this.isOld = found.isOld;
    this.placed = found.placed;
    this.mask = found.mask;
  }

  /**
   * Opens the hidden folder of an offer, the one that it had before where there is one.
   *
   * @param saveFolder Where received files go; it is made where it is missing.
   * @param sender Who offers, as the connection tells.
   * @param offer What is offered.
   * @throws {Error} Where nothing can be written there.
   */
  static async open(
    saveFolder: string,
    sender: readonly (string | undefined)[],
    offer: Offer,
  ): Promise<OfferStore> {
    const place = resolve(saveFolder);
    await system.mkdir(place, { recursive: true });
    const name = storeName(sender, offer);
    for (let number = 1; number <= STORE_COUNT_MAX; number++) {
      const store = await OfferStore.#tryOpen(
        join(place, `.lekt-${name}-${number}.part`),
      );
      if (store) return store;
    }
    throw new Error(`the same is being received ${STORE_COUNT_MAX} times`);
  }

  static async #tryOpen(folder: string): Promise<OfferStore | undefined> {
    const isOld = !await makeFolder(folder, STORE_MODE);
    const log = await system.open(join(folder, LOG_NAME), {
      read: true,
      append: true,
      create: true,
      mode: 0o600,
    });
    try {
      if (!await tryLock(log)) {
        log.close();
        return undefined;
      }
      const placed = isOld ? parseLog(await readAll(log)) : [];
      const tree = join(folder, TREE_NAME);
      await makeFolder(tree, ALL_MODE);
      const { mode } = await system.lstat(tree);
      const mask = mode === null ? 0 : ~mode & ALL_MODE;
      return new OfferStore(folder, log, { isOld, placed, mask });
    } catch (error) {
      log.close();
      throw error;
    }
  }

  /** Notes that an item is about to be put in its place. */
  async note(item: PlacedItem): Promise<void> {
    await this.#log.write(
      new TextEncoder().encode(`${JSON.stringify(item)}\n`),
    );
  }

  /** What the file system thinks of names. */
  async nameRules(): Promise<NameRules> {
    const isStrict = system.build.os === "windows" ||
      !await canMake(join(this.#folder, "a:b?"));
    const isFolding = await exists(
      join(this.#folder, LOG_NAME.toUpperCase()),
    );
    return { isStrict, isFolding };
  }

  /** Why nothing more can be kept in it, as where somebody has moved its folder away; `undefined` where it can. */
  lossReason(): string | undefined {
    try {
      system.lstatSync(this.tree);
      return undefined;
    } catch (error) {
      return isSystemError(error, "NotFound")
        ? `the folder ${dirname(this.#folder)}, or what was kept in it, is gone`
        : fileReason(error);
    }
  }

  /** Lets go of it, and keeps what is there. */
  close(): void {
    this.#log.close();
  }

  /** Removes it with all that is in it; never throws. */
  async remove(): Promise<void> {
    try {
      await system.remove(this.#folder, { recursive: true });
    } catch {
      // What is left is removed when it is old.
    }
    this.close();
  }
}

/** Tells whether a name is that of a hidden folder in which an offer is received. */
export function isStoreName(name: string): boolean {
  return /^\.lekt-[0-9a-f]{32}-\d{1,2}\.part$/.test(name);
}

/**
 * Removes what was received of an offer that nobody has gone on with for a week.
 *
 * @param folder The hidden folder.
 * @param nowMs The time, in milliseconds since 1970.
 * @return Whether it was removed; what cannot be looked at or removed stays.
 */
export async function removeOldStore(
  folder: string,
  nowMs: number,
): Promise<boolean> {
  const path = join(folder, LOG_NAME);
  try {
    const { mtime } = await system.lstat(path);
    if (!mtime || nowMs - mtime.getTime() < AGE_MAX_MS) return false;
    using log = await system.open(path, { read: true, write: true });
    if (!await log.tryLock(true)) return false;
    await system.remove(folder, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

/** The same sender with the same names finds the same folder again. */
function storeName(
  sender: readonly (string | undefined)[],
  { entries }: Offer,
): string {
  const tops = entries.filter(({ path }) => !path.includes("/"))
    .map(({ path }) => path);
  return createHash("sha256").update(JSON.stringify([sender, tops]))
    .digest("hex").slice(0, 32);
}

/** Makes a folder; tells whether it was missing. */
async function makeFolder(path: string, mode: number): Promise<boolean> {
  try {
    await system.mkdir(path, { mode });
    return true;
  } catch (error) {
    if (isSystemError(error, "AlreadyExists")) return false;
    throw error;
  }
}

/** A file system without locks says nothing of others: then it is ours. */
async function tryLock(file: SystemFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch {
    return true;
  }
}

async function readAll(file: SystemFile): Promise<string> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.min(size, LOG_SIZE_MAX));
  let count = 0;
  while (count < bytes.length) {
    const read = await file.read(bytes.subarray(count));
    if (read === null) break;
    count += read;
  }
  return new TextDecoder().decode(bytes.subarray(0, count));
}

/** The lines that are whole: the last one may be cut. */
function parseLog(text: string): PlacedItem[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as PlacedItem];
    } catch {
      return [];
    }
  });
}

async function canMake(path: string): Promise<boolean> {
  try {
    (await system.open(path, { write: true, create: true })).close();
    await system.remove(path);
    return true;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await system.lstat(path);
    return true;
  } catch {
    return false;
  }
}
