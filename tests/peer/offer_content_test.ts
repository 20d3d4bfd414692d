// The content of an offer, file behind file, as its sender puts it together.
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { contentOf, type ContentPlan } from "../../src/peer/offer_content.ts";
import type { OfferedEntry } from "../../src/peer/offered_items.ts";
import { isSettled, turns, until, within } from "../helpers/deadline.ts";
import { pattern } from "../helpers/messages.ts";

const HEAD_SIZE = 12;
const LENGTH_SIZE = 4;
const DIGEST_SIZE = 32;

const MIB = 1024 * 1024;

/** In place of a length: the sender gives the file up. */
const GIVEN_UP_MARK = 0xffff_ffff;

/** What the first files take of the buffer: the magic, the number, and each file with its head, one length, the mark of its end and its digest. */
const FILE_COST = HEAD_SIZE + 2 * LENGTH_SIZE + DIGEST_SIZE;

/** Bytes of the buffer that files may take before it is handed over, without the length of their block. */
const ROOM = MIB + 4096 - 2048 - HEAD_SIZE - LENGTH_SIZE;

function planOf(
  entries: readonly OfferedEntry[],
  faults: string[],
): ContentPlan {
  return {
    number: 7,
    entries,
    isZstd: false,
    isHere: () => false,
    onReached: () => {},
    partial: new Map(),
    onSent: () => {},
    onKept: () => {},
    onFault: (entry, reason) => faults.push(`${entry}: ${reason}`),
  };
}

/** The files of a content without its first 12 bytes, each of one block. */
function filesOf(content: Uint8Array): Uint8Array[] {
  const view = new DataView(content.buffer, content.byteOffset);
  const files: Uint8Array[] = [];
  for (let at = HEAD_SIZE; at < content.length;) {
    assertEquals(view.getUint32(at), files.length);
    const size = view.getUint32(at + HEAD_SIZE);
    const from = at + HEAD_SIZE + LENGTH_SIZE;
    const bytes = content.subarray(from, from + size);
    assertEquals(view.getUint32(from + size), 0);
    const digestAt = from + size + LENGTH_SIZE;
    at = digestAt + DIGEST_SIZE;
    const digest = createHash("sha256").update(bytes).digest();
    assertEquals(content.subarray(digestAt, at), Uint8Array.from(digest));
    files.push(bytes);
  }
  return files;
}

Deno.test("a small file goes on where the buffer has hardly room for it, or hardly not", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lekt-content-" });
  try {
    const last = 40_000;
    const large = 65_536;
    const left = ROOM - last;
    const largeCount = Math.floor(left / (large + FILE_COST)) - 1;
    const rest = left - largeCount * (large + FILE_COST) - 2 * FILE_COST;
    const half = Math.floor(rest / 2);
    const bytes = pattern(large);
    for (let difference = -50; difference <= 4; difference++) {
      const sizes = [
        ...Array<number>(largeCount).fill(large),
        half,
        rest - half,
        last + difference,
      ];
      assert(Math.max(...sizes) <= large, `${sizes}`);
      const entries = sizes.map((size, index): OfferedEntry => {
        const path = join(folder, String(index));
        Deno.writeFileSync(path, bytes.subarray(0, size));
        const mtimeMs = Deno.statSync(path).mtime!.getTime();
        const entry = { kind: "file", path: String(index), size, mtimeMs };
        return { entry: entry as OfferedEntry["entry"], path };
      });
      const faults: string[] = [];
      const pieces: Uint8Array[] = [];
      for await (const piece of contentOf(planOf(entries, faults))) {
        pieces.push(piece.slice());
      }
      assertEquals(faults, []);
      const files = filesOf(concat(pieces));
      assertEquals(files.map(({ length }) => length), sizes);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The content of one file: what stands in its blocks, and whether it is given up at its end. */
function blocksOf(content: Uint8Array): {
  bytes: Uint8Array;
  isGivenUp: boolean;
} {
  const view = new DataView(content.buffer, content.byteOffset);
  const blocks: Uint8Array[] = [];
  for (let at = 2 * HEAD_SIZE;;) {
    const size = view.getUint32(at);
    at += LENGTH_SIZE;
    if (size === GIVEN_UP_MARK) {
      return { bytes: concat(blocks), isGivenUp: true };
    }
    if (size === 0) {
      assertEquals(at + DIGEST_SIZE, content.length);
      const bytes = concat(blocks);
      const digest = createHash("sha256").update(bytes).digest();
      assertEquals(content.subarray(at), Uint8Array.from(digest));
      return { bytes, isGivenUp: false };
    }
    blocks.push(content.subarray(at, at + size));
    at += size;
  }
}

/** Runs with a file of so many bytes, as it is offered. */
async function withFile(
  size: number,
  run: (entries: OfferedEntry[], bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "lekt-content-" });
  try {
    const bytes = pattern(size);
    await Deno.writeFile(path, bytes);
    const { mtime } = await Deno.stat(path);
    const entry = {
      kind: "file" as const,
      path: "a",
      size,
      mtimeMs: mtime!.getTime(),
    };
    await run([{ entry: entry as OfferedEntry["entry"], path }], bytes);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("the pieces of a long file are 1 MiB but for the last, the lengths of their blocks included", async () => {
  // The first piece has the magic, the number and the head of the file besides.
  const first = MIB - 2 * HEAD_SIZE - LENGTH_SIZE;
  const second = MIB - LENGTH_SIZE;
  const cases: [size: number, fullCount: number][] = [
    [first - 1, 0],
    [first, 0],
    [first + 1, 1],
    [first + second, 1],
    [first + second + 1, 2],
  ];
  for (const [size, fullCount] of cases) {
    await withFile(size, async (entries, bytes) => {
      const faults: string[] = [];
      const pieces: Uint8Array[] = [];
      for await (const piece of contentOf(planOf(entries, faults))) {
        pieces.push(piece.slice());
      }
      assertEquals(faults, []);
      const lengths = pieces.map(({ length }) => length);
      assertEquals(lengths.slice(0, fullCount), Array(fullCount).fill(MIB));
      // What is left, with the end of the file, is not spread over several.
      const rest = lengths.slice(fullCount).filter((length) => length > 0);
      assertEquals(rest.length, 1);
      const content = blocksOf(concat(pieces));
      assert(!content.isGivenUp);
      assertEquals(content.bytes.length, size);
      // All bytes, for `assertEquals` takes long over so many.
      assert(content.bytes.every((byte, at) => byte === bytes[at]));
    });
  }
});

/** While it is there, files that are opened read nothing until {@linkcode HeldReads.go}. */
class HeldReads implements Disposable {
  readonly #open = Deno.open;
  readonly #begun: PromiseWithResolvers<void>[] = [];
  /** What was done with them: each read where it ends, and `close`. */
  readonly log: string[] = [];

  constructor() {
    Deno.open = async (path, options) =>
      this.#held(await this.#open(path, options));
  }

  /** Has the read that was begun first go on, as soon as there is one; with `error` it fails. */
  async go(error?: Error): Promise<void> {
    await until(() => this.#begun.length > 0, "a read has begun");
    const begun = this.#begun.shift()!;
    if (error) begun.reject(error);
    else begun.resolve();
  }

  [Symbol.dispose](): void {
    Deno.open = this.#open;
  }

  #held(file: Deno.FsFile): Deno.FsFile {
    const read = file.read.bind(file);
    const close = file.close.bind(file);
    file.read = async (into) => {
      const begun = Promise.withResolvers<void>();
      this.#begun.push(begun);
      try {
        await begun.promise;
        return await read(into);
      } finally {
        this.log.push("read");
      }
    };
    file.close = () => {
      this.log.push("close");
      close();
    };
    file[Symbol.dispose] = () => file.close();
    return file;
  }
}

/** The next piece, as it is now. */
async function nextOf(
  content: AsyncGenerator<Uint8Array>,
): Promise<IteratorResult<Uint8Array>> {
  return await within(content.next(), "the next piece");
}

/** The content of these entries, whose first piece has been read, and whom it told what. */
async function beginContent(
  entries: Parameters<typeof planOf>[0],
  reads: HeldReads,
): Promise<
  {
    content: AsyncGenerator<Uint8Array>;
    faults: string[];
    first: Uint8Array;
  }
> {
  const faults: string[] = [];
  const content = contentOf(planOf(entries, faults));
  const pending = content.next();
  await reads.go();
  const { value } = await within(pending, "the first piece");
  return { content, faults, first: value };
}

Deno.test("what follows is read while a piece is sent, and leaves that as it is", async () => {
  await withFile(2 * MIB, async (entries) => {
    using reads = new HeldReads();
    const { content, first } = await beginContent(entries, reads);
    const before = first.slice();
    // Nobody has asked for the second piece.
    await reads.go();
    await until(() => reads.log.length === 2, "the second read has ended");
    assertEquals(first.length, MIB);
    assert(before.every((byte, at) => byte === first[at]));
    await content.return(undefined);
    assertEquals(reads.log, ["read", "read", "close"]);
  });
});

Deno.test("a file whose message is given up is closed behind the read that is under way", async () => {
  for (const error of [undefined, new Error("the disk is broken")]) {
    await withFile(3 * MIB, async (entries) => {
      using reads = new HeldReads();
      const { content, faults } = await beginContent(entries, reads);
      const ending = content.return(undefined);
      assert(!await isSettled(ending));
      assertEquals(reads.log, ["read"]);
      await reads.go(error);
      assertEquals((await within(ending, "its end")).done, true);
      assertEquals(reads.log, ["read", "read", "close"]);
      // Nobody is told of a read that is of no use any more.
      assertEquals(faults, []);
    });
  }
});

Deno.test("a read that fails while a piece is sent gives the file up behind that piece, once", async () => {
  await withFile(3 * MIB, async (entries, bytes) => {
    using reads = new HeldReads();
    const { content, faults, first } = await beginContent(entries, reads);
    const pieces = [first.slice()];
    await reads.go(new Error("the disk is broken"));
    await until(() => reads.log.length === 2, "the read has failed");
    // Nobody has asked for the next piece: a rejection without a handler would end the test.
    await turns();
    assertEquals(faults, []);
    pieces.push((await nextOf(content)).value.slice());
    assertEquals(faults, ["0: the disk is broken"]);
    assertEquals((await nextOf(content)).done, true);
    assertEquals(reads.log, ["read", "read", "close"]);
    const { isGivenUp, bytes: sent } = blocksOf(concat(pieces));
    assert(isGivenUp);
    assertEquals(sent.length, MIB - 2 * HEAD_SIZE - LENGTH_SIZE);
    assert(sent.every((byte, at) => byte === bytes[at]));
  });
});

Deno.test("a file that becomes shorter while it is sent is given up", async () => {
  await withFile(3 * MIB, async (entries) => {
    using reads = new HeldReads();
    const { content, faults } = await beginContent(entries, reads);
    await Deno.truncate(entries[0]!.path!, MIB / 2);
    await reads.go();
    await nextOf(content);
    assertEquals(faults, ["0: it was changed since it was offered"]);
    assertEquals((await nextOf(content)).done, true);
    assertEquals(reads.log.at(-1), "close");
  });
});

/** Offers a file of each size, lets `change` loose behind the first piece, or before that where `isEarly`, and gives what is told of them. */
async function faultsOf(
  size: number,
  change: (path: string) => void,
  isEarly: boolean,
): Promise<string[]> {
  const faults: string[] = [];
  await withFile(size, async (entries) => {
    const { path } = entries[0]!;
    if (isEarly) change(path!);
    let isFirst = !isEarly;
    for await (const _ of contentOf(planOf(entries, faults))) {
      if (isFirst) change(path!);
      isFirst = false;
    }
  });
  return faults;
}

const CHANGED = "0: it was changed since it was offered";

Deno.test(
  "a file is given up where a pipe has taken its place, and nobody waits for who writes to it",
  {
    ignore: Deno.build.os === "windows",
  },
  async () => {
    const makePipe = (path: string) => {
      Deno.removeSync(path);
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    };
    for (const size of [10, 3 * MIB]) {
      const faults = await within(faultsOf(size, makePipe, true), "the file");
      assertEquals(faults, [CHANGED]);
    }
  },
);

Deno.test("a file of the same size that has taken the place of another is given up", async () => {
  const rewrite = (path: string) => {
    const { size } = Deno.statSync(path);
    Deno.writeFileSync(path, new Uint8Array(size));
    Deno.utimeSync(path, 1, 1);
  };
  for (const size of [10, 3 * MIB]) {
    assertEquals(await faultsOf(size, rewrite, true), [CHANGED]);
  }
});

Deno.test("a file that is written to while it is sent is given up at its end, however long it is then", async () => {
  for (const added of [0, 10]) {
    const write = (path: string) => {
      Deno.truncateSync(path, 3 * MIB + added);
      Deno.utimeSync(path, 1, 1);
    };
    assertEquals(
      await faultsOf(3 * MIB, write, false),
      ["0: it was changed while it was sent"],
    );
  }
});

Deno.test("a small file that changes its size behind the last look is given up", async () => {
  const { statSync } = Deno;
  for (const size of [5, 11]) {
    const faults = await faultsOf(10, () => {
      Deno.statSync = (path) => {
        const info = statSync(path);
        Deno.truncateSync(String(path), size);
        return info;
      };
    }, true).finally(() => Deno.statSync = statSync);
    assertEquals(faults, [CHANGED]);
  }
});
