/**
 * Trees of files: made from a seed, and compared by what they hold.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Prng } from "./prng.ts";

/** What stands at one path of a tree. */
export interface TreeNode {
  /** The SHA-256 of a file; left out for a folder. */
  sha256?: string;
  /** Its permission bits. */
  mode: number;
  /** When it was changed last, in milliseconds since 1970. */
  mtimeMs: number;
}

/** All that is in a folder, by its path in it; `.` is the folder. */
export function treeOf(folder: string): Record<string, TreeNode> {
  const nodes: Record<string, TreeNode> = {};
  const walk = (path: string): void => {
    const place = join(folder, path);
    const { mode, mtime, isDirectory } = Deno.lstatSync(place);
    nodes[path] = { mode: mode! & 0o777, mtimeMs: mtime!.getTime() };
    if (!isDirectory) {
      nodes[path].sha256 = createHash("sha256")
        .update(Deno.readFileSync(place)).digest("hex");
      return;
    }
    for (const { name } of Deno.readDirSync(place)) {
      walk(path === "." ? name : `${path}/${name}`);
    }
  };
  walk(".");
  return Object.fromEntries(
    Object.entries(nodes).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** Bytes that look random. */
export function randomBytes(size: number, prng: Prng): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let index = 0; index < words.length; index++) words[index] = prng.next();
  return new Uint8Array(words.buffer, 0, size);
}

/** What {@linkcode makeTree} makes. */
export interface TreePlan {
  /** Files, spread over the folders. */
  fileCount: number;
  /** Folders, some of them in others, some empty. */
  folderCount: number;
  /** Bytes of the largest file. */
  sizeMax: number;
}

/** Fills a folder, which must be there, from a seed. */
export function makeTree(folder: string, plan: TreePlan, prng: Prng): void {
  const folders = ["."];
  for (let count = 0; count < plan.folderCount; count++) {
    const path = join(prng.pick(folders), `folder ${count}`);
    Deno.mkdirSync(join(folder, path));
    folders.push(path);
  }
  for (let count = 0; count < plan.fileCount; count++) {
    const path = join(folder, prng.pick(folders), `file-${count}.bin`);
    const size = prng.pick([0, 1, prng.below(300), prng.below(plan.sizeMax)]);
    Deno.writeFileSync(path, randomBytes(size, prng), {
      mode: prng.pick([0o644, 0o600, 0o755, 0o444]),
    });
    const time = new Date(1_500_000_000_000 + prng.next() * 50);
    Deno.utimeSync(path, time, time);
  }
  for (const path of folders.reverse()) {
    const time = new Date(1_400_000_000_000 + prng.next() * 50);
    Deno.utimeSync(join(folder, path), time, time);
  }
}

/** Whether there is a file in a folder, however deep, that is not empty. */
export function hasContent(folder: string): boolean {
  try {
    return [...Deno.readDirSync(folder)].some(({ name, isDirectory }) => {
      const path = join(folder, name);
      return isDirectory ? hasContent(path) : Deno.statSync(path).size > 0;
    });
  } catch {
    // It has gone in between.
    return false;
  }
}

/** Makes a file of so many bytes, fast; no two blocks of 1 MiB of it are equal. */
export function writeLarge(path: string, size: number, prng: Prng): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const block = randomBytes(1024 * 1024, prng);
  for (let count = 0; count * block.length < size; count++) {
    new DataView(block.buffer).setUint32(0, count);
    file.writeSync(block.subarray(0, size - count * block.length));
  }
}

/** Bytes of all files in a folder. */
export function sizeOf(folder: string): number {
  let size = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    size += isDirectory ? sizeOf(path) : Deno.statSync(path).size;
  }
  return size;
}
