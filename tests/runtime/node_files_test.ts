// Files by `node:fs`, as Node and Bun have them; here on Deno, which has that module too.
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { nodeFiles } from "../../src/runtime/node_files.ts";
import { withFolder } from "../helpers/temp_folder.ts";

Deno.test("files of node:fs are read to their end, which no room to read to is not", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "file");
    Deno.writeTextFileSync(path, "text");
    const file = await nodeFiles().open(path);
    assertEquals(await file.read(new Uint8Array(0)), 0);
    assertEquals(await file.read(new Uint8Array(8)), 4);
    assertEquals(await file.read(new Uint8Array(8)), null);
    file.close();
  });
});

Deno.test("files of node:fs remove a folder with what is in it only when told so", async () => {
  await withFolder(async (folder) => {
    const files = nodeFiles();
    const full = join(folder, "full");
    Deno.mkdirSync(full);
    Deno.writeTextFileSync(join(full, "file"), "");
    await assertRejects(() => files.remove(full));
    await files.remove(full, { recursive: true });
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});
