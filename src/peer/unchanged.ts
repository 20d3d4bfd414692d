/**
 * A file that is read is the one that was looked at before.
 *
 * @module
 */
import type { FileInfo } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import type { FileEntry } from "../talk/offer.ts";

/** A file is another one than it was; the message says so. */
export class ChangedFile extends Error {
  /** Says since when. */
  constructor(since = "since it was offered") {
    super(`it was changed ${since}`);
  }
}

/**
 * Looks at a file that is about to be opened: opening a pipe that has taken its
 * place would wait for somebody who writes, and for good.
 *
 * @throws {ChangedFile} Where it is none any more, or where a link has taken the place of one in a folder.
 */
export async function seenAgain(
  path: string,
  entryPath: string,
): Promise<void> {
  checkKind(
    isInFolder(entryPath) ? await system.lstat(path) : await system.stat(path),
  );
}

/**
 * The same at once, and whether it is still as it was.
 *
 * @throws {ChangedFile} Where it is not.
 */
export function checkSeenAgain(path: string, entry: FileEntry): void {
  const info = isInFolder(entry.path)
    ? system.lstatSync(path)
    : system.statSync(path);
  checkKind(info);
  if (!isUnchanged(info, entry)) throw new ChangedFile();
}

/** Whether a file has the size and the time that it was offered with. */
export function isUnchanged(
  { size, mtime }: FileInfo,
  entry: FileEntry,
): boolean {
  return size === entry.size && mtime?.getTime() === entry.mtimeMs;
}

/** A link is followed only where it is what was named. */
function isInFolder(entryPath: string): boolean {
  return entryPath.includes("/");
}

function checkKind({ isFile }: FileInfo): void {
  if (!isFile) throw new ChangedFile();
}
