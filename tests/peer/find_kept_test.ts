// What of an offer is here already, by what lies on the disk.
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import {
  digestStart,
  findKept,
  type KeptEntries,
} from "../../src/peer/kept_entries.ts";
import type { SystemFile } from "../../src/runtime/files.ts";

const TIME_MS = 1_700_000_000_000;
const BLOCK_SIZE = 4 * 1024 * 1024;

/** A file as it is offered, and how many bytes of it lie on the disk, with which time. */
interface Scene {
  size?: number;
  here?: number;
  hereMs?: number;
}

/** The first bytes of each file. */
function content(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => at % 251);
}

function digest(size: number): string {
  return createHash("sha256").update(content(size)).digest("hex");
}

/** What is found where files lie so. */
async function find(
  scenes: Scene[],
  ...limits: { parts: number; digests: number }[]
): Promise<KeptEntries> {
  const tree = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${tree}/0`);
    for (const [index, { here, hereMs = 0 }] of scenes.entries()) {
      if (here === undefined) continue;
      const path = `${tree}/0/${index}`;
      await Deno.writeFile(path, content(here));
      await Deno.utime(path, new Date(hereMs), new Date(hereMs));
    }
    const entries = scenes.map(({ size }, index) => ({
      kind: "file" as const,
      path: String(index),
      mtimeMs: TIME_MS,
      ...(size === undefined ? {} : { size }),
    }));
    const places = entries.map(({ path }) => `0/${path}`);
    return await findKept(tree, entries, places, ...limits);
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

/** The size of each part that can be gone on with. */
function sizes({ parts }: KeptEntries): [number, number][] {
  return [...parts].map(([index, { partial }]) => [index, partial.size]);
}

Deno.test("a file is whole by its size and time, and else its beginning is told where there is one", async () => {
  const kept = await find([
    { size: 5, here: 5, hereMs: TIME_MS },
    { size: 5, here: 5 },
    { size: 5, here: 3, hereMs: TIME_MS },
    { size: 5, here: 0 },
    { size: 5, here: 6, hereMs: TIME_MS },
    { here: 3, hereMs: TIME_MS },
    { size: 5 },
    { size: 0, here: 0, hereMs: TIME_MS },
  ]);
  assertEquals([...kept.whole], [1, 0, 0, 0, 0, 0, 0, 1]);
  assertEquals([...kept.stale], [1, 2, 3, 4, 5]);
  assertEquals(sizes(kept), [[1, 5], [2, 3]]);
  assertEquals(kept.parts.get(2)!.partial.digests, [digest(3)]);
});

Deno.test("the beginning of a file is told by the digest at the end of each block, and at its own", async () => {
  const size = 3 * BLOCK_SIZE;
  const here = [BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1];
  const { parts } = await find(here.map((here) => ({ size, here })));
  const first = digest(BLOCK_SIZE);
  assertEquals([...parts.values()].map(({ partial }) => partial.digests), [
    [digest(BLOCK_SIZE - 1)],
    [first, first],
    [first, digest(BLOCK_SIZE + 1)],
  ]);
  assertEquals(
    [...parts.values()].map(({ hash }) => hash.digest("hex")),
    here.map(digest),
  );
});

Deno.test("no more beginnings are told than an answer has room for, nor more digests", async () => {
  const scenes = Array.from({ length: 4 }, () => ({ size: 5, here: 3 }));
  for (
    const [limits, count] of [
      [{ parts: 3, digests: 9 }, 3],
      [{ parts: 9, digests: 3 }, 3],
      [{ parts: 4, digests: 4 }, 4],
    ] as const
  ) {
    const kept = await find(scenes, limits);
    assertEquals(sizes(kept).length, count);
    assertEquals(kept.stale.size, 4);
  }
});

Deno.test("the beginning of a file that has become shorter is what is there, whatever was to be read", async () => {
  const reads = [3, null];
  const file = {
    seek: () => Promise.resolve(0),
    read(into: Uint8Array): Promise<number | null> {
      const size = reads.shift()!;
      if (size !== null) into.set(content(size));
      return Promise.resolve(size);
    },
  } as Partial<SystemFile> as SystemFile;
  const hash = await digestStart(file, 2 ** 50);
  assertEquals(hash.digest("hex"), digest(3));
});
