// Where received files go, whether there is room, and what the sender is told of that.
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { freeSpace } from "../../src/peer/free_space.ts";
import type { Settings } from "../../src/peer/options.ts";
import { findSaveFolder } from "../../src/peer/save_folder.ts";
import { toldReason } from "../../src/peer/told_reason.ts";
import { FileFault } from "../../src/talk/receive.ts";
import { withFolder } from "../helpers/temp_folder.ts";

Deno.test("the folder for files is tried where files are received", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "file");
    Deno.writeTextFileSync(file, "");
    const find = (settings: Partial<Settings>) =>
      findSaveFolder(
        {
          command: "listen",
          acceptFiles: "all",
          saveFolder: file,
          ...settings,
        } as Settings,
      );
    for (
      const settings of [
        { command: "send" },
        { acceptFiles: "none" },
        { output: "-" },
      ] satisfies Partial<Settings>[]
    ) {
      assertEquals(await find(settings), {});
    }
    assertEquals(await find({ saveFolder: folder }), { folder });
    assertEquals(await find({ saveFolder: undefined }), {
      fault:
        "Cannot save received files: HOME names no folder; name one by --save DIR",
    });
    const { fault } = await find({});
    assertEquals(
      fault,
      `Cannot save received files in ${file}: ${file} is a file, and not a folder; name another folder by --save DIR`,
    );
  });
});

Deno.test("below a file there is no room, and below a folder that is not there yet as much as above it", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "file");
    Deno.writeTextFileSync(file, "");
    assertEquals(await freeSpace(join(file, "sub")), undefined);
    const { state } = await Deno.permissions.query({
      name: "sys",
      kind: "statfs",
    });
    const isTold = await freeSpace(join(folder, "not", "there")) !== undefined;
    assertEquals(isTold, state === "granted");
  });
});

Deno.test("the sender is told what is wrong with a file, and of the disk only that it is full", () => {
  assertEquals(
    toldReason(new FileFault("its name is none")),
    "its name is none",
  );
  const cause = new Error("a path");
  assertEquals(
    toldReason(new FileFault("here", { cause })),
    "it cannot be saved",
  );
  const full = Object.assign(new Error("a path"), { code: "ENOSPC" });
  assertEquals(
    toldReason(new FileFault("here", { cause: full })),
    "there is no room for it",
  );
});
