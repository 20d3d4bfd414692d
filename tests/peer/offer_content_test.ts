// The content of an offer, file behind file, as its sender puts it together.
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { contentOf, type ContentPlan } from "../../src/peer/offer_content.ts";
import type { OfferedEntry } from "../../src/peer/offered_items.ts";
import { pattern } from "../helpers/messages.ts";

const HEAD_SIZE = 12;
const LENGTH_SIZE = 4;
const DIGEST_SIZE = 32;

/** What the first files take of the buffer: the magic, the number, and each file with its head, one length, the mark of its end and its digest. */
const FILE_COST = HEAD_SIZE + 2 * LENGTH_SIZE + DIGEST_SIZE;

/** Bytes of the buffer that files may take before it is handed over, without the length of their block. */
const ROOM = 1024 * 1024 + 4096 - 2048 - HEAD_SIZE - LENGTH_SIZE;

function planOf(
  entries: readonly OfferedEntry[],
  faults: string[],
): ContentPlan {
  return {
    number: 7,
    entries,
    isZstd: false,
    isHere: () => false,
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
        const entry = { kind: "file", path: String(index), size } as const;
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
