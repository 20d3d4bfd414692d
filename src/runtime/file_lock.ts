/**
 * A lock between processes, by a file that stands beside what it guards. Deno
 * locks the file, which ends with the process. Node and Bun have no locks: there
 * a file of its own says which process holds it, and one whose process has gone
 * counts for nothing. Programs of both kinds do not exclude each other.
 *
 * @module
 */
import { isSystemError } from "./errors.ts";
import { isDeno } from "./mod.ts";
import { system } from "./system.ts";

/** How long another process may hold the lock, and how often it is looked at, in milliseconds. */
const WAIT_MAX_MS = 10_000;
const LOOK_MS = 20;

/**
 * Waits until no other process holds the lock, and holds it.
 *
 * @return What gives it back.
 */
export async function holdLock(
  path: string,
  mode: number,
): Promise<() => Promise<void>> {
  return await (isDeno()
    ? lockFile(path, mode)
    : makeFile(`${path}.pid`, mode));
}

async function lockFile(
  path: string,
  mode: number,
): Promise<() => Promise<void>> {
  const file = await system.open(path, { write: true, create: true, mode });
  await file.lock(true);
  return () => {
    file.close();
    return Promise.resolve();
  };
}

async function makeFile(
  path: string,
  mode: number,
): Promise<() => Promise<void>> {
  const untilMs = performance.now() + WAIT_MAX_MS;
  for (;;) {
    try {
      using file = await system.open(path, {
        write: true,
        createNew: true,
        mode,
      });
      await file.write(new TextEncoder().encode(`${globalThis.process.pid}\n`));
      return () => system.remove(path);
    } catch (error) {
      if (!isSystemError(error, "AlreadyExists")) throw error;
      if (performance.now() > untilMs) {
        throw new Error(`another program holds ${path}`, { cause: error });
      }
    }
    if (await isAbandoned(path)) await removeAbandoned(path);
    else await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Whether the process that a lock names has gone; one without a name is being made, unless it is old. */
async function isAbandoned(path: string): Promise<boolean> {
  const text = await system.readTextFile(path).catch(() => "");
  const [, pid] = /^(\d+)\n$/.exec(text) ?? [];
  if (pid === undefined) {
    const info = await system.stat(path).catch(() => undefined);
    return Date.now() - (info?.mtime?.getTime() ?? Infinity) > WAIT_MAX_MS;
  }
  try {
    globalThis.process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === "ESRCH";
  }
}

/** Of two that find the same one only the first removes it: it is moved aside, and looked at again. */
async function removeAbandoned(path: string): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}`;
  try {
    await system.rename(path, aside);
    if (!await isAbandoned(aside)) await system.link(aside, path);
    await system.remove(aside);
  } catch {
    // Somebody else was faster.
  }
}
