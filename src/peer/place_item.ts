/**
 * Gives what was received its place: under a final name stands only what is
 * whole, and nothing that was there before is touched.
 *
 * @module
 */
import { join } from "node:path";
import { isSystemError } from "../runtime/errors.ts";
import type { FileInfo } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import { numberedFileName } from "../talk/mod.ts";
import { claim } from "./partial_file.ts";

/** How many names `a (N)` are tried. */
const NAME_COUNT_MAX = 10_000;

/** What is to get its place. */
export interface Placing {
  /** Where it lies now. */
  readonly staged: string;
  /** The folder that it goes to. */
  readonly folder: string;
  /** The name that it gets there, where that is free. */
  readonly name: string;
  readonly isFolder: boolean;
  /** A place that was chosen before the process was killed. */
  readonly earlier?: string | undefined;
  /** Told of a place before it is taken. */
  readonly onChosen: (path: string) => Promise<void>;
}

/**
 * Moves a file or a folder to the first name that is free.
 *
 * @return Where it is now.
 * @throws {Error} Where that is not possible.
 */
export async function placeItem(placing: Placing): Promise<string> {
  const { folder, name, earlier } = placing;
  if (earlier !== undefined && await finishEarlier(placing, earlier)) {
    return earlier;
  }
  for (let number = 1; number <= NAME_COUNT_MAX; number++) {
    const path = join(folder, numberedFileName(name, number));
    if (await infoOf(path)) continue;
    await placing.onChosen(path);
    try {
      await move(placing, path);
      return path;
    } catch (error) {
      if (!isSystemError(error, "AlreadyExists")) throw error;
    }
  }
  throw new Error(`${NAME_COUNT_MAX} names like "${name}" are taken`);
}

/** What a process that was killed had begun; tells whether it is done now. */
async function finishEarlier(
  { staged, isFolder }: Placing,
  path: string,
): Promise<boolean> {
  try {
    if (isFolder) {
      // It goes over an empty folder only, which was made to hold the name.
      await system.rename(staged, path);
      return true;
    }
    const [here, there] = [await infoOf(staged), await infoOf(path)];
    if (!here?.ino || here.ino !== there?.ino || here.dev !== there.dev) {
      return false;
    }
    await system.remove(staged);
    return true;
  } catch {
    return false;
  }
}

async function move(
  { staged, isFolder }: Placing,
  path: string,
): Promise<void> {
  if (!isFolder) {
    await claim(staged, path);
    await removeQuietly(staged);
    return;
  }
  // On Windows nothing is renamed over a folder, and so over none that was there.
  if (system.build.os === "windows") return await system.rename(staged, path);
  await system.mkdir(path);
  try {
    await system.rename(staged, path);
  } catch (error) {
    await removeQuietly(path);
    throw error;
  }
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await system.remove(path);
  } catch {
    // It is gone already, or it goes with the folder that it is in.
  }
}

/** What is at a path; `undefined` where nothing is. */
export async function infoOf(path: string): Promise<FileInfo | undefined> {
  try {
    return await system.lstat(path);
  } catch (error) {
    if (isSystemError(error, "NotFound")) return undefined;
    throw error;
  }
}
