/**
 * Folders that are there for one test.
 *
 * @module
 */

/** Runs a test with an empty folder, and removes it behind that. */
export async function withFolder(
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
