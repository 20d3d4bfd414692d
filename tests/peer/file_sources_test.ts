// Files that are sent: closed however far their sending came.
import { assertEquals, assertRejects } from "@std/assert";
import { cannotSend, fileSource } from "../../src/peer/file_sources.ts";
import { encodeFile } from "../../src/talk/send_file.ts";

Deno.test("a file is closed however many of its chunks are taken", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, new Uint8Array(600_000));
  const source = await fileSource(path);
  let opened = 0;
  for (const takenCount of [1, 2, 3, Infinity]) {
    const content = await source.open();
    opened++;
    let count = 0;
    // The sanitizer finds files that stay open.
    for await (const _ of encodeFile({ name: "a" }, content)) {
      if (++count === takenCount) break;
    }
  }
  const unread = await source.open();
  await unread[Symbol.asyncIterator]().return?.();
  assertEquals(opened, 4);
  await Deno.remove(path);
});

Deno.test("what passes by, as a pipe does, is read once, and opened when its first byte is wanted", async () => {
  const { name, size, open } = await fileSource("/dev/null");
  assertEquals([name, size], ["null", undefined]);
  await (await open())[Symbol.asyncIterator]().return?.();
  assertEquals(await Array.fromAsync(await open()), []);
  await assertRejects(
    async () => Array.fromAsync(await open()),
    Error,
    "is not there any more",
  );
});

Deno.test("a file whose name is no UTF-8 is named as that, and not as one that is not there", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a\uFFFD`;
  const error = await assertRejects(() => fileSource(path));
  assertEquals(
    cannotSend(path, error),
    `Cannot send ${path}: its name is no UTF-8`,
  );
  await Deno.remove(folder);
});

Deno.test("a path says what is sent: standard input by a dash, a file of some size, and no folder", async () => {
  const input = await fileSource("-");
  assertEquals([input.name, input.size], ["stdin", undefined]);
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/a`, "text");
  const file = await fileSource(`${folder}/a`);
  assertEquals([file.name, file.size], ["a", 4]);
  await assertRejects(() => fileSource(folder), Error, "it is a folder");
  await Deno.remove(folder, { recursive: true });
});
