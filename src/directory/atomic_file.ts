/**
 * Files of the user's that are whole or not there at all.
 *
 * @module
 */
import { isSystemError } from "../runtime/errors.ts";
import { holdLock } from "../runtime/file_lock.ts";
import { system } from "../runtime/system.ts";

/** Only the user may read what this module writes. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Writes a file, mode 0600, where none is; leaves the one that is there alone. Its folder is made where it is missing. */
export async function createFile(path: string, text: string): Promise<void> {
  const draft = await writeDraft(path, text);
  try {
    await system.link(draft, path);
  } catch (error) {
    if (!isSystemError(error, "AlreadyExists")) throw error;
  } finally {
    await system.remove(draft);
  }
}

/** Writes a file, mode 0600, or writes over the one that is there; who reads it sees the old one or the new one, whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = await writeDraft(path, text);
  try {
    await system.rename(draft, path);
  } catch (error) {
    await system.remove(draft);
    throw error;
  }
}

/**
 * Runs `work` while no other process does so for the same file: a lock file
 * stands beside it.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  await makeFolder(path);
  const release = await holdLock(`${path}.lock`, FILE_MODE);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function writeDraft(path: string, text: string): Promise<string> {
  await makeFolder(path);
  const draft = `${path}.${crypto.randomUUID()}.tmp`;
  using file = await system.open(draft, {
    write: true,
    createNew: true,
    mode: FILE_MODE,
  });
  const bytes = new TextEncoder().encode(text);
  try {
    for (let offset = 0; offset < bytes.length;) {
      offset += await file.write(bytes.subarray(offset));
    }
    await file.sync();
  } catch (error) {
    await system.remove(draft);
    throw error;
  }
  return draft;
}

async function makeFolder(path: string): Promise<void> {
  const folder = path.replace(/[^/\\]*$/, "");
  if (folder === "") return;
  await system.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
}
