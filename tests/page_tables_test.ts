// The tables of the pages name what the code has, all of it and nothing else.
import { assert, assertEquals } from "@std/assert";
import { CONTROL_BODY_SIZE_MAX, PART_SIZE_MAX } from "../asm/wire.ts";
import { DEFAULT_LIMITS } from "../mod.ts";
import {
  DECISION_GRACE_MS,
  LINGER_MS,
  LINGER_SIZE_MAX,
  NICKNAME_SIZE_MAX,
  OPEN_MESSAGES_MAX,
  REASON_SIZE_MAX,
  TIMER_MS_MAX,
} from "../src/base/limits.ts";
import { DEFAULT_DIRECTORY_LIMITS } from "../src/directory/rate.ts";
import { DEFAULT_RELAY_LIMITS } from "../src/relay/limits.ts";
import { UNANSWERED_COUNT_MAX } from "../src/session/confirmations.ts";
import { BACKLOG } from "../src/transport/accept_loop.ts";
import { METHOD_LENGTH_MAX } from "../src/transport/method.ts";
import { WAITING_MAX } from "../src/transport/places.ts";
import { firstColumn, quoted, readTable, ROOT } from "./helpers/pages.ts";
import { listFiles } from "./helpers/source_scan.ts";

const UNITS: Record<string, number> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  s: 1_000,
};

/** Those of the project, and of the parts of it that have their own. */
const CONFIGS = [
  "deno.json",
  "tests/bench/peers/deno.json",
  "tests/browser/deno.json",
  "tests/build/deno.json",
  "tests/runtimes/deno.json",
];

interface Config {
  name: string;
  imports: Record<string, string>;
  tasks: Record<string, string>;
  exports: Record<string, string>;
}

async function readConfig(path: string): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(new URL(path, ROOT)));
}

const config = await readConfig("deno.json");

/** The number that `64 MiB`, `10 s` or `1,024` is. */
function readQuantity(text: string): number {
  const [count = "", unit] = text.replaceAll(",", "").split(" ");
  return Number(count) * (unit === undefined ? 1 : UNITS[unit] ?? NaN);
}

Deno.test("src/connection/README.md names all limits with their defaults", async () => {
  const rows = await readTable("src/connection/README.md", "limit");
  const limits = rows.map(([name, value]) => [
    quoted(name!)[0],
    readQuantity(value!),
  ]);
  assertEquals(Object.fromEntries(limits), { ...DEFAULT_LIMITS });
});

/** Those that nobody sets, where they are defined. */
const CONSTANTS = {
  NICKNAME_SIZE_MAX,
  REASON_SIZE_MAX,
  OPEN_MESSAGES_MAX,
  UNANSWERED_COUNT_MAX,
  CONTROL_BODY_SIZE_MAX,
  PART_SIZE_MAX,
  LINGER_MS,
  LINGER_SIZE_MAX,
  DECISION_GRACE_MS,
  TIMER_MS_MAX,
  WAITING_MAX,
  BACKLOG,
  METHOD_LENGTH_MAX,
};

for (
  const [head, values] of [
    ["limit of a connection", DEFAULT_LIMITS],
    ["constant", CONSTANTS],
    ["limit of a directory", DEFAULT_DIRECTORY_LIMITS],
    ["limit of a relay", DEFAULT_RELAY_LIMITS],
  ] as const
) {
  Deno.test(`src/base/README.md gives each ${head} its value, a reason and what others take`, async () => {
    const rows = await readTable("src/base/README.md", head);
    assertEquals(
      Object.fromEntries(
        rows.map(([name, value]) => [quoted(name!)[0], readQuantity(value!)]),
      ),
      { ...values },
    );
    for (const cells of rows) {
      assertEquals(cells.length, 4, cells[0]);
      assert(cells.every((cell) => cell.trim() !== ""), cells[0]);
    }
  });
}

Deno.test("src/base/README.md has all limits of src/base/limits.ts", async () => {
  const source = await Deno.readTextFile(new URL("src/base/limits.ts", ROOT));
  const names = [...source.matchAll(/^export const ([A-Z_]+_(?:MAX|MS)) =/gm)];
  assert(names.length > 0);
  for (const [, name] of names) assert(Object.hasOwn(CONSTANTS, name!), name);
});

Deno.test("SECURITY.md shows each promise by tests and tasks that are there", async () => {
  const rows = await readTable("SECURITY.md", "promise");
  assert(rows.length > 0);
  for (const [promise, shownBy, figures] of rows) {
    assert(figures!.trim() !== "", promise);
    if (shownBy!.trim() === "the same") continue;
    const names = quoted(shownBy!);
    const paths = names.filter((name) => name.startsWith("tests/"));
    assert(paths.length > 0, promise);
    for (const path of paths) {
      assert(await Deno.stat(new URL(path, ROOT)).catch(() => null), path);
    }
    for (const name of names.filter((each) => !paths.includes(each))) {
      const [, task] = /^deno task (\S+)/.exec(name) ?? [];
      assert(task !== undefined && Object.hasOwn(config.tasks, task), name);
    }
  }
});

Deno.test("src/connection/README.md names all error codes", async () => {
  const source = await Deno.readTextFile(new URL("src/base/errors.ts", ROOT));
  const codes = [...source.matchAll(/^ {2}\| "([A-Z_]+)"/gm)];
  assertEquals(
    await firstColumn("src/connection/README.md", "`code`"),
    codes.map(([, code]) => code!),
  );
});

Deno.test("CONTRIBUTING.md says of each dependency why it is there", async () => {
  const names = new Set<string>();
  for (const path of CONFIGS) {
    const { imports } = await readConfig(path);
    for (const name of Object.keys(imports)) names.add(name);
  }
  assertEquals(
    (await firstColumn("CONTRIBUTING.md", "package")).sort(),
    [...names].sort(),
  );
});

Deno.test("CONTRIBUTING.md names all tasks", async () => {
  assertEquals(
    (await firstColumn("CONTRIBUTING.md", "task")).sort(),
    Object.keys(config.tasks).map((name) => `deno task ${name}`).sort(),
  );
});

Deno.test("CONTRIBUTING.md has a map of all rooms", async () => {
  const rooms = new Set(["mod.ts", "asm"]);
  for (const path of await listFiles(ROOT, "src/", ".ts")) {
    rooms.add(path.split("/").slice(0, 2).join("/"));
  }
  assertEquals(
    (await firstColumn("CONTRIBUTING.md", "room")).sort(),
    [...rooms].sort(),
  );
});

Deno.test("asm/README.md names all files of the core", async () => {
  assertEquals(
    (await firstColumn("asm/README.md", "file")).sort(),
    (await listFiles(ROOT, "asm/", ".ts")).map((path) =>
      path.slice("asm/".length)
    ).sort(),
  );
});

Deno.test("asm/README.md draws the memory map that asm/memory.ts has", async () => {
  const drawn = await Deno.readTextFile(new URL("asm/README.md", ROOT));
  const source = await Deno.readTextFile(new URL("asm/memory.ts", ROOT));
  const map = [...source.matchAll(/^\/\/ {3}0x([0-9a-f]{6}) /gm)];
  assert(map.length > 0);
  assertEquals(
    [...drawn.matchAll(/^0x([0-9a-f]{6}) \+/gm)].map(([, offset]) => offset),
    map.map(([, offset]) => offset),
  );
});

Deno.test("README.md names all entry points", async () => {
  const names = Object.keys(config.exports).filter((name) => name !== ".");
  assertEquals(
    await firstColumn("README.md", "import"),
    names.map((name) => `${config.name}${name.slice(1)}`),
  );
});

Deno.test("examples/README.md names all examples", async () => {
  assertEquals(
    (await firstColumn("examples/README.md", "example"))
      .map((name) => `examples/${name}`).sort(),
    await listFiles(ROOT, "examples/", ".ts"),
  );
});

Deno.test("src/peer/README.md names the options of the command", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "peer", "--help"],
    cwd: ROOT,
  }).output();
  assert(success);
  const help = new TextDecoder().decode(stdout);
  const options = [...help.matchAll(/^ {2}(--[a-z-]+(?: [A-Z]+)?) /gm)];
  assertEquals(
    (await firstColumn("src/peer/README.md", "option")).sort(),
    options.map(([, option]) => option!.trim()).sort(),
  );
});

Deno.test("src/peer/README.md names all events of --json", async () => {
  const source = await Deno.readTextFile(
    new URL("src/peer/events.ts", ROOT),
  );
  const events = [...source.matchAll(/\bevent: "(\w+)"/g)];
  assert(events.length > 0);
  assertEquals(
    await firstColumn("src/peer/README.md", "event"),
    events.map(([, name]) => name!),
  );
});
