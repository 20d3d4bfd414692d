/**
 * A file that is being received, before it is in its place: it lies in a
 * hidden folder of its own beside that, under a name like the final one, so
 * that a name which the file system refuses is known before the first byte.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { fileReason } from "../base/reasons.ts";
import { isSystemError } from "../runtime/errors.ts";
import type { SystemFile } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import {
  numberedFileName,
  plainFileName,
  portableFileName,
  safeFileName,
} from "../talk/mod.ts";
import { EarlySync } from "./early_sync.ts";
import { WriteBuffer } from "./write_buffer.ts";

/** How many names `a (N).txt` are tried. */
const NAME_COUNT_MAX = 10_000;

/** Who receives may read what is under way, nobody else. */
const HOLDER_MODE = 0o700;

/** Nothing that is received can be run. */
const FILE_MODE = 0o644;

/** The hidden folders of this process: what must not be left behind. */
const holders = new Set<string>();

/** A name for a hidden folder; {@linkcode isHolderName} knows it again. */
function holderName(): string {
  return `.lekt-${crypto.randomUUID()}.part`;
}

/** Tells whether a name is that of a hidden folder of some run. */
export function isHolderName(name: string): boolean {
  return /^\.lekt-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/.test(
    name,
  );
}

/** Removes what is under way at once: for a process that ends now. */
export function removePartialFiles(): void {
  for (const holder of holders) {
    try {
      system.removeSync(holder, { recursive: true });
    } catch {
      // It is gone already, or it cannot be helped.
    }
  }
}

/**
 * Tries whether files can be saved in a folder, which need not be there yet.
 *
 * @param folder The folder.
 * @return Why not; `undefined` where they can.
 */
export async function savingFault(folder: string): Promise<string | undefined> {
  let holder: string | undefined;
  try {
    holder = join(await nearestFolder(resolve(folder)), holderName());
    await system.mkdir(holder, { mode: HOLDER_MODE });
    return undefined;
  } catch (error) {
    return fileReason(error);
  } finally {
    if (holder !== undefined) await removeHolder(holder);
  }
}

/** What there is of a folder: itself, or the first above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  try {
    const { isDirectory } = await system.stat(path);
    if (isDirectory) return path;
  } catch (error) {
    const isTop = dirname(path) === path;
    if (isTop || !isSystemError(error, "NotFound")) throw error;
    return await nearestFolder(dirname(path));
  }
  throw new Error(`${path} is a file, and not a folder`);
}

/** A file that is being received. */
export class PartialFile {
  readonly #folder: string;
  readonly #holder: string;
  readonly #name: string;
  readonly #path: string;
  readonly #file: SystemFile;
  readonly #early: EarlySync;
  readonly #unwritten = new WriteBuffer();
  #isOpen = true;

  private constructor(
    place: { folder: string; holder: string; name: string; path: string },
    file: SystemFile,
  ) {
    this.#folder = place.folder;
    this.#holder = place.holder;
    this.#name = place.name;
    this.#path = place.path;
    this.#early = new EarlySync(place.path);
    this.#file = file;
  }

  /**
   * Begins a file in a folder, which is made where it is missing.
   *
   * @param folder The folder.
   * @param name What its sender calls it; the name that it gets may differ.
   * @throws {Error} Where nothing can be written there.
   */
  static async create(folder: string, name: string): Promise<PartialFile> {
    const place = resolve(folder);
    const holder = join(place, holderName());
    await system.mkdir(place, { recursive: true });
    holders.add(holder);
    try {
      await system.mkdir(holder, { mode: HOLDER_MODE });
      const opened = await openFirst(holder, candidates(name));
      await lock(opened.file);
      return new PartialFile({ folder: place, holder, ...opened }, opened.file);
    } catch (error) {
      await removeHolder(holder);
      throw error;
    }
  }

  /** Appends bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#unwritten.append(this.#file, bytes);
    this.#early.note(bytes.length);
  }

  /** Gives the whole file, safely stored, the first name that is free, and tells its path. */
  async moveIntoPlace(): Promise<string> {
    await this.#unwritten.flush(this.#file);
    await this.#file.sync();
    await this.#early.check();
    this.#close();
    for (let number = 1; number <= NAME_COUNT_MAX; number++) {
      const path = join(this.#folder, numberedFileName(this.#name, number));
      try {
        await claim(this.#path, path);
        return path;
      } catch (error) {
        if (!isSystemError(error, "AlreadyExists")) throw error;
      }
    }
    throw new Error(`${NAME_COUNT_MAX} names like "${this.#name}" are taken`);
  }

  /** Removes what is not in its place; never throws. */
  async remove(): Promise<void> {
    await this.#unwritten.settle();
    await this.#early.settle();
    this.#close();
    await removeHolder(this.#holder);
  }

  #close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }
}

/** The names that a file may get, the best first; names that mean something else to Windows never. */
function candidates(name: string): string[] {
  const safe = safeFileName(name);
  const names = [safe, portableFileName(safe), plainFileName(safe), "file"];
  return system.build.os === "windows" ? names.slice(1) : names;
}

/** Opens the file under the first name that the file system takes, with room for a number. */
async function openFirst(
  holder: string,
  names: readonly string[],
): Promise<{ name: string; path: string; file: SystemFile }> {
  let firstError: unknown;
  for (const name of new Set(names)) {
    const path = join(holder, numberedFileName(name, NAME_COUNT_MAX));
    try {
      const file = await system.open(path, {
        write: true,
        createNew: true,
        mode: FILE_MODE,
      });
      return { name, path, file };
    } catch (error) {
      firstError ??= error;
    }
  }
  throw firstError;
}

/** Tells other runs that somebody still works on it. */
async function lock(file: SystemFile): Promise<void> {
  try {
    await file.lock(true);
  } catch {
    // A file system without locks: other runs cannot lock it either, and leave it alone.
  }
}

async function removeHolder(holder: string): Promise<void> {
  try {
    await system.remove(holder, { recursive: true });
  } catch {
    // It is gone already, or it cannot be helped.
  }
  holders.delete(holder);
}

/** Gives a file a further name, which must be free. */
export async function claim(
  temporaryPath: string,
  path: string,
): Promise<void> {
  try {
    // Unlike a rename, a link fails where the name is taken, in one step.
    await system.link(temporaryPath, path);
  } catch (error) {
    if (isSystemError(error, "AlreadyExists")) throw error;
    // A file system without links: hold the name with an empty file first.
    (await system.open(path, { write: true, createNew: true, mode: FILE_MODE }))
      .close();
    try {
      await system.rename(temporaryPath, path);
    } catch (renameError) {
      await system.remove(path);
      throw renameError;
    }
  }
}
