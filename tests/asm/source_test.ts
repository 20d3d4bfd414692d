import { assertEquals } from "@std/assert";
import { coreBytes } from "../../src/framing/core_wasm.ts";
import { listFiles } from "../helpers/source_scan.ts";

const root = new URL("../../", import.meta.url);

/** The id of the section that a module's data segments are in. */
const DATA_SECTION = 11;

/** Magic and version, before the first section. */
const PREAMBLE_SIZE = 8;

/** A load of fewer bits than the registers have. */
const NARROW_LOAD = /load<[iu](?:8|16)>\(/g;

/** What may stand before one: a cast, or a store of the same width, which keeps its bits. */
const CAST = /<[iu](?:32|64|size)> *$/;
const SAME_STORE = /store<([iu](?:8|16))>\([^;]*, *$/;

/** Lines with a narrow load whose value depends on what stands around it. */
function uncastLoads(path: string, text: string): string[] {
  return [...text.matchAll(NARROW_LOAD)].flatMap((match) => {
    const before = text.slice(0, match.index);
    const stored = SAME_STORE.exec(before.slice(before.lastIndexOf(";") + 1));
    const isSafe = CAST.test(before) ||
      match[0] === `load<${stored?.[1]}>(`;
    return isSafe ? [] : [`${path}:${before.split("\n").length}`];
  });
}

/** The ids of a module's sections. */
function sectionIds(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  let offset = PREAMBLE_SIZE;
  while (offset < bytes.length) {
    ids.push(bytes[offset++]!);
    let size = 0;
    for (let shift = 0;; shift += 7) {
      const byte = bytes[offset++]!;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    offset += size;
  }
  return ids;
}

Deno.test("each narrow load in asm/ is cast, since the compiler gives the same expression two values", async () => {
  const faults: string[] = [];
  for (const path of await listFiles(root, "asm/", ".ts")) {
    const text = await Deno.readTextFile(new URL(path, root));
    faults.push(...uncastLoads(path, text));
  }
  assertEquals(faults, []);
});

Deno.test("the rule of narrow loads finds one that is not cast", () => {
  const text = [
    "const a = load<u8>(p) << 8 | load<u8>(p + 1);",
    "const b = <u32> load<u8>(p) << 8 | <u32> load<u8>(p + 1);",
    "store<u8>(to, load<u8>(from));",
    "store<u16>(to, load<u8>(from));",
    "return load<u16>(p);",
  ].join("\n");
  assertEquals(uncastLoads("x.ts", text), [
    "x.ts:1",
    "x.ts:1",
    "x.ts:4",
    "x.ts:5",
  ]);
});

Deno.test("the core has no static data, which would lie in the memory map's way", () => {
  const ids = sectionIds(coreBytes());
  assertEquals(ids.includes(DATA_SECTION), false, `${ids}`);
});
