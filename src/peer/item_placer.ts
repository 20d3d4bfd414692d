/**
 * Gives the items of an offer their places, one after the other, each when all
 * of it is here.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { fileReason } from "../base/reasons.ts";
import { system } from "../runtime/system.ts";
import type { FileEntry, Offer, OfferEntry } from "../talk/offer.ts";
import { digestStart, isWholeAt, tellsContent } from "./kept_entries.ts";
import { checkPlacing } from "./offer_failure.ts";
import type { OfferItem, OfferLayout } from "./offer_layout.ts";
import type { OfferStore, PlacedItem } from "./offer_store.ts";
import type { OfferReports } from "./offer_reports.ts";
import { infoOf, placeItem } from "./place_item.ts";
import { turn } from "./turn.ts";

/** What the sender's permission bits may give in a folder: nobody else writes there. */
export const MODE_MASK = 0o755;

/** After so many entries of a folder others get their turn. */
const TURN_COUNT = 500;

/** The owner can always work in a folder. */
const FOLDER_MODE_MIN = 0o700;

/** What a folder may be where its sender does not say. */
const FOLDER_MODE = 0o755;

/** What {@linkcode ItemPlacer} works with. */
export interface PlacerOptions extends OfferReports {
  readonly offer: Offer;
  readonly store: OfferStore;
  /** Where the items go. */
  readonly folder: string;
  readonly layout: OfferLayout;
  /** 1 for each file that is whole. */
  readonly whole: Uint8Array;
  /** What is not here, and why. */
  readonly failed: Map<number, string>;
}

/** Places items. */
export class ItemPlacer {
  /** What is called otherwise here. */
  readonly renamed: [entry: number, name: string][];
  readonly #options: PlacerOptions;
  readonly #earlier = new Map<number, string>();
  readonly #done = new Map<number, PlacedItem>();
  #count = 0;
  /** Of files whose sender did not know it. */
  readonly #sizes = new Map<number, number>();
  /** The SHA-256 of the last single file. */
  #sha256: string | undefined;

  /** Nothing is placed yet. */
  constructor(options: PlacerOptions) {
    this.#options = options;
    this.renamed = options.layout.renamed.map(([entry, name]) => [entry, name]);
  }

  /** Looks at what an earlier run has placed: that need not be sent again. */
  async lookBack(): Promise<void> {
    const { store, layout, whole, failed, offer } = this.#options;
    for (const placed of store.placed) {
      const item = layout.items[placed.item];
      if (!item || !tellsContent(this.#entriesOf(item))) continue;
      if (placed.key !== this.#keyOf(item)) continue;
      if (!await infoOf(placed.path)) continue;
      if (await infoOf(this.#stagedPath(placed.item))) {
        this.#earlier.set(placed.item, placed.path);
        continue;
      }
      if (!await this.#isAsPlaced(item, placed)) continue;
      this.#done.set(placed.item, placed);
      for (let index = item.first; index < item.end; index++) {
        if (offer.entries[index]!.kind === "file") whole[index] = 1;
      }
      for (const [entry, reason] of placed.failed ?? []) {
        failed.set(item.first + entry, reason);
      }
    }
  }

  /** Whether nobody has changed, or taken away, what was put in its place. */
  async #isAsPlaced(
    { first, end }: OfferItem,
    { path, failed = [] }: PlacedItem,
  ): Promise<boolean> {
    const { offer, layout: { places } } = this.#options;
    const missing = new Set(failed.map(([entry]) => first + entry));
    for (let index = first; index < end; index++) {
      if (index % TURN_COUNT === 0) await turn();
      const entry = offer.entries[index]!;
      if (entry.kind !== "file" || missing.has(index)) continue;
      const below = places[index]!.slice(places[first]!.length);
      if (!isWholeAt(path + below, entry)) return false;
    }
    return true;
  }

  /** Whether the item has its place since an earlier run. */
  isDone(item: number): boolean {
    return this.#done.has(item);
  }

  /** Keeps what is told of a file that has just come: its size where it was not known, and the SHA-256 of a single one. */
  noteWhole(index: number, size: number, sha256?: string): void {
    const { size: known } = this.#options.offer.entries[index] as FileEntry;
    if (known === undefined) this.#sizes.set(index, size);
    this.#sha256 = sha256;
  }

  /** Whether an item that has no place yet lies before this entry. */
  isBehindItem(index: number): boolean {
    const item = this.#options.layout.items[this.#count];
    return item !== undefined && item.end <= index;
  }

  /** Places all items before this entry. */
  async placeBefore(index: number): Promise<void> {
    while (this.isBehindItem(index)) await this.#place(this.#count++);
  }

  async #place(number: number): Promise<void> {
    const { offer, store, folder, layout, failed } = this.#options;
    const { onPlaced, onFault } = this.#options;
    const item = layout.items[number]!;
    const { kind, path: name } = offer.entries[item.first]!;
    const sum = this.#sumUp(item);
    const isFolder = kind === "folder";
    if (kind === "left" || (!isFolder && failed.has(item.first))) return;
    try {
      const { path, sha256 } = this.#done.get(number) ??
        await this.#move(number, isFolder);
      const given = basename(path);
      if (given !== name) this.renamed.push([item.first, given]);
      onPlaced({
        name,
        path,
        isFolder,
        ...sum,
        ...(sha256 === undefined ? {} : { sha256 }),
      });
    } catch (error) {
      await checkPlacing(error, store, folder);
      failed.set(item.first, "it cannot be saved");
      onFault(item.first, `it cannot be saved: ${fileReason(error)}`);
    }
  }

  async #move(
    number: number,
    isFolder: boolean,
  ): Promise<{ path: string; sha256?: string | undefined }> {
    const { store, folder, layout } = this.#options;
    const item = layout.items[number]!;
    const staged = this.#stagedPath(number);
    const failed = this.#failedOf(item);
    const facts = { item: number, key: this.#keyOf(item), failed };
    if (isFolder) this.#finishFolders(item);
    const sha256 = isFolder ? undefined : await this.#takeDigest(staged);
    const path = await placeItem({
      staged,
      folder,
      name: item.name,
      isFolder,
      earlier: this.#earlier.get(number),
      onChosen: (path) => store.note({ ...facts, path, sha256 }),
    });
    return { path, sha256 };
  }

  /** The SHA-256 of a single file, which may have come in an earlier run. */
  async #takeDigest(staged: string): Promise<string> {
    const known = this.#sha256;
    this.#sha256 = undefined;
    if (known !== undefined) return known;
    using file = await system.open(staged);
    const { size } = await file.stat();
    return (await digestStart(file, size)).digest("hex");
  }

  /** What of an item is not here. */
  #failedOf({ first, end }: OfferItem): PlacedItem["failed"] {
    return [...this.#options.failed]
      .filter(([index]) => first <= index && index < end)
      .map(([index, reason]) => [index - first, reason] as const);
  }

  /** Counts what is here of an item; what was awaited and has not come has failed. */
  #sumUp(item: OfferItem): { fileCount: number; size: number } {
    const { offer, whole, failed } = this.#options;
    let fileCount = 0;
    let size = 0;
    for (let index = item.first; index < item.end; index++) {
      const entry = offer.entries[index]!;
      if (entry.kind !== "file") continue;
      if (whole[index] === 1 && !failed.has(index)) {
        fileCount++;
        size += entry.size ?? this.#sizes.get(index) ?? 0;
      } else if (!failed.has(index)) {
        failed.set(index, "it has not come");
      }
    }
    return { fileCount, size };
  }

  /** Gives folders their permissions and times, the deepest first: what is made in one changes its time. */
  #finishFolders({ first, end }: OfferItem): void {
    const { offer, store, layout } = this.#options;
    for (let index = end - 1; index >= first; index--) {
      const entry = offer.entries[index]!;
      if (entry.kind !== "folder") continue;
      const path = join(store.tree, layout.places[index]!);
      const mode = (entry.mode ?? FOLDER_MODE) & MODE_MASK & ~store.mask;
      try {
        system.chmodSync(path, mode | FOLDER_MODE_MIN);
        if (entry.mtimeMs === undefined) continue;
        const time = new Date(entry.mtimeMs);
        system.utimeSync(path, time, time);
      } catch {
        // A file system without permissions or times: what is in it counts.
      }
    }
  }

  #stagedPath(number: number): string {
    const { store, layout } = this.#options;
    return join(store.tree, layout.places[layout.items[number]!.first] ?? "-");
  }

  #keyOf(item: OfferItem): string {
    const entries = JSON.stringify(this.#entriesOf(item));
    return createHash("sha256").update(entries).digest("hex");
  }

  #entriesOf({ first, end }: OfferItem): OfferEntry[] {
    return this.#options.offer.entries.slice(first, end);
  }
}
