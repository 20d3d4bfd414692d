/**
 * Locks of open files for Node and Bun, which have none: a file of its own, among
 * the temporary ones, names the process that works on another file, which is
 * known by its number. One whose process has gone counts for nothing. What Deno
 * has locked is seen on Linux.
 *
 * @module
 */
import { builtin } from "./node_builtin.ts";

/** Says that this process works on an open file; returns what takes that back, or `undefined` where somebody else does. */
export function lockDescriptor(fd: number): (() => void) | undefined {
  const { fstatSync, rmSync, writeFileSync } = builtin("node:fs");
  const { tmpdir } = builtin("node:os");
  const { dev, ino } = fstatSync(fd);
  if (isLockedBySystem(ino)) return undefined;
  const owner = globalThis.process.getuid?.() ?? 0;
  const path = `${tmpdir()}/lekt-lock-${owner}-${dev}-${ino}`;
  for (const isLast of [false, true]) {
    try {
      const text = `${globalThis.process.pid}\n`;
      writeFileSync(path, text, { flag: "wx", mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch {
      if (isLast || !isAbandoned(path)) return undefined;
      rmSync(path, { force: true });
    }
  }
  return undefined;
}

function isAbandoned(path: string): boolean {
  try {
    const pid = Number(builtin("node:fs").readFileSync(path, "utf8"));
    if (!(pid > 0)) return false;
    globalThis.process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === "ESRCH";
  }
}

/** Whether a lock of the system's, as Deno takes it, is on a file with this number. */
function isLockedBySystem(ino: number): boolean {
  try {
    const locks = builtin("node:fs").readFileSync("/proc/locks", "utf8");
    return locks.includes(`:${ino} `);
  } catch {
    return false;
  }
}
