/**
 * An offer that is being received: its files are written to a hidden folder,
 * and each item gets its place when all of it is here.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { join, resolve } from "node:path";
import { fileReason } from "../base/reasons.ts";
import { isSystemError } from "../runtime/errors.ts";
import { SEEK, type SystemFile } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import type { FileEntry, Offer } from "../talk/offer.ts";
import type { PartialEntry } from "../talk/offer_answer.ts";
import { FileFault } from "../talk/receive.ts";
import { below } from "./below.ts";
import { EarlySync } from "./early_sync.ts";
import {
  digestStart,
  findKept,
  type KeptEntries,
  nothingKept,
  rangesOf,
} from "./kept_entries.ts";
import { ItemPlacer, MODE_MASK } from "./item_placer.ts";
import { checkKeeping } from "./offer_failure.ts";
import { layOut, type OfferLayout } from "./offer_layout.ts";
import type { OfferStore } from "./offer_store.ts";
import { givenUp, type OfferReports } from "./offer_reports.ts";
import type { OfferTarget } from "./offer_target.ts";
import { WriteBuffer } from "./write_buffer.ts";
import { turn } from "./turn.ts";

/** A file of at least so many bytes is forced to the disk before it counts as whole. */
const SYNC_SIZE_MIN = 4 * 1024 * 1024;

/** A single file can never be run. */
const FILE_MODE = 0o644;

/** The owner can always read a file. */
const FILE_MODE_MIN = 0o400;

/** After so many folders others get their turn. */
const TURN_COUNT = 200;

/** Where an offer goes, and who is told of it. */
export interface StagingTarget extends OfferReports {
  /** The folder that the items go to. */
  readonly folder: string;
}

/** The file that is being written. */
interface Writing {
  readonly index: number;
  readonly path: string;
  readonly file?: SystemFile;
  readonly early?: EarlySync;
}

/** Receives one offer. */
export class StagedOffer implements OfferTarget {
  readonly #offer: Offer;
  readonly #store: OfferStore;
  readonly #layout: OfferLayout;
  readonly #kept: KeptEntries;
  readonly #placer: ItemPlacer;
  readonly #onFault: OfferReports["onFault"];
  readonly #failed = new Map<number, string>();
  #writing: Writing | undefined;
  /** What is still to be written of it. */
  readonly #unwritten = new WriteBuffer();
  #keepsSomething: boolean;
  #have: [first: number, last: number][] = [];

  private constructor(
    offer: Offer,
    store: OfferStore,
    found: { layout: OfferLayout; kept: KeptEntries },
    to: StagingTarget,
  ) {
    this.#offer = offer;
    this.#store = store;
    this.#layout = found.layout;
    this.#kept = found.kept;
    this.#keepsSomething = store.isOld;
    this.#onFault = to.onFault;
    this.#placer = new ItemPlacer({
      offer,
      store,
      layout: found.layout,
      whole: found.kept.whole,
      failed: this.#failed,
      ...to,
      folder: resolve(to.folder),
    });
  }

  /**
   * Looks at what is here of an offer.
   *
   * @param offer The offer.
   * @param store Its hidden folder, which is this object's from now on.
   * @param to Where the items go, and who is told.
   */
  static async open(
    offer: Offer,
    store: OfferStore,
    to: StagingTarget,
  ): Promise<StagedOffer> {
    const { entries } = offer;
    const layout = layOut(offer, await store.nameRules());
    const kept = store.isOld
      ? await findKept(store.tree, entries, layout.places)
      : nothingKept(entries.length);
    const staged = new StagedOffer(offer, store, { layout, kept }, to);
    await staged.#placer.lookBack();
    staged.#have = rangesOf(kept, entries);
    return staged;
  }

  /** What need not be sent. */
  get have(): [first: number, last: number][] {
    return this.#have;
  }

  /** Of what the beginning is here. */
  get partial(): PartialEntry[] {
    return [...this.#kept.parts.values()].map(({ partial }) => partial);
  }

  /** Bytes that are here. */
  get hereSize(): number {
    let size = 0;
    for (const [index, entry] of this.#offer.entries.entries()) {
      if (entry.kind !== "file") continue;
      if (this.#kept.whole[index] === 1) size += entry.size ?? 0;
      else size += this.#kept.parts.get(index)?.partial.size ?? 0;
    }
    return size;
  }

  /** What is not here, and why. */
  get failed(): [entry: number, reason: string][] {
    return [...this.#failed];
  }

  /** What is called otherwise here. */
  get renamed(): [entry: number, name: string][] {
    return this.#placer.renamed;
  }

  /** Whether a file is still to be sent. */
  isWanted(index: number): boolean {
    return this.#kept.whole[index] === 0;
  }

  /** Makes the folders that files go to: the offer is accepted. */
  async prepare(): Promise<void> {
    const { entries } = this.#offer;
    for (const [number, { first, end }] of this.#layout.items.entries()) {
      if (this.#placer.isDone(number)) continue;
      this.#makeFolder(join(this.#store.tree, String(number)));
      for (let index = first; index < end; index++) {
        if (index % TURN_COUNT === 0) await turn();
        if (entries[index]!.kind !== "folder") continue;
        this.#makeFolder(this.#pathOf(index), index);
      }
    }
  }

  /** Begins a file, or goes on with one. */
  async begin(index: number, start: number): Promise<Hash> {
    await this.#placer.placeBefore(index);
    const part = this.#kept.parts.get(index);
    if (start > (part?.partial.size ?? 0)) {
      throw new FileFault(
        `the sender goes on with "${
          this.#entry(index).path
        }" where nothing is yet, by a fault of its program`,
      );
    }
    const path = this.#pathOf(index);
    try {
      const isNew = start === 0;
      if (isNew) this.#makeWay(index, path);
      else system.chmodSync(path, 0o600);
      const file = await system.open(path, {
        read: true,
        write: true,
        createNew: isNew,
        mode: 0o600,
      });
      this.#writing = { index, path, file, early: new EarlySync(path) };
      if (isNew) return createHash("sha256");
      await file.truncate(start);
      const hash = start === part!.partial.size
        ? part!.hash
        : await digestStart(file, start);
      await file.seek(start, SEEK.start);
      return hash;
    } catch (error) {
      this.#fail(index, error);
      this.#writing = { index, path };
      return createHash("sha256");
    }
  }

  /** Appends to the file that was begun. */
  async write(bytes: Uint8Array): Promise<void> {
    const { file, index, early } = this.#writing!;
    if (!file) return;
    this.#keepsSomething ||= this.#entry(index).size !== undefined;
    try {
      await this.#unwritten.append(file, bytes);
      early?.note(bytes.length);
    } catch (error) {
      this.#fail(index, error);
    }
  }

  /** The file that was begun is whole. */
  async end(digest: Uint8Array): Promise<void> {
    const { file, index, path, early } = this.#writing!;
    this.#writing = undefined;
    if (!file) return;
    try {
      await this.#unwritten.flush(file);
      const size = await file.seek(0, SEEK.current);
      await file.truncate(size);
      const isLarge = size >= SYNC_SIZE_MIN;
      if (isLarge || !this.#isInFolder(index)) await file.sync();
      await early?.check();
      system.chmodSync(path, this.#modeOf(index) & ~this.#store.mask);
      setTime(file, this.#entry(index));
      this.#done(index, size, digest);
    } catch (error) {
      this.#fail(index, error);
    } finally {
      file.close();
    }
  }

  /** Writes a small file at once: for thousands of them each wait would count. */
  whole(
    index: number,
    bytes: Uint8Array,
    digest: Uint8Array,
  ): Promise<void> | void {
    if (!this.#isInFolder(index)) return this.#wholeItem(index, bytes, digest);
    if (this.#placer.isBehindItem(index)) {
      return this.#placer.placeBefore(index)
        .then(() => this.#writeSmall(index, bytes, digest));
    }
    this.#writeSmall(index, bytes, digest);
  }

  /** The sender cannot send the rest. */
  async giveUp(index: number, reason: string): Promise<void> {
    const text = givenUp(reason);
    this.#failed.set(index, text);
    this.#onFault(index, text);
    await this.#stopWriting();
    removeFile(this.#pathOf(index));
  }

  /** Gives the rest its place, behind the last byte. */
  async finish(): Promise<void> {
    await this.#placer.placeBefore(this.#offer.entries.length);
  }

  /** Ends before all is here, and keeps what is worth it; `isWrong`: what came last is not to be kept. */
  async break(isWrong: boolean): Promise<boolean> {
    const writing = await this.#stopWriting(!isWrong);
    if (writing && isWrong) removeFile(writing.path);
    const isKept = this.#keepsSomething;
    if (isKept) this.#store.close();
    else await this.#store.remove();
    return isKept && this.#store.lossReason() === undefined;
  }

  /** All is in its place; the other side knows that if `isKnown`, and otherwise asks again. */
  async close(isKnown: boolean): Promise<void> {
    if (isKnown) await this.#store.remove();
    else this.#store.close();
  }

  async #wholeItem(
    index: number,
    bytes: Uint8Array,
    digest: Uint8Array,
  ): Promise<void> {
    await this.begin(index, 0);
    await this.write(bytes);
    await this.end(digest);
  }

  #writeSmall(index: number, bytes: Uint8Array, digest: Uint8Array): void {
    const path = this.#pathOf(index);
    try {
      this.#makeWay(index, path);
      using file = system.openSync(path, {
        write: true,
        createNew: true,
        mode: this.#modeOf(index),
      });
      for (let offset = 0; offset < bytes.length;) {
        offset += file.writeSync(bytes.subarray(offset));
      }
      setTime(file, this.#entry(index));
      this.#done(index, bytes.length, digest);
    } catch (error) {
      this.#fail(index, error);
    }
  }

  async #stopWriting(isKept = false): Promise<Writing | undefined> {
    const writing = this.#writing;
    this.#writing = undefined;
    try {
      if (isKept && writing?.file) await this.#unwritten.flush(writing.file);
    } catch {
      // The disk is full, say: what is not here is sent again.
    }
    this.#unwritten.clear();
    await this.#unwritten.settle();
    if (!isKept) await writing?.early?.settle();
    writing?.file?.close();
    return writing;
  }

  #done(index: number, size: number, digest: Uint8Array): void {
    this.#kept.whole[index] = 1;
    this.#keepsSomething ||= this.#entry(index).size !== undefined;
    const sha256 = this.#isInFolder(index)
      ? undefined
      : Buffer.from(digest).toString("hex");
    this.#placer.noteWhole(index, size, sha256);
  }

  /** A full disk ends all, and so does a folder that is gone; what is about one name only costs that file. */
  #fail(index: number, cause: unknown): void {
    const writing = this.#writing;
    // No write is under way: what failed would wait for it.
    this.#unwritten.clear();
    writing?.file?.close();
    if (writing) this.#writing = { index, path: writing.path };
    checkKeeping(cause, this.#store);
    this.#failed.set(index, "it cannot be saved");
    this.#onFault(index, `it cannot be saved: ${fileReason(cause)}`);
    removeFile(this.#pathOf(index));
  }

  #entry(index: number): FileEntry {
    return this.#offer.entries[index] as FileEntry;
  }

  #pathOf(index: number): string {
    return below(this.#store.tree, this.#layout.places[index]!);
  }

  #isInFolder(index: number): boolean {
    return this.#entry(index).path.includes("/");
  }

  #modeOf(index: number): number {
    if (!this.#isInFolder(index)) return FILE_MODE;
    return ((this.#entry(index).mode ?? FILE_MODE) & MODE_MASK) | FILE_MODE_MIN;
  }

  /** Removes what an earlier run has left of a file. */
  #makeWay(index: number, path: string): void {
    if (this.#kept.stale.has(index)) removeFile(path);
  }

  #makeFolder(path: string, index?: number): void {
    try {
      system.mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if (isSystemError(error, "AlreadyExists")) return;
      if (index !== undefined) return this.#fail(index, error);
      checkKeeping(error, this.#store);
      throw error;
    }
  }
}

function removeFile(path: string): void {
  try {
    system.removeSync(path);
  } catch {
    // Nothing is there, or making the new file tells why not.
  }
}

function setTime(file: SystemFile, { mtimeMs }: FileEntry): void {
  if (mtimeMs === undefined) return;
  const time = new Date(mtimeMs);
  file.utimeSync(time, time);
}
