// What is offered of a folder, as the system shows it.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { offeredItem } from "../../src/peer/offered_items.ts";
import { replacing } from "../helpers/replaced_system.ts";
import { withFolder } from "../helpers/temp_folder.ts";

/** A thing of some kind. */
function infoOf(kind: Partial<Deno.FileInfo>): Deno.FileInfo {
  const none = { isFile: false, isDirectory: false, isSymlink: false };
  return { ...none, size: 0, mtime: null, mode: null, ...kind } as never;
}

function entryOf(name: string): Deno.DirEntry {
  return { name, isFile: true, isDirectory: false, isSymlink: false };
}

Deno.test("standard input, and what is no file, have no place of their own", async () => {
  const [input] = (await offeredItem("-")).entries;
  assertEquals(input!.path, undefined);
  assertEquals(input!.entry.path, "stdin");
  await withFolder(async (folder) => {
    const path = join(folder, "a");
    Deno.writeTextFileSync(path, "text");
    assertEquals((await offeredItem(path)).entries[0]!.path, path);
    const stat = () => Promise.resolve(infoOf({ isFifo: true }));
    await replacing({ stat }, async () => {
      const [pipe] = (await offeredItem(path)).entries;
      assertEquals([pipe!.path, typeof pipe!.source], [undefined, "object"]);
    });
  });
});

Deno.test("what cannot be sent by its kind or its path is left out, with the reason", async () => {
  await withFolder(async (folder) => {
    const top = join(folder, "f");
    Deno.mkdirSync(top);
    const kinds: Record<string, Partial<Deno.FileInfo>> = {
      device: { isCharDevice: true },
      file: { isFile: true },
      link: { isSymlink: true },
      pipe: { isFifo: true },
      sealed: { isDirectory: true },
      socket: { isSocket: true },
    };
    const long = "x".repeat(5_000);
    const { entries } = await readingFolder(top, {
      readDirSync: (path) => {
        if (String(path).endsWith("sealed")) throw new Error("no entry");
        return [...Object.keys(kinds), long].map(entryOf);
      },
      lstatSync: (path) => infoOf(kinds[String(path).split("/").at(-1)!]!),
    });
    assertEquals(
      entries.slice(1).map(({ entry, isUnreadable }) => [
        entry.path.slice(0, 10),
        entry.kind === "left" ? entry.reason : "",
        isUnreadable ?? false,
      ]),
      [
        ["f/device", "a device", false],
        ["f/file", "", false],
        ["f/link", "a symbolic link", false],
        ["f/pipe", "a pipe", false],
        ["f/sealed", "no entry", true],
        ["f/socket", "a socket", false],
        ["f/xxxxxxxx", "its path is too long", true],
      ],
    );
  });
});

Deno.test("a folder may have 250,000 entries with itself, wherever they lie", async () => {
  await withFolder(async (folder) => {
    const top = join(folder, "f");
    Deno.mkdirSync(top);
    // In the order of their names, and the folder that they lie in before them.
    const names = Array.from(
      { length: 249_999 },
      (_, index) => entryOf(String(index).padStart(6, "0")),
    );
    const [socket, below] = [{ isSocket: true }, { isDirectory: true }]
      .map(infoOf);
    const isBelow = (path: string | URL) => String(path).endsWith("/d");
    const look = (count: number) =>
      readingFolder(top, {
        readDirSync: (path) =>
          isBelow(path) ? names.slice(0, count) : [entryOf("d")],
        lstatSync: (path) => isBelow(path) ? below! : socket!,
      });
    assertEquals((await look(249_998)).entries.length, 250_000);
    await assertRejects(() => look(249_999), Error, "more than 250000");
  });
});

/** Looks at a folder as the system shows it then. */
async function readingFolder(
  path: string,
  system: {
    readDirSync: (path: string | URL) => Iterable<Deno.DirEntry>;
    lstatSync: (path: string | URL) => Deno.FileInfo;
  },
): ReturnType<typeof offeredItem> {
  let item: Awaited<ReturnType<typeof offeredItem>> | undefined;
  await replacing(system as Partial<typeof Deno>, async () => {
    item = await offeredItem(path);
  });
  assert(item);
  return item;
}
