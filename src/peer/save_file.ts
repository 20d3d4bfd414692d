/**
 * Puts a received file into its place: under its final name stands only a
 * whole file, and no file that was there before is ever touched.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { join, resolve } from "node:path";
import type { DiskGate } from "./disk_gate.ts";
import { FileFault, type IncomingFile, readContent } from "../talk/receive.ts";
import { numberedFileName, safeFileName } from "../talk/mod.ts";

/** How many names `a (N).txt` are tried. */
const NAME_COUNT_MAX = 10_000;

/** Files under way in this process: what must not be left behind. */
const partialPaths = new Set<string>();

/** What saving works with. */
export interface SaveOptions {
  /** What waits for the disk is counted there. */
  readonly gate: DiskGate;
  /** Called with the number of bytes of each chunk that was written. */
  readonly onReceived: (byteCount: number) => void;
}

/** A file that is in its place. */
export interface SavedFile {
  /** Where it is. */
  readonly path: string;
  /** Its size in bytes. */
  readonly size: number;
  /** Its SHA-256 in lower-case hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Receives a file into a folder, which is made where it is missing.
 *
 * @param folder The folder.
 * @param file The file that arrives.
 * @param options The disk's gate, and who hears of progress.
 * @return Where the file is now.
 * @throws {FileFault} Where it cannot be saved, or is damaged; nothing is left of it then.
 * @throws What reading its body throws; nothing is left of it then either.
 */
export async function saveFile(
  folder: string,
  file: IncomingFile,
  options: SaveOptions,
): Promise<SavedFile> {
  const { gate } = options;
  const temporaryPath = join(
    resolve(folder),
    `.lekt-${crypto.randomUUID()}.part`,
  );
  partialPaths.add(temporaryPath);
  try {
    const written = await writeTemporary(temporaryPath, file, options);
    const name = safeFileName(file.header.name);
    const path = await local(
      gate,
      () => moveInto(resolve(folder), name, temporaryPath),
    );
    return { path, ...written };
  } catch (error) {
    await file.body.cancel();
    throw error;
  } finally {
    await Deno.remove(temporaryPath).catch(ignore);
    partialPaths.delete(temporaryPath);
  }
}

/** Removes the files under way at once: for a process that ends now. */
export function removePartialFiles(): void {
  for (const path of partialPaths) {
    try {
      Deno.removeSync(path);
    } catch {
      // It is gone already, or it cannot be helped.
    }
  }
}

function ignore(): void {}

/** Runs something that concerns the local disk only: what fails there is no fault of the connection. */
async function local<T>(gate: DiskGate, run: () => Promise<T>): Promise<T> {
  try {
    return await gate.run(run);
  } catch (cause) {
    throw new FileFault(
      `it cannot be saved: ${messageOf(cause)}`,
      { cause },
    );
  }
}

async function writeTemporary(
  path: string,
  file: IncomingFile,
  { gate, onReceived }: SaveOptions,
): Promise<{ size: number; sha256: string }> {
  using output = await local(gate, () => openNew(path));
  const content = readContent(file);
  let size = 0;
  for (;;) {
    const { value, done } = await content.next();
    if (done) {
      await local(gate, () => output.sync());
      return { size, sha256: value };
    }
    await local(gate, () => writeAll(output, value));
    size += value.length;
    onReceived(value.length);
  }
}

async function openNew(path: string): Promise<Deno.FsFile> {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  return await Deno.open(path, { write: true, createNew: true });
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    offset += await file.write(bytes.subarray(offset));
  }
}

/** Gives the whole file the first name that is free, and tells its path. */
async function moveInto(
  folder: string,
  name: string,
  temporaryPath: string,
): Promise<string> {
  for (let number = 1; number <= NAME_COUNT_MAX; number++) {
    const path = join(folder, numberedFileName(name, number));
    try {
      await claim(temporaryPath, path);
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
  throw new Error(`${NAME_COUNT_MAX} names like "${name}" are taken`);
}

/** Gives a file a further name, which must be free. */
async function claim(temporaryPath: string, path: string): Promise<void> {
  try {
    // Unlike a rename, a link fails where the name is taken, in one step.
    await Deno.link(temporaryPath, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // A file system without links: hold the name with an empty file first.
    (await Deno.open(path, { write: true, createNew: true })).close();
    try {
      await Deno.rename(temporaryPath, path);
    } catch (renameError) {
      await Deno.remove(path);
      throw renameError;
    }
  }
}
