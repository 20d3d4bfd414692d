// Files of the user's where the system refuses something.
import { assertEquals, assertRejects } from "@std/assert";
import { createFile, replaceFile } from "../../src/directory/atomic_file.ts";
import { ROOT } from "../helpers/pages.ts";
import { withFolder } from "../helpers/temp_folder.ts";

/** Has a member of `holder` reject while something runs. */
async function refusing<Holder extends object>(
  holder: Holder,
  name: keyof Holder,
  run: () => Promise<void>,
): Promise<void> {
  const before = holder[name];
  const refuse = (): Promise<never> =>
    Promise.reject(new Deno.errors.PermissionDenied("not here"));
  Object.assign(holder, { [name]: refuse });
  try {
    await run();
  } finally {
    holder[name] = before;
  }
}

const WRITERS = [createFile, replaceFile];

Deno.test("what cannot be written leaves nothing behind", async () => {
  for (const member of ["write", "sync"] as const) {
    for (const write of WRITERS) {
      await withFolder(async (folder) => {
        await refusing(Deno.FsFile.prototype, member, async () => {
          await assertRejects(
            () => write(`${folder}/file`, "text"),
            Deno.errors.PermissionDenied,
          );
        });
        assertEquals([...Deno.readDirSync(folder)], []);
      });
    }
  }
});

Deno.test("what cannot be put in its place leaves nothing behind", async () => {
  for (const [index, member] of (["link", "rename"] as const).entries()) {
    await withFolder(async (folder) => {
      await refusing(Deno, member, async () => {
        await assertRejects(
          () => WRITERS[index]!(`${folder}/file`, "text"),
          Deno.errors.PermissionDenied,
        );
      });
      assertEquals([...Deno.readDirSync(folder)], []);
    });
  }
});

Deno.test("a file whose path names no folder lies where the program runs", async () => {
  await withFolder(async (folder) => {
    const at = (path: string) => new URL(path, ROOT);
    const program = `
      import { createFile } from "${at("src/directory/atomic_file.ts")}";
      await createFile("file", "text");
    `;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check"],
        ...["--config", at("deno.json").pathname],
        ...["--allow-read=.", "--allow-write=."],
        `data:application/typescript,${encodeURIComponent(program)}`,
      ],
      cwd: folder,
      stdin: "null",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertEquals(await Deno.readTextFile(`${folder}/file`), "text");
  });
});
