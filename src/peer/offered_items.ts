/**
 * What is offered: files, folders with all that is in them, and standard input.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { fileReason } from "../base/reasons.ts";
import type { FileInfo } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import { entryPathFault } from "../talk/entry_path.ts";
import { ENTRY_COUNT_MAX, type OfferEntry } from "../talk/offer.ts";
import { below } from "./below.ts";
import { fileSource, unseenReason } from "./file_sources.ts";
import type { FileSource } from "./outgoing_files.ts";
import { turn } from "./turn.ts";

/** After so many entries of a folder others get their turn. */
const TURN_COUNT = 500;

/** One entry of an offer, and where it comes from. */
export interface OfferedEntry {
  readonly entry: OfferEntry;
  /** Where it is on this machine; nowhere for standard input. */
  readonly path?: string;
  /** How it is read where it is no regular file. */
  readonly source?: FileSource;
  /** It is left out because it cannot be read, and not for its kind. */
  readonly isUnreadable?: boolean;
}

/** A file or a folder that was named to be sent. */
export interface OfferedItem {
  /** What the other side is told that it is called. */
  readonly name: string;
  /** The folder before what is in it, or the one file. */
  readonly entries: readonly OfferedEntry[];
  /** Bytes of all files whose size is known. */
  readonly size: number;
}

/**
 * Looks at a file or a folder that is to be sent, and at all that is in it. A
 * symbolic link is followed only where it is what was named.
 *
 * @param path Where it is; `-` is standard input.
 * @return What to offer.
 * @throws {Error} Where there is none that could be sent; the message says why.
 */
export async function offeredItem(path: string): Promise<OfferedItem> {
  if (path === "-") return singleItem(await fileSource(path));
  const info = await system.stat(path);
  if (info.isDirectory) return await folderItem(resolve(path), info);
  const source = await fileSource(path);
  if (!info.isFile) return singleItem(source);
  const { name, size = 0 } = source;
  const entry: OfferEntry = { kind: "file", path: name, size, ...facts(info) };
  return { name, size, entries: [{ entry, path }] };
}

/** What has no place of its own on this machine, as something to offer. */
export function singleItem(source: FileSource): OfferedItem {
  const { name, size } = source;
  const entry: OfferEntry = { kind: "file", path: name, size };
  return { name, size: size ?? 0, entries: [{ entry, source }] };
}

function facts(
  { mtime, mode }: FileInfo,
): { mtimeMs?: number; mode?: number } {
  return {
    ...(mtime ? { mtimeMs: mtime.getTime() } : {}),
    ...(mode === null ? {} : { mode: mode & 0o777 }),
  };
}

async function folderItem(
  path: string,
  info: FileInfo,
): Promise<OfferedItem> {
  const name = basename(path) || "root";
  const entries: OfferedEntry[] = [];
  entries.push({ entry: { kind: "folder", path: name, ...facts(info) }, path });
  const size = await new FolderWalk(entries).walk(name, path);
  return { name, entries, size };
}

/** Lists what is in a folder, in the order of the names. */
class FolderWalk {
  readonly #entries: OfferedEntry[];
  #size = 0;

  constructor(entries: OfferedEntry[]) {
    this.#entries = entries;
  }

  /** Lists a folder that is offered as `path`; returns the bytes of its files. */
  async walk(path: string, place: string): Promise<number> {
    const names = Array.from(system.readDirSync(place), ({ name }) => name);
    for (const name of names.sort()) {
      if (this.#entries.length >= ENTRY_COUNT_MAX) {
        throw new Error(
          `it has more than ${ENTRY_COUNT_MAX} files and folders; send an archive of it`,
        );
      }
      if (this.#entries.length % TURN_COUNT === 0) await turn();
      await this.#add(`${path}/${name}`, below(place, name));
    }
    return this.#size;
  }

  async #add(path: string, place: string): Promise<void> {
    if (entryPathFault(path)) {
      return this.#leave(path, "its path is too long", true);
    }
    let info: FileInfo;
    try {
      info = system.lstatSync(place);
    } catch (error) {
      return this.#leave(path, unseenReason(path, error), true);
    }
    const kindReason = leftReason(info);
    const reason = kindReason ?? accessFault(place, info);
    if (reason !== undefined) {
      return this.#leave(path, reason, kindReason === undefined);
    }
    if (info.isDirectory) return await this.#addFolder(path, place, info);
    const { size } = info;
    this.#size += size;
    const entry: OfferEntry = { kind: "file", path, size, ...facts(info) };
    this.#entries.push({ entry, path: place });
  }

  async #addFolder(
    path: string,
    place: string,
    info: FileInfo,
  ): Promise<void> {
    const count = this.#entries.length;
    const entry: OfferEntry = { kind: "folder", path, ...facts(info) };
    this.#entries.push({ entry, path: place });
    try {
      await this.walk(path, place);
    } catch (error) {
      if (this.#entries.length > count + 1) throw error;
      this.#entries.pop();
      this.#leave(path, fileReason(error), true);
    }
  }

  #leave(path: string, reason: string, isUnreadable: boolean): void {
    const fits = entryPathFault(path) === undefined;
    const shown = fits ? path : `${path.slice(0, 60)}...`;
    const entry: OfferEntry = { kind: "left", path: shown, reason };
    this.#entries.push({ entry, isUnreadable });
  }
}

/** What cannot be sent by its kind. */
function leftReason(info: FileInfo): string | undefined {
  if (info.isSymlink) return "a symbolic link";
  if (info.isDirectory || info.isFile) return undefined;
  if (info.isSocket) return "a socket";
  if (info.isFifo) return "a pipe";
  return "a device";
}

/** Why a file cannot be read; tried only where not everybody can. A folder shows it when it is listed. */
function accessFault(place: string, info: FileInfo): string | undefined {
  const { mode, isDirectory } = info;
  if (isDirectory || mode === null || (mode & 0o444) === 0o444) {
    return undefined;
  }
  try {
    system.openSync(place).close();
    return undefined;
  } catch (error) {
    return fileReason(error);
  }
}
