import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../mod.ts";
import { listFiles } from "./helpers/source_scan.ts";

const UNITS: Record<string, number> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  s: 1_000,
};

const root = new URL("../", import.meta.url);
const readme = await Deno.readTextFile(new URL("README.md", root));
const config = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
);

/** The rows of the table whose first column is called `heading`, as cells. */
function readTable(heading: string): string[][] {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) =>
    line.startsWith("|") && line.split("|")[1]?.trim() === heading
  );
  assert(start >= 0, `README.md has no table of "${heading}"`);
  const end = lines.findIndex((line, index) =>
    index > start && !line.startsWith("|")
  );
  return lines.slice(start + 2, end).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

/** What stands between backticks in the first column. */
function firstColumn(heading: string): string[] {
  return readTable(heading).flatMap(([cell]) => quoted(cell!));
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

/** The number that `64 MiB`, `10 s` or `1,024` is. */
function readQuantity(text: string): number {
  const [count = "", unit] = text.replaceAll(",", "").split(" ");
  return Number(count) * (unit === undefined ? 1 : UNITS[unit] ?? NaN);
}

async function run(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: root,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function hasNode(): boolean {
  try {
    return new Deno.Command("node", { args: ["--version"] }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("README.md names all limits with their defaults", () => {
  const limits = readTable("limit").map(([name, value]) => [
    quoted(name!)[0],
    readQuantity(value!),
  ]);
  assertEquals(Object.fromEntries(limits), { ...DEFAULT_LIMITS });
});

Deno.test("README.md names all error codes", async () => {
  const source = await Deno.readTextFile(new URL("src/base/errors.ts", root));
  const codes = [...source.matchAll(/^ {2}\| "([A-Z_]+)"/gm)];
  assertEquals(firstColumn("`code`"), codes.map(([, code]) => code!));
});

Deno.test("README.md says of each dependency why it is there", () => {
  assertEquals(
    firstColumn("package").sort(),
    Object.keys(config.imports).sort(),
  );
});

Deno.test("README.md names all tasks", () => {
  assertEquals(
    firstColumn("task").sort(),
    Object.keys(config.tasks).map((name) => `deno task ${name}`).sort(),
  );
});

Deno.test("README.md names all entry points", () => {
  const names = Object.keys(config.exports).filter((name) => name !== ".");
  assertEquals(
    firstColumn("import"),
    names.map((name) => `${config.name}${name.slice(1)}`),
  );
});

Deno.test("README.md names all examples", async () => {
  assertEquals(
    firstColumn("example").map((name) => `examples/${name}`).sort(),
    await listFiles(root, "examples/", ".ts"),
  );
});

Deno.test("README.md has a map of all files and folders of the code", async () => {
  const files = [
    "mod.ts",
    "src/framing/core.wasm",
    ...await listFiles(root, "src/", ".ts"),
    ...await listFiles(root, "asm/", ".ts"),
  ];
  const places = files.map((path) => path.replace(/^(src\/[^/]+\/).*/, "$1"));
  assertEquals(
    firstColumn("where").filter((path) => !path.startsWith("tests/")).sort(),
    [...new Set(places)].sort(),
  );
});

Deno.test("README.md names the options of the command", async () => {
  const help = await run(Deno.execPath(), ["task", "peer", "--help"]);
  const options = [...help.matchAll(/^ {2}(--[a-z-]+(?: [A-Z]+)?) /gm)];
  assertEquals(
    firstColumn("option").sort(),
    options.map(([, option]) => option!.trim()).sort(),
  );
});

Deno.test("README.md links to files that are there", async () => {
  const targets = [...readme.matchAll(/\]\(([^)#:]+)\)/g)];
  assert(targets.length > 0);
  for (const [, target] of targets) {
    await Deno.stat(new URL(target!, root));
  }
});

const NODE_PROGRAM = `
  import { Packetizer, Reassembler } from "./framing.js";
  import { Handshake } from "./handshake.js";
  const packetizer = new Packetizer();
  const reassembler = new Reassembler();
  for (const bytes of packetizer.packetize(new Uint8Array(3))) {
    for (const { payload } of reassembler.push(bytes)) {
      console.log(payload.length);
    }
  }
  const options = { role: "initiator", nickname: "alice", nowMs: 0 };
  console.log(new Handshake(options).state);
`;

Deno.test({
  name: "./framing and ./handshake run in Node, bundled, as README.md says",
  ignore: !hasNode(),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "lekt-readme-" });
    try {
      for (const name of ["framing", "handshake"]) {
        await run(Deno.execPath(), [
          "bundle",
          "--platform=browser",
          `--output=${folder}/${name}.js`,
          `src/${name}.ts`,
        ]);
      }
      await Deno.writeTextFile(`${folder}/package.json`, '{"type":"module"}');
      await Deno.writeTextFile(`${folder}/main.js`, NODE_PROGRAM);
      assertEquals(
        await run("node", [`${folder}/main.js`]),
        "3\nawaitingAnswer\n",
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
