/**
 * The paths of what is in an offer, and the names that they get here.
 *
 * @module
 */
import { nicknameFault } from "../base/text.ts";
import { cleanName, portableFileName } from "./mod.ts";

/** Bytes of the longest path of an offer. */
export const PATH_SIZE_MAX = 4096;

/** Bytes of the longest name within a folder: what most file systems take. */
export const ENTRY_NAME_SIZE_MAX = 255;

const ENCODER = new TextEncoder();

/**
 * Tells what is wrong with the path of an entry: it has 1 to 4096 bytes, and
 * names without `.` and `..` between its `/`. Such a path leads nowhere but
 * down.
 *
 * @param path The path as sent.
 * @return The fault; `undefined` where there is none.
 */
export function entryPathFault(path: string): string | undefined {
  // A UTF-16 unit needs one to three bytes of UTF-8: no need to encode most.
  if (
    path.length > PATH_SIZE_MAX ||
    path.length * 3 > PATH_SIZE_MAX &&
      ENCODER.encode(path).length > PATH_SIZE_MAX
  ) {
    return `the path "${
      path.slice(0, 40)
    }..." is longer than ${PATH_SIZE_MAX} bytes`;
  }
  for (const name of path.split("/")) {
    if (name === ".." || name === ".") {
      return `the path "${path}" leads out of its folder`;
    }
    if (name === "") {
      return `the path "${path}" is not one of names with / between them`;
    }
  }
  return undefined;
}

/**
 * Makes a name within a folder fit for use here: as for single files
 * (`safeFileName`), but that dots at its beginning stay, and that `/` and `\`
 * become `_`.
 *
 * @param name The name as sent.
 * @param isStrict Whether the file system takes only what Windows takes.
 * @return A name that leads nowhere.
 */
export function safeEntryName(name: string, isStrict: boolean): string {
  // Nearly all names are safe as they are.
  const isGood = nicknameFault(name) === undefined && !/[/\\]/.test(name);
  const clean = isGood
    ? name
    : cleanName(name.replaceAll(/[/\\]/g, "_"), ENTRY_NAME_SIZE_MAX);
  const safe = /^\.{0,2}$/.test(clean) ? "file" : clean;
  return isStrict ? portableFileName(safe) : safe;
}

/** The key under which two names are the same to a file system that does not tell large letters from small. */
export function foldedName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
