// The place that what was received of an offer gets: a name that is free, or the one that a killed process had chosen.
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { placeItem } from "../../src/peer/place_item.ts";
import { refuse, replacing } from "../helpers/replaced_system.ts";
import { withFolder } from "../helpers/temp_folder.ts";

interface Scene {
  /** The folder that things are placed in. */
  readonly folder: string;
  /** Where something lies that has no place yet. */
  readonly staged: string;
  /** The places that were chosen. */
  readonly chosen: string[];
  place(isFolder?: boolean, earlier?: string): Promise<string>;
  names(): string[];
}

/** Runs a test with a file of one letter, or a folder with one in it, that has no place yet. */
async function withStaged(
  kind: "file" | "folder",
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  await withFolder(async (root) => {
    const [folder, staged] = [join(root, "to"), join(root, "staged")];
    Deno.mkdirSync(folder);
    if (kind === "folder") Deno.mkdirSync(staged);
    Deno.writeTextFileSync(kind === "file" ? staged : join(staged, "in"), "x");
    const chosen: string[] = [];
    await run({
      folder,
      staged,
      chosen,
      place: (isFolder = kind === "folder", earlier) =>
        placeItem({
          staged,
          folder,
          name: "a",
          isFolder,
          earlier,
          onChosen: (path) => Promise.resolve(void chosen.push(path)),
        }),
      names: () =>
        Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(),
    });
  });
}

Deno.test("ten thousand names are tried for what was offered, and no more", async () => {
  const { lstat } = Deno;
  for (const takenCount of [9_999, 10_000]) {
    await withStaged("file", async ({ folder, place, names }) => {
      let count = 0;
      const taken = Promise.resolve(await lstat(folder));
      const seeTaken: typeof lstat = (path) =>
        count++ < takenCount ? taken : lstat(path);
      await replacing({ lstat: seeTaken }, async () => {
        if (takenCount < 10_000) {
          assertEquals(await place(), join(folder, "a (10000)"));
        } else await assertRejects(() => place(), Error, "names like");
      });
      assertEquals(names().length, 10_000 - takenCount);
    });
  }
});

Deno.test("a name that somebody takes at the last moment is theirs, and one that the system refuses has no other tried", async () => {
  await withStaged("file", async ({ folder, chosen, place, names }) => {
    const { link } = Deno;
    const linkLate: typeof link = async (from, to) => {
      if (chosen.length === 1) Deno.writeTextFileSync(to, "theirs");
      await link(from, to);
    };
    await replacing({ link: refuse, open: refuse }, async () => {
      await assertRejects(() => place(), Deno.errors.PermissionDenied);
    });
    assertEquals(chosen.splice(0), [join(folder, "a")]);
    await replacing({ link: linkLate }, async () => {
      assertEquals(await place(), join(folder, "a (2)"));
    });
    assertEquals(names(), ["a", "a (2)"]);
    assertEquals(Deno.readTextFileSync(join(folder, "a")), "theirs");
  });
});

Deno.test("the place that a killed process had taken is kept, and what somebody else has put there is not touched", async () => {
  await withStaged("file", async ({ folder, staged, chosen, place, names }) => {
    const earlier = join(folder, "a");
    Deno.linkSync(staged, earlier);
    assertEquals(await place(false, earlier), earlier);
    assertEquals([names(), chosen], [["a"], []]);
    Deno.writeTextFileSync(staged, "y");
    assertEquals(await place(false, earlier), join(folder, "a (2)"));
    assertEquals(names(), ["a", "a (2)"]);
    assertEquals(Deno.readTextFileSync(earlier), "x");
    assertEquals(Deno.readTextFileSync(join(folder, "a (2)")), "y");
  });
  await withStaged("folder", async ({ folder, place, names }) => {
    const earlier = join(folder, "a");
    Deno.mkdirSync(earlier);
    assertEquals(await place(true, earlier), earlier);
    assertEquals(Deno.readTextFileSync(join(earlier, "in")), "x");
    assertEquals(names(), ["a"]);
  });
  await withStaged("folder", async ({ folder, place }) => {
    const earlier = join(folder, "a");
    Deno.mkdirSync(earlier);
    Deno.writeTextFileSync(join(earlier, "in"), "theirs");
    assertEquals(await place(true, earlier), join(folder, "a (2)"));
    assertEquals(Deno.readTextFileSync(join(earlier, "in")), "theirs");
  });
});
