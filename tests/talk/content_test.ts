// The content of an offer, byte by byte: what its reader makes of it, and what
// its writer has room for.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { concat } from "@std/bytes";
import { createHash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ByteReader } from "../../src/talk/byte_reader.ts";
import {
  type ContentOptions,
  readContentNumber,
  readOfferContent,
} from "../../src/talk/receive_content.ts";
import type { OfferEntry } from "../../src/talk/offer.ts";
import { FileFault } from "../../src/talk/receive.ts";
import {
  BLOCK_PIECE_MAX,
  ContentWriter,
  HEADROOM,
} from "../../src/talk/send_content.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import { pattern } from "../helpers/messages.ts";
import { block, content, digestOf, whole } from "../helpers/raw_offers.ts";

/** Bytes in front of the first file: the magic and the number. */
const START_SIZE = 12;

/** A file that comes in one block of so many bytes is handed over whole. */
const SMALL_SIZE = 64 * 1024;

const AROUND = [-1, 0, 1] as const;

function file(path: string, size?: number): OfferEntry {
  return { kind: "file", path, ...(size === undefined ? {} : { size }) };
}

/** What is made of the content of these entries, in order; the bytes of a file are joined. */
async function logOf(
  entries: readonly OfferEntry[],
  bytes: Uint8Array,
  options: Partial<ContentOptions> = {},
  chunkSize = Infinity,
): Promise<unknown[]> {
  const log: unknown[] = [];
  let hash = createHash("sha256");
  let size = 0;
  const sink: ContentOptions["sink"] = {
    begin: (entry, start) => {
      log.push(["begin", entry, start]);
      hash = createHash("sha256").update(pattern(start));
      size = start;
      return Promise.resolve(hash);
    },
    write: ({ length }) => {
      size += length;
      return Promise.resolve();
    },
    end: () => {
      log.push(["end", size]);
      return Promise.resolve();
    },
    whole: (entry, { length }) => {
      log.push(["whole", entry, length]);
    },
    giveUp: (entry, reason) => {
      log.push(["given up", entry, size, reason]);
      return Promise.resolve();
    },
  };
  const chunks: Uint8Array[] = [];
  for (let at = START_SIZE; at < bytes.length; at += chunkSize) {
    chunks.push(bytes.subarray(at, at + chunkSize));
  }
  await readOfferContent(new ByteReader(bodyOf(chunks)), {
    offer: { number: 1, count: 0, total: 0, zstd: true, entries },
    isWanted: () => true,
    sink,
    onReceived: (size) => log.push(size),
    ...options,
  });
  return log;
}

/** The same without what was told of the bytes, which is so much in all. */
async function stepsOf(
  ...args: Parameters<typeof logOf>
): Promise<[steps: unknown[], received: number]> {
  const log = await logOf(...args);
  const sizes = log.filter((step) => typeof step === "number");
  // Of nothing nobody is told.
  assertEquals(sizes.includes(0), false);
  return [
    log.filter((step) => typeof step !== "number"),
    sizes.reduce((sum, size) => sum + size, 0),
  ];
}

async function assertFault(
  says: string,
  ...args: Parameters<typeof logOf>
): Promise<void> {
  const error = await assertRejects(() => logOf(...args), FileFault, undefined);
  assertStringIncludes(error.message, says);
}

const ENTRIES = [
  file("small", 3),
  file("empty", 0),
  file("two blocks", 5),
  file("unknown"),
  { kind: "folder", path: "folder" } as const,
  file("given up", 4),
  file("goes on", 6),
  file("was there", 4),
  file("packed", 300),
];

const CONTENT = content((writer) => {
  whole(writer, 0, pattern(3));
  writer.begin(1, 0);
  writer.end(digestOf(pattern(0)));
  writer.begin(2, 0);
  block(writer, pattern(5).subarray(0, 2));
  block(writer, pattern(5).subarray(2));
  writer.end(digestOf(pattern(5)));
  whole(writer, 3, pattern(7));
  writer.begin(5, 0);
  block(writer, pattern(1));
  writer.giveUp("why");
  writer.begin(6, 4);
  block(writer, pattern(6).subarray(4));
  writer.end(digestOf(pattern(6)));
  writer.begin(7, 4);
  writer.end(digestOf(pattern(4)));
  writer.begin(8, 0);
  writer.compressed(zstdCompressSync(pattern(300)));
  writer.end(digestOf(pattern(300)));
});

function decompress(bytes: Uint8Array, maxOutputLength: number): Uint8Array {
  return zstdDecompressSync(bytes, { maxOutputLength });
}

Deno.test("content is read file by file, however its bytes are cut", async () => {
  for (const chunkSize of [1, 7, Infinity]) {
    const [steps, received] = await stepsOf(
      ENTRIES,
      CONTENT,
      { decompress },
      chunkSize,
    );
    assertEquals(steps, [
      ["whole", 0, 3],
      ["whole", 1, 0],
      ["begin", 2, 0],
      ["end", 5],
      ["begin", 3, 0],
      ["end", 7],
      ["begin", 5, 0],
      ["given up", 5, 1, "why"],
      ["begin", 6, 4],
      ["end", 6],
      ["begin", 7, 4],
      ["end", 4],
      ["begin", 8, 0],
      ["end", 300],
    ]);
    assertEquals(received, 3 + 5 + 7 + 1 + 2 + 300);
  }
});
Deno.test("content that ends anywhere but behind a file is cut", async () => {
  const wholeCount = 2;
  const cases: [entry: OfferEntry, bytes: Uint8Array][] = [
    [file("a", 3), content((writer) => whole(writer, 0, pattern(3)))],
    [
      file("a", 0),
      content((writer) => {
        writer.begin(0, 0);
        writer.end(digestOf(pattern(0)));
      }),
    ],
    [file("a"), content((writer) => whole(writer, 0, pattern(3)))],
    [
      file("a", 9),
      content((writer) => {
        writer.begin(0, 0);
        block(writer, pattern(3));
        writer.giveUp("why");
      }),
    ],
    [
      file("a", 300),
      content((writer) => {
        writer.begin(0, 0);
        writer.compressed(zstdCompressSync(pattern(300)));
        writer.end(digestOf(pattern(300)));
      }),
    ],
  ];
  for (const [index, [entry, bytes]] of cases.entries()) {
    const options = { decompress };
    assertEquals((await logOf([entry], bytes.slice(0, START_SIZE))).length, 0);
    const log = await logOf([entry], bytes, options);
    assertEquals(Object(log[0])[0], index < wholeCount ? "whole" : "begin");
    for (let size = START_SIZE + 1; size < bytes.length; size++) {
      const cut = bytes.subarray(0, size);
      await assertFault("ends in the middle of a file", [entry], cut, options);
    }
  }
});

Deno.test("the number of an offer is four bytes, and less is none", async () => {
  for (const size of [0, 3, 4, 5]) {
    const reader = new ByteReader(bodyOf([new Uint8Array(size).fill(1)]));
    const number = await readContentNumber(reader);
    assertEquals(number, size < 4 ? undefined : 0x01010101);
  }
});

Deno.test("a file in one block of 64 KiB is handed over whole, and no longer one", async () => {
  for (const extra of AROUND) {
    const size = SMALL_SIZE + extra;
    const bytes = content((writer) => whole(writer, 0, pattern(size)));
    assertEquals(await stepsOf([file("a", size)], bytes), [
      extra > 0 ? [["begin", 0, 0], ["end", size]] : [["whole", 0, size]],
      size,
    ]);
  }
});

Deno.test("small files are told of together, as soon as they are 64 KiB", async () => {
  for (const extra of AROUND) {
    const sizes = [SMALL_SIZE / 2, SMALL_SIZE / 2 + extra, 1];
    const bytes = content((writer) => {
      for (const [entry, size] of sizes.entries()) {
        whole(writer, entry, pattern(size));
      }
    });
    const log = await logOf(sizes.map((size) => file(`${size}`, size)), bytes);
    assertEquals(
      log.map((step) => typeof step === "number" ? step : "file"),
      extra < 0
        ? ["file", "file", "file", SMALL_SIZE]
        : ["file", "file", SMALL_SIZE + extra, "file", 1],
    );
  }
});

Deno.test("content may begin at the end of what is there, and not behind it", async () => {
  for (const extra of AROUND) {
    const bytes = content((writer) => {
      writer.begin(0, 4 + extra);
      if (extra < 0) block(writer, pattern(4).subarray(3));
      writer.end(digestOf(pattern(4)));
    });
    const entries = [file("a", 4)];
    if (extra > 0) await assertFault("behind its end", entries, bytes);
    else assertEquals((await stepsOf(entries, bytes))[0].at(-1), ["end", 4]);
  }
});

Deno.test("only what was offered and is wanted may come, once and in order", async () => {
  const entries = [
    file("a", 3),
    { kind: "folder", path: "b" } as const,
    { kind: "left", path: "c", reason: "" } as const,
    file("d", 3),
  ];
  const says = "what it has not offered";
  for (const order of [[1], [2], [4], [0, 0], [3, 0], [3, 3]]) {
    const bytes = content((writer) => {
      for (const entry of order) whole(writer, entry, pattern(3));
    });
    await assertFault(says, entries, bytes);
  }
  const good = content((writer) => whole(writer, 3, pattern(3)));
  const isWanted = (entry: number) => entry !== 3;
  await assertFault(says, entries, good, { isWanted });
  assertEquals((await stepsOf(entries, good))[0], [["whole", 3, 3]]);
});

Deno.test("a file has just the bytes that were offered, and its digest", async () => {
  const cases: [says: string, blocks: Uint8Array[], isRight?: boolean][] = [
    ["has 2 bytes instead of 3", [pattern(2)]],
    ["has more than the 3 bytes", [pattern(3), pattern(1)]],
    ["has more than the 3 bytes", [pattern(4)]],
    ["has 0 bytes instead of 3", []],
    ["the digest of", [pattern(3)], false],
    ["the digest of", [pattern(1), pattern(2)], false],
  ];
  for (const [says, blocks, isRight = true] of cases) {
    const bytes = content((writer) => {
      writer.begin(0, 0);
      for (const each of blocks) block(writer, each);
      writer.end(digestOf(isRight ? concat(blocks) : pattern(9)));
    });
    await assertFault(says, [file("a", 3)], bytes);
  }
});

Deno.test("a block may have 1 MiB, and no more", async () => {
  for (const extra of AROUND) {
    const size = BLOCK_PIECE_MAX + extra;
    const bytes = concat([
      content((writer) => {
        writer.begin(0, 0);
        block(writer, pattern(1));
      }).subarray(0, -5),
      Uint8Array.of(0, size >>> 16, size >>> 8, size),
      pattern(size),
      content((writer) => writer.end(digestOf(pattern(size))))
        .subarray(START_SIZE),
    ]);
    const entries = [file("a")];
    if (extra > 0) await assertFault("is longer than 1048576", entries, bytes);
    else assertEquals((await stepsOf(entries, bytes))[1], size);
  }
});

Deno.test("a block in Zstandard is one that was agreed on", async () => {
  const says = "is not in Zstandard as agreed";
  const packed = content((writer) => {
    writer.begin(0, 0);
    writer.compressed(zstdCompressSync(pattern(3)));
    writer.end(digestOf(pattern(3)));
  });
  const entries = [file("a", 3)];
  await assertFault(says, entries, packed);
  assertEquals((await stepsOf(entries, packed, { decompress }))[1], 3);
  const empty = content((writer) => {
    writer.begin(0, 0);
    writer.compressed(new Uint8Array(0));
    block(writer, pattern(3));
    writer.end(digestOf(pattern(3)));
  });
  await assertFault(says, entries, empty);
});

Deno.test("a writer leaves room for what may follow a block, and makes none of nothing", () => {
  const size = 3 * BLOCK_PIECE_MAX;
  const writer = new ContentWriter(size);
  assertEquals(writer.room().length, BLOCK_PIECE_MAX);
  // Filled up to the headroom, but for `left` bytes.
  for (const left of [100, 4, 3, 1, 0, -1]) {
    const writer = new ContentWriter(size);
    writer.commit(BLOCK_PIECE_MAX);
    writer.commit(size - HEADROOM - BLOCK_PIECE_MAX - 2 * 4 - left);
    assertEquals(writer.isFull, left < 0, `${left}`);
    const roomSize = Math.max(0, left - 4);
    assertEquals(writer.room().length, roomSize, `${left}`);
    const fitting = roomSize - START_SIZE;
    assertEquals(writer.hasRoomFor(fitting - 1), true);
    assertEquals(writer.hasRoomFor(fitting), false);
    writer.commit(0);
    assertEquals(writer.take().length, size - HEADROOM - left);
  }
});
