// What is sent of a file that the other side has in part or that is read in parts, of a stream, and of what can be compressed; and how far it is.
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { contentOf, type ContentPlan } from "../../src/peer/offer_content.ts";
import { type OfferedEntry, singleItem } from "../../src/peer/offered_items.ts";
import type { PartialEntry } from "../../src/talk/offer_answer.ts";
import { pattern } from "../helpers/messages.ts";
import { Prng } from "../helpers/prng.ts";
import { replacing } from "../helpers/replaced_system.ts";
import { withFolder } from "../helpers/temp_folder.ts";
import { randomBytes } from "../helpers/tree.ts";

/** The magic and the number of the offer, and as many bytes as the head of a file has. */
const HEAD_SIZE = 12;

const ZSTD_BIT = 0x8000_0000;

interface Sent {
  kept: number[];
  faults: string[];
  bytes: Uint8Array;
}

async function send(plan: Partial<ContentPlan>): Promise<Sent> {
  const sent = { kept: [] as number[], faults: [] as string[] };
  const pieces: Uint8Array[] = [];
  const content = contentOf({
    number: 7,
    entries: [],
    isZstd: false,
    isHere: () => false,
    onReached: () => {},
    partial: new Map(),
    onSent: () => {},
    onKept: (count) => sent.kept.push(count),
    onFault: (_, reason) => sent.faults.push(reason),
    ...plan,
  });
  for await (const piece of content) pieces.push(piece.slice());
  return { ...sent, bytes: concat(pieces) };
}

/** The blocks of the one file of a content: whether each is compressed, and what it has. */
function blocksOf(content: Uint8Array): [isPacked: boolean, Uint8Array][] {
  const view = new DataView(content.buffer);
  const blocks: [boolean, Uint8Array][] = [];
  for (let at = 2 * HEAD_SIZE;;) {
    const length = view.getUint32(at);
    if (length === 0) return blocks;
    const size = length % ZSTD_BIT;
    const bytes = content.subarray(at + 4, at + 4 + size);
    blocks.push([length >= ZSTD_BIT, bytes]);
    at += 4 + size;
  }
}

Deno.test("of a file of which the other side has the beginning as much is left out as is the same", async () => {
  await withFolder(async (folder) => {
    const [path, all, block] = [join(folder, "a"), pattern(1_000), 100];
    Deno.writeFileSync(path, all);
    const mtimeMs = Deno.statSync(path).mtime!.getTime();
    const file = { kind: "file", path: "a", size: 1_000, mtimeMs } as const;
    const entries = [{ entry: file, path }];
    const partOf = (size: number, wrongAt = Infinity): PartialEntry => ({
      entry: 0,
      size,
      block,
      digests: Array.from({ length: Math.ceil(size / block) }, (_, index) => {
        const end = Math.min(size, (index + 1) * block);
        const wrong = end > wrongAt ? "x" : "";
        return createHash("sha256").update(all.subarray(0, end)).digest("hex") +
          wrong;
      }),
    });
    const table: [part: PartialEntry, start: number][] = [
      [partOf(350), 350],
      [partOf(350, 299), 200],
      [partOf(350, 300), 300],
      [partOf(1_000), 1_000],
      [partOf(1_001), 0],
      [partOf(50, 0), 0],
      // More than there is memory for.
      [{ ...partOf(50), block: 2 ** 50 }, 50],
    ];
    for (const [part, start] of table) {
      const sent = await send({ entries, partial: new Map([[0, part]]) });
      assertEquals([sent.kept, sent.faults], [[start], []]);
      const view = new DataView(sent.bytes.buffer);
      assertEquals(Number(view.getBigUint64(HEAD_SIZE + 4)), start);
      const rest = concat(blocksOf(sent.bytes).map(([, bytes]) => bytes));
      assertEquals(rest, all.subarray(start));
      const digest = createHash("sha256").update(all).digest();
      assertEquals(sent.bytes.subarray(-32), Uint8Array.from(digest));
    }
    const { prototype } = Deno.FsFile;
    const { read } = prototype;
    prototype.read = () => Promise.resolve(null);
    try {
      const { kept, faults } = await send({
        entries,
        partial: new Map([[0, partOf(350)]]),
      });
      assertEquals(kept, [0]);
      assertEquals(faults, ["it was changed since it was offered"]);
    } finally {
      prototype.read = read;
    }
  });
});

/** Something of which these pieces come. */
function streamOf(...pieces: Uint8Array[]): readonly OfferedEntry[] {
  async function* content(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  const open = () => Promise.resolve(content());
  return singleItem({ name: "a", open }).entries;
}

Deno.test("all of a stream is sent, in whatever pieces it comes", async () => {
  const pieces = [0, 10, 3_000_005, 0, 1].map((size) => pattern(size));
  const { bytes, faults } = await send({ entries: streamOf(...pieces) });
  const sent = concat(blocksOf(bytes).map(([, block]) => block));
  const all = concat(pieces);
  assertEquals([sent.length, faults], [all.length, []]);
  // All bytes, for `assertEquals` takes long over so many.
  assertEquals(sent.findIndex((byte, at) => byte !== all[at]), -1);
});

Deno.test("a block of 1 KiB is compressed where that pays, and not tried for a while behind one where it did not", async () => {
  const noise = randomBytes(4_096, new Prng(7));
  const zeros = (size: number) => new Uint8Array(size);
  const pieces = [
    ...[zeros(1_023), zeros(1_024), noise],
    ...Array.from({ length: 17 }, () => zeros(2_048)),
  ];
  const { bytes } = await send({ entries: streamOf(...pieces), isZstd: true });
  assertEquals(
    blocksOf(bytes).map(([isPacked]) => isPacked),
    [false, true, false, ...Array(15).fill(false), true, true],
  );
});

/** A small file in a folder, as it is offered. */
function smallFile(folder: string, name: string): OfferedEntry {
  const path = join(folder, name);
  Deno.writeFileSync(path, pattern(100));
  const mtimeMs = Deno.statSync(path).mtime!.getTime();
  return { entry: { kind: "file", path: name, size: 100, mtimeMs }, path };
}

Deno.test("a small file is read to its end, and not behind it, where the file system gives less at once than was asked for", async () => {
  await withFolder(async (folder) => {
    const entries = [smallFile(folder, "a")];
    const { openSync } = Deno;
    const openSlowly: typeof openSync = (path, options) => {
      const file = openSync(path, options);
      const readSync = file.readSync.bind(file);
      file.readSync = (into) => readSync(into.subarray(0, 10));
      return file;
    };
    await replacing({ openSync: openSlowly }, async () => {
      const { bytes, faults } = await send({ entries });
      assertEquals(faults, []);
      assertEquals(blocksOf(bytes), [[false, pattern(100)]]);
      const { statSync } = Deno;
      const growBehind: typeof statSync = (path) => {
        const info = statSync(path);
        Deno.writeFileSync(path, pattern(1), { append: true });
        return info;
      };
      await replacing({ statSync: growBehind }, async () => {
        const { faults } = await send({ entries });
        assertEquals(faults, ["it was changed since it was offered"]);
      });
    });
  });
});

Deno.test("it is told which entries are behind, those that are no files or not wanted too", async () => {
  await withFolder(async (folder) => {
    const entries: OfferedEntry[] = [
      { entry: { kind: "folder", path: "f" } },
      smallFile(folder, "a"),
      smallFile(folder, "b"),
    ];
    const reached: number[] = [];
    await send({
      entries,
      isHere: (index) => index === 1,
      onReached: (index) => reached.push(index),
    });
    assertEquals(reached, [0, 1, 2, 3]);
  });
});
