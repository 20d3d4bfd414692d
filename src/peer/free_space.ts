/**
 * How much room there is for received files.
 *
 * @module
 */
import { dirname, resolve } from "node:path";

/** Bytes that can still be written to a folder, which need not be there yet; `undefined` where the system does not tell. */
export async function freeSpace(folder: string): Promise<number | undefined> {
  // Only who receives needs it, and it takes long to load.
  const { statfs } = await import("node:fs/promises");
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
