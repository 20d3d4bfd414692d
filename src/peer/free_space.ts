/**
 * How much room there is for received files.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Bytes that can still be written to a folder, which need not be there yet; `undefined` where the system does not tell. */
export async function freeSpace(folder: string): Promise<number | undefined> {
  for (let path = resolve(folder);; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch (error) {
      const isMissing = (error as { code?: unknown }).code === "ENOENT";
      if (!isMissing || dirname(path) === path) return undefined;
    }
  }
}
