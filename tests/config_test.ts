import { assertEquals, assertMatch } from "@std/assert";
import {
  IGNORED_FOLDERS,
  listFiles,
  scanSource,
} from "./helpers/source_scan.ts";

const root = new URL("../", import.meta.url);

interface Config {
  imports: Record<string, string>;
  compilerOptions: unknown;
  lint: { rules: unknown };
  test: { include: string[]; exclude: string[] };
  links?: string[];
  tasks: Record<string, string>;
  version?: string;
}

async function readConfig(name: string): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(new URL(name, root)));
}

Deno.test("deno.jsr.json equals deno.json but for the links", async () => {
  const { links: _, ...config } = await readConfig("deno.json");
  assertEquals(await readConfig("deno.jsr.json"), config);
});

// What is imported later, if at all, Deno fetches while the command runs, and
// moves the cursor up to show how far it is: over what has been said.
Deno.test("the command starts without Deno's progress bar, which would write over its first lines", async () => {
  const { tasks } = await readConfig("deno.json");
  assertMatch(tasks.peer!, /^deno run --quiet /);
});

/** What users install, as a range: they get mends of these packages without waiting for ours. */
const INSTALLED = [
  "@noble/curves",
  "@opentelemetry/api",
  "@redis/client",
  "@std/assert",
  "@std/bytes",
  "@std/cli",
  "@types/ws",
  "hono",
  "multicast-dns",
  "rate-limiter-flexible",
  "selfsigned",
  "uqr",
  "ws",
];

/** Configurations of tasks that need more than users do, so that nobody else downloads it. */
const APART = [
  "tests/bench/peers/deno.json",
  "tests/browser/deno.json",
  "tests/build/deno.json",
  "tests/runtimes/deno.json",
];

Deno.test("deno.json names ranges of what users install, and exact versions of the rest", async () => {
  const { imports } = await readConfig("deno.json");
  for (const [name, specifier] of Object.entries(imports)) {
    assertMatch(
      specifier,
      INSTALLED.includes(name)
        ? /^(npm|jsr):(@[\w.-]+\/)?[\w.-]+@\^\d+\.\d+\.\d+$/
        : /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/,
    );
  }
});

Deno.test("configurations apart name the same packages as deno.json, and exact versions of their own", async () => {
  const { imports, compilerOptions, lint } = await readConfig("deno.json");
  for (const path of APART) {
    const config = await readConfig(path);
    assertEquals(config.compilerOptions, compilerOptions, path);
    assertEquals(config.lint.rules, lint.rules, path);
    for (const [name, specifier] of Object.entries(config.imports)) {
      if (imports[name] !== undefined) {
        assertEquals(specifier, imports[name], `${path}: ${name}`);
      } else {
        assertMatch(
          specifier,
          /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/,
          `${path}: ${name}`,
        );
      }
    }
  }
});

Deno.test("mod.ts needs one package, for WebSocket", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "mod.ts"],
    cwd: root,
  }).output();
  assertEquals(success, true);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { kind: string; specifier: string }[];
  };
  const needed = modules.map(({ specifier }) => specifier)
    .map((specifier) => /^npm:\/?(.+)@[^@]+$/.exec(specifier)?.[1])
    .filter((name) => name !== undefined && !name.startsWith("@types/"));
  assertEquals([...new Set(needed)], ["ws"]);
});

Deno.test("deno.json has the version of the newest entry of CHANGELOG.md", async () => {
  const { version } = await readConfig("deno.json");
  const changelog = await Deno.readTextFile(new URL("CHANGELOG.md", root));
  assertEquals(/^## \[(\d+\.\d+\.\d+)\]/m.exec(changelog)?.[1], version);
});

/** What a newcomer sees first: each has its reason, and what is left over from a measurement has none. */
const TOP_LEVEL = [
  ".ci",
  ".gitignore",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "PROTOCOL.md",
  "README.md",
  "RELEASING.md",
  "SECURITY.md",
  "asm",
  "deno.json",
  "deno.jsr.json",
  "deno.lock",
  "examples",
  "findings",
  "mod.ts",
  "src",
  "tests",
];

/** What of the top level is committed; in a copy without a repository, what is there. */
async function topLevelNames(): Promise<string[]> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["ls-tree", "--name-only", "-z", "HEAD"],
      cwd: root,
    }).output();
    const names = new TextDecoder().decode(stdout).split("\0").slice(0, -1);
    if (success && names.length > 0) return names;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return (await Array.fromAsync(Deno.readDir(root))).map(({ name }) => name);
}

Deno.test("nothing stands at the top level but what belongs there", async () => {
  const faults = (await topLevelNames()).filter((name) =>
    !TOP_LEVEL.includes(name) && !IGNORED_FOLDERS.includes(name)
  );
  assertEquals(faults, []);
});

Deno.test("each script of findings can be run", async () => {
  if (Deno.build.os === "windows") return;
  const faults: string[] = [];
  for await (const { name } of Deno.readDir(new URL("findings/", root))) {
    const { mode } = await Deno.stat(new URL(`findings/${name}`, root));
    if (!name.endsWith(".sh") || (mode! & 0o111) !== 0o111) faults.push(name);
  }
  assertEquals(faults, []);
});

/** Files of tests that `deno task test` gives an isolate of their own, groups of them included, as deno.json lists them. */
async function listedTests(): Promise<string[]> {
  const { test } = await readConfig("deno.json");
  return test.include.filter((path) => path.endsWith("_test.ts"));
}

/** What each file of `tests/groups/` runs. */
async function readGroups(): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  for (const path of await listFiles(root, "tests/groups/", ".ts")) {
    const text = await Deno.readTextFile(new URL(path, root));
    const { imports } = scanSource(path, text);
    groups.set(path, imports.map((name) => name.replace("../", "tests/")));
  }
  return groups;
}

Deno.test("deno task test runs each file of tests once: in one group, or by itself", async () => {
  const { test } = await readConfig("deno.json");
  const groups = await readGroups();
  const listed = await listedTests();
  const run = [
    ...listed.filter((path) => !groups.has(path)),
    ...[...groups.values()].flat(),
  ];
  const files = (await listFiles(root, "tests/", "_test.ts")).filter((path) =>
    !groups.has(path) &&
    !test.exclude.some((folder) => path.startsWith(`${folder}/`))
  );
  assertEquals(run.toSorted(), files.toSorted());
  assertEquals(
    listed.filter((path) => groups.has(path)).toSorted(),
    [...groups.keys()].toSorted(),
  );
});

Deno.test("files of tests that have the coverage of programs measured are in no group, for it would measure those of all of it", async () => {
  for (const path of [...(await readGroups()).values()].flat()) {
    const text = await Deno.readTextFile(new URL(path, root));
    assertEquals(/^measureChildren\(\)/m.test(text), false, path);
  }
});
