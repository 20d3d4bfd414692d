/**
 * What runs that were killed have left in the folder of received files.
 *
 * @module
 */
import { join } from "node:path";
import { system } from "../runtime/system.ts";
import { isStoreName, removeOldStore } from "./offer_store.ts";
import { isHolderName } from "./partial_file.ts";

/** What was touched later than this many milliseconds ago may belong to a run that has not locked it yet. */
const AGE_MIN_MS = 60_000;

/**
 * Removes parts of files that nobody works on any more: those of a run that
 * lives are locked, and offers that were cut are kept for a week. Whatever else
 * is in the folder stays.
 *
 * @param folder The folder; it need not be there.
 * @param nowMs The time, in milliseconds since 1970.
 * @return How many were removed; what cannot be looked at or removed stays.
 */
export async function removeStaleParts(
  folder: string,
  nowMs: number = Date.now(),
): Promise<number> {
  let count = 0;
  try {
    for await (const { name, isSymlink } of system.readDir(folder)) {
      if (isSymlink) continue;
      const path = join(folder, name);
      const isRemoved = isHolderName(name)
        ? await removeStale(path, nowMs)
        : isStoreName(name) && await removeOldStore(path, nowMs);
      if (isRemoved) count++;
    }
  } catch {
    // No such folder, or it cannot be read: there is nothing to clean up.
  }
  return count;
}

/** Removes one, a folder with a file in it, or as earlier versions made it a file. */
async function removeStale(path: string, nowMs: number): Promise<boolean> {
  try {
    const { isFile } = await system.lstat(path);
    const parts = isFile ? [path] : await partsIn(path);
    for (const part of [path, ...parts]) {
      const { mtime } = await system.lstat(part);
      if (mtime && nowMs - mtime.getTime() < AGE_MIN_MS) return false;
    }
    for (const part of parts) if (await isLocked(part)) return false;
    await system.remove(path, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

async function partsIn(folder: string): Promise<string[]> {
  const parts = await Array.fromAsync(system.readDir(folder));
  // Nobody but us makes these folders: what is not one file is not ours.
  if (parts.length > 1 || parts.some((part) => !part.isFile)) {
    throw new Error("not a folder of ours");
  }
  return parts.map(({ name }) => join(folder, name));
}

async function isLocked(path: string): Promise<boolean> {
  using file = await system.open(path, { read: true, write: true });
  return !await file.tryLock(true);
}
