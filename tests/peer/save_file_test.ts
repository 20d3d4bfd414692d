// Where a received file goes, and what is left of one that was not finished.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { basename, join } from "node:path";
import { FileFault, recognize } from "../../src/talk/receive.ts";
import { encodeFile } from "../../src/talk/send_file.ts";
import { DiskGate } from "../../src/peer/disk_gate.ts";
import { PartialFile } from "../../src/peer/partial_file.ts";
import { type SavedFile, saveFile } from "../../src/peer/save_file.ts";
import { removeStaleParts } from "../../src/peer/stale_parts.ts";
import { isSettled, within } from "../helpers/deadline.ts";
import { withFolder } from "../helpers/temp_folder.ts";

const CONTENT = new TextEncoder().encode("content");

/** Long enough for anything to be stale. */
const HOUR_MS = 3_600_000;

interface Arrival {
  /** What saving has come to. */
  saved: Promise<SavedFile>;
  /** Content bytes that were asked for. */
  askedCount(): number;
}

/** A file of this name that arrives. */
function arrive(folder: string, name: string): Arrival {
  let askedCount = 0;
  async function* content(): AsyncGenerator<Uint8Array> {
    askedCount++;
    yield CONTENT;
  }
  // A byte stream, as the body of a message is.
  const pieces = encodeFile({ name, size: CONTENT.length }, content());
  const body = new ReadableStream({
    type: "bytes",
    async pull(controller): Promise<void> {
      const { value, done } = await pieces.next();
      if (!done) return controller.enqueue(value.slice());
      controller.close();
      controller.byobRequest?.respond(0);
    },
    async cancel(): Promise<void> {
      await pieces.return(undefined);
    },
  });

  async function save(): Promise<SavedFile> {
    const talk = await recognize(body);
    assert(talk.kind === "file");
    return await saveFile(folder, talk.file, {
      gate: new DiskGate(1),
      onReceived: () => {},
    });
  }

  return { saved: save(), askedCount: () => askedCount };
}

/** Makes the file system refuse to make files of some names. */
class PickyFileSystem implements Disposable {
  readonly #open = Deno.open;

  constructor(takes: (name: string) => boolean) {
    Deno.open = async (path, options) => {
      if (options?.createNew && !takes(basename(String(path)))) {
        throw new Deno.errors.InvalidData("Invalid argument (os error 22)");
      }
      return await this.#open(path, options);
    };
  }

  [Symbol.dispose](): void {
    Deno.open = this.#open;
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("a name that the file system refuses costs the file its name, not its content", async () => {
  const cases: [takes: RegExp, name: string, saved: string][] = [
    [/^[^:?]+$/, "12:30?.txt", "12_30_.txt"],
    [/^[\x20-\x7e]{1,100}$/, "größe: 3.txt", "gr__e__3.txt"],
    [/^.{1,143}$/, `${"n".repeat(190)}.txt`, `${"n".repeat(48)}.txt`],
    [/^file/, "12.txt", "file"],
  ];
  for (const [takes, name, saved] of cases) {
    await withFolder(async (folder) => {
      using _picky = new PickyFileSystem((each) => takes.test(each));
      const { path } = await arrive(folder, name).saved;
      assertEquals(path, join(folder, saved));
      assertEquals(Deno.readFileSync(path), CONTENT);
      assertEquals(names(folder), [saved]);
    });
  }
});

Deno.test("a folder that takes nothing refuses a file before its content comes", async () => {
  await withFolder(async (folder) => {
    using _picky = new PickyFileSystem(() => false);
    const { saved, askedCount } = arrive(folder, "a.txt");
    const error = await assertRejects(() => saved, FileFault);
    assert(error.message.startsWith("it cannot be saved"), error.message);
    assertEquals(askedCount(), 0);
    assertEquals(names(folder), []);
  });
});

Deno.test("parts that a killed run has left are removed, those of a living one and foreign files are not", async () => {
  await withFolder(async (folder) => {
    const script = `
      import { PartialFile } from "./src/peer/partial_file.ts";
      const folder = ${JSON.stringify(folder)};
      const part = await PartialFile.create(folder, "killed.bin");
      await part.write(new Uint8Array(1000));
      Deno.kill(Deno.pid, "SIGKILL");
    `;
    const killed = await new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      cwd: new URL("../../", import.meta.url),
    }).output();
    assertEquals(killed.signal, "SIGKILL");
    const [stale] = names(folder);
    assert(stale?.startsWith(".lekt-") && stale.endsWith(".part"), stale);

    const living = await PartialFile.create(folder, "living.bin");
    const [live] = names(folder).filter((name) => name !== stale);
    const uuid = crypto.randomUUID();
    const kept = [
      "a.txt",
      ".lekt-notes.part",
      `.lekt-${uuid}.part.bak`,
      `.lekt-${crypto.randomUUID()}.part`,
    ];
    for (const name of kept.slice(0, 3)) {
      Deno.writeTextFileSync(join(folder, name), "mine");
    }
    const foreign = join(folder, kept[3]!);
    Deno.mkdirSync(foreign);
    Deno.mkdirSync(join(foreign, "a folder"));
    const old = `.lekt-${crypto.randomUUID()}.part`;
    Deno.writeTextFileSync(join(folder, old), "as version 0.1 left it");
    Deno.symlinkSync("/etc", join(folder, `.lekt-${uuid}.part`));

    assertEquals(await removeStaleParts(folder), 0, "all of it is fresh");
    assertEquals(await removeStaleParts(folder, Date.now() + HOUR_MS), 2);
    assertEquals(
      names(folder),
      [...kept, live!, `.lekt-${uuid}.part`].sort(),
    );
    await living.write(CONTENT);
    assertEquals(await living.moveIntoPlace(), join(folder, "living.bin"));
    await living.remove();
    assertEquals(await removeStaleParts(join(folder, "none")), 0);
  });
});

Deno.test("a part is left alone until nobody has touched it for a minute", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, `.lekt-${crypto.randomUUID()}.part`);
    const touchedMs = 1_700_000_000_000;
    Deno.writeTextFileSync(path, "a part");
    Deno.utimeSync(path, new Date(touchedMs), new Date(touchedMs));
    assertEquals(await removeStaleParts(folder, touchedMs + 59_999), 0);
    assertEquals(await removeStaleParts(folder, touchedMs + 60_000), 1);
    assertEquals(names(folder), []);
  });
});

Deno.test("a folder with two files is none that was made here, whatever it is called", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, `.lekt-${crypto.randomUUID()}.part`);
    Deno.mkdirSync(path);
    for (const name of ["a", "b"]) Deno.writeTextFileSync(join(path, name), "");
    const laterMs = Date.now() + HOUR_MS;
    assertEquals(await removeStaleParts(folder, laterMs), 0);
    Deno.removeSync(join(path, "b"));
    assertEquals(await removeStaleParts(folder, laterMs), 1);
  });
});

Deno.test("a gate is shut while as many works as it bears are at the disk", async () => {
  const gate = new DiskGate(2);
  const works = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const running = works.map(({ promise }, index) => async () => {
    await gate.run(() => promise);
    return index;
  });
  await gate.opened();
  const first = running[0]!();
  await within(gate.opened(), "the gate with one at the disk");
  const others = [running[1]!(), running[2]!()];
  const opened = gate.opened();
  works[0]!.resolve();
  await first;
  assertEquals(await isSettled(opened), false, "with two at the disk");
  works[1]!.resolve();
  await within(opened, "the gate with one at the disk again");
  works[2]!.resolve();
  await Promise.all(others);
});
