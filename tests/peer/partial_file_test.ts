// The place that a received file gets, and where there is none.
import { assertEquals, assertRejects } from "@std/assert";
import { basename, join } from "node:path";
import { PartialFile, savingFault } from "../../src/peer/partial_file.ts";
import { refuse, replacing } from "../helpers/replaced_system.ts";
import { withFolder } from "../helpers/temp_folder.ts";

Deno.test("a folder can be saved to where it is one, or can be made", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(join(folder, "file"), "");
    for (const path of ["", "a", "a/b/c"]) {
      assertEquals(await savingFault(join(folder, path)), undefined, path);
    }
    const file = join(folder, "file");
    assertEquals(
      await savingFault(file),
      `${file} is a file, and not a folder`,
    );
    assertEquals(
      await savingFault(join(file, "a")),
      "a part of its path is a file, and not a folder",
    );
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  });
});

Deno.test("ten thousand names are tried for a file, and no more", async () => {
  const { link } = Deno;
  for (const takenCount of [9_999, 10_000]) {
    await withFolder(async (folder) => {
      let count = 0;
      const linkLate = (from: string, to: string): Promise<void> =>
        count++ < takenCount
          ? Promise.reject(new Deno.errors.AlreadyExists("there is one"))
          : link(from, to);
      const part = await PartialFile.create(folder, "a.txt");
      await replacing({ link: linkLate }, async () => {
        const moving = part.moveIntoPlace();
        if (takenCount < 10_000) {
          assertEquals(basename(await moving), "a (10000).txt");
        } else {
          await assertRejects(() => moving, Error, "names like");
        }
      });
      await part.remove();
    });
  }
});

Deno.test("a file that the system does not let into its place has no other name tried", async () => {
  await withFolder(async (folder) => {
    const part = await PartialFile.create(folder, "a.txt");
    await replacing({ link: refuse, rename: refuse }, async () => {
      await assertRejects(
        () => part.moveIntoPlace(),
        Deno.errors.PermissionDenied,
      );
    });
    await part.remove();
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});
