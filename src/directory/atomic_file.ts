/**
 * Files of the user's that are whole or not there at all.
 *
 * @module
 */

/** Only the user may read what this module writes. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Writes a file, mode 0600, where none is; leaves the one that is there alone. Its folder is made where it is missing. */
export async function createFile(path: string, text: string): Promise<void> {
  const draft = await writeDraft(path, text);
  try {
    await Deno.link(draft, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(draft);
  }
}

/** Writes a file, mode 0600, or writes over the one that is there; who reads it sees the old one or the new one, whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = await writeDraft(path, text);
  try {
    await Deno.rename(draft, path);
  } catch (error) {
    await Deno.remove(draft);
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
  using file = await Deno.open(`${path}.lock`, {
    write: true,
    create: true,
    mode: FILE_MODE,
  });
  await file.lock(true);
  return await work();
}

async function writeDraft(path: string, text: string): Promise<string> {
  await makeFolder(path);
  const draft = `${path}.${crypto.randomUUID()}.tmp`;
  using file = await Deno.open(draft, {
    write: true,
    createNew: true,
    mode: FILE_MODE,
  });
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length;) {
    offset += await file.write(bytes.subarray(offset));
  }
  await file.sync();
  return draft;
}

async function makeFolder(path: string): Promise<void> {
  const folder = path.replace(/[^/\\]*$/, "");
  if (folder === "") return;
  await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
}
